"""PgBouncer dies and comes back.

CHAOS_PGBOUNCER="docker compose kill pgbouncer && docker compose start --wait pgbouncer"
"""

from tests.chaos.shop import Shop

PART = "PGBOUNCER"
RECOVERY = 15  # seconds


def test_customers_are_asked_to_come_back_and_no_order_is_lost(shop: Shop, command: str) -> None:
    outage = shop.endure(command)
    assert outage.failures
    assert outage.unanswered == []
    assert outage.aftermath < RECOVERY
    shop.assert_everything_adds_up()
