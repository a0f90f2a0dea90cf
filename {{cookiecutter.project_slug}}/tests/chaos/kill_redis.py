"""Redis dies, or a master of several: another takes its place, or it comes back.

CHAOS_REDIS="docker compose kill NAME && sleep 20 && docker compose start --wait NAME"
"""

from tests.chaos.shop import Shop

PART = "REDIS"
PATIENCE = 20  # seconds


def test_customers_wait_a_little_and_no_order_is_lost(shop: Shop, command: str) -> None:
    outage = shop.endure(command)
    assert outage.failures == []
    assert outage.slowest < PATIENCE
    shop.assert_everything_adds_up()
