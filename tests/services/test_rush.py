"""Hundreds of clients on a few dozen connections."""

import json

from tests.deployment import Deployment

CUSTOMERS = 500


def test_five_hundred_clients_share_twenty_five_connections(pooled: Deployment) -> None:
    assert pooled.pgbouncer
    # The demo shop is no part of production.
    variables = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
    pooled.manage("seed", "--scale=10", **variables)
    role = f"{pooled.name}_app"
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
