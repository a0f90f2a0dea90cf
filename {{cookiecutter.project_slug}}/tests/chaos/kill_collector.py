"""The collector of traces dies and comes back.

CHAOS_COLLECTOR="docker compose kill otel-collector && docker compose start --wait otel-collector"
"""

from tests.chaos.shop import Shop

PART = "COLLECTOR"
PATIENCE = 5  # seconds


def test_customers_notice_nothing(shop: Shop, command: str) -> None:
    outage = shop.endure(command)
    assert outage.failures == []
    assert outage.slowest < PATIENCE
    shop.assert_everything_adds_up()
