"""`manage.py seed`: a demo shop, the same every time."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.demo import services, shop


def size(text: str) -> int:
    """A whole number from 1 up.

    Raises:
        ArgumentTypeError: It is something else.
    """
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


class Command(BaseCommand):
    """Fills the database with a demo shop; running it again adds nothing."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """One option: the size of the shop."""
        parser.add_argument(
            "--scale",
            type=size,
            default=1,
            help=f"size of the shop: {shop.PRODUCTS_PER_SCALE} products for each (default: 1)",
        )

    def handle(self, *, scale: int, **_options: Any) -> None:
        """Create what is missing, and say how to sign in."""
        services.seed(scale=scale)
        self.stdout.write(f"The demo shop is there. Sign in with the password {shop.PASSWORD}:")
        self.stdout.write(f"  {shop.ADMIN:<24}staff, at /admin/")
        self.stdout.write(f"  {shop.CUSTOMER:<24}customer")
        for name in shop.VENDORS:
            self.stdout.write(f"  {shop.vendor_email(name):<24}vendor, {name}")
