"""Public identifiers."""

from time_machine import TimeMachineFixture

from apps.common.ids import uuid7


def test_it_is_a_version_7_uuid_of_the_rfc_variant() -> None:
    identifier = uuid7()
    assert identifier.version == 7
    assert identifier.variant == "specified in RFC 4122"


def test_ten_thousand_are_all_different() -> None:
    assert len({uuid7() for _ in range(10_000)}) == 10_000


def test_the_first_48_bits_are_the_time_in_milliseconds(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to("2026-01-02T03:04:05Z", tick=False)
    assert uuid7().int >> 80 == 1767323045000


def test_later_ones_sort_behind_earlier_ones(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to("2026-01-02T03:04:05.000100Z", tick=False)
    earlier = uuid7()
    time_machine.move_to("2026-01-02T03:04:05.000101Z", tick=False)
    assert earlier < uuid7()
