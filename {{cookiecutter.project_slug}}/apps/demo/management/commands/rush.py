"""`manage.py rush`: many customers of the demo shop at once."""

import json
from argparse import ArgumentParser
from statistics import quantiles
from typing import Any

from django.core.management.base import BaseCommand

from apps.demo.rush import Rush


class Command(BaseCommand):
    """Places orders over many database connections at once, and says what became of them."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many of what."""
        parser.add_argument("--customers", type=int, default=500, help="(default: %(default)s)")
        parser.add_argument(
            "--orders", type=int, default=1, help="of each customer (default: %(default)s)"
        )

    def handle(self, *, customers: int, orders: int, **_options: Any) -> None:
        """Print the outcome as JSON; times are in seconds."""
        rush = Rush(customers=customers, orders=orders)
        rush.begin()
        times = quantiles(rush.seconds or [0.0, 0.0], n=100, method="inclusive")
        outcome = {
            "orders": len(rush.seconds),
            "p50": round(times[49], 3),
            "p95": round(times[94], 3),
            "errors": rush.errors,
        }
        self.stdout.write(json.dumps(outcome, indent=2))
