"""Hundreds of clients on a few dozen connections."""

import json

from tests.deployment import Deployment

CUSTOMERS = 500
PATIENCE = 60  # seconds; all customers are one process, on a machine that does other things


def test_five_hundred_clients_share_twenty_five_connections(pooled: Deployment) -> None:
    assert pooled.pgbouncer
    role = f"{pooled.name}_app"
    pooled.postgres.psql(
        pooled.postgres.admin(), "-c", f"ALTER ROLE {role} SET lock_timeout = '{PATIENCE}s'"
    )
    pooled.pgbouncer.administer(f"SET query_wait_timeout = {PATIENCE}")
    variables = {
        # The demo shop is no part of production.
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": f"{pooled.app}&connect_timeout={PATIENCE}",
    }
    pooled.manage("seed", "--scale=10", **variables)
    with (
        pooled.postgres.watching_connections(role) as connections,
        pooled.pgbouncer.watching_clients(pooled.name) as clients,
    ):
        outcome = pooled.manage("rush", f"--customers={CUSTOMERS}", **variables)
    assert json.loads(outcome)["errors"] == {}
    assert json.loads(outcome)["orders"] == CUSTOMERS
    assert max(clients) >= CUSTOMERS
    assert max(connections) <= 25
    sold = "SELECT sum(reserved) FROM inventory_stockitem"
    ordered = "SELECT sum(quantity) FROM orders_orderitem JOIN orders_order o ON o.id = order_id"
    assert pooled.postgres.psql(pooled.app, "-c", sold) == pooled.postgres.psql(
        pooled.app, "-c", f"{ordered} WHERE o.status = 'pending'"
    )
