"""A worker dies in the middle of its tasks, and another begins.

CHAOS_WORKER="docker compose kill worker && docker compose start --wait worker"
"""

from tests.chaos.shop import Shop

PART = "WORKER"


def test_customers_notice_nothing_and_pay_once(shop: Shop, command: str) -> None:
    outage = shop.endure(command)
    assert outage.failures == []
    shop.assert_everything_adds_up()
