"""Many customers at once, each with a database connection of its own, as many processes have."""

import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice, repeat
from threading import Barrier
from uuid import UUID

from django.db import Error, connection, connections

from apps.authentication.models import User
from apps.common.errors import ApplicationError
from apps.demo import shop
from apps.orders.selectors import order_of
from apps.orders.services import OrderLine, place_order
from apps.products.models import Product

PATIENCE = 120  # seconds that everybody has to arrive


class Rush:
    """Customers who arrive, wait for each other, and then buy all at once.

    Args:
        customers: How many.
        orders: How many orders each of them places, one after the other.

    Attributes:
        seconds: How long each order took, until its customer had read it again.
        errors: What the others ended in, and how often.
    """

    def __init__(self, *, customers: int, orders: int) -> None:
        self.customers = customers
        self.orders = orders
        self.seconds: list[float] = []
        self.errors: Counter[str] = Counter()
        self._everybody = Barrier(customers)

    def begin(self) -> None:
        """Let them come, buy and leave."""
        customer = User.objects.get(email=shop.CUSTOMER)
        products = cycle(Product.objects.order_by("pk").values_list("public_id", flat=True))
        with ThreadPoolExecutor(self.customers) as threads:
            visits = threads.map(self._visit, repeat(customer), islice(products, self.customers))
            deque(visits, maxlen=0)

    def _visit(self, customer: User, product_id: UUID) -> None:
        own = connection.copy()
        own.settings_dict["OPTIONS"].pop("pool", None)
        connections[own.alias] = own
        with self._watched():
            own.ensure_connection()
        self._everybody.wait(PATIENCE)
        for _ in range(self.orders if own.connection else 0):
            with self._watched():
                began = time.perf_counter()
                order = place_order(customer=customer, lines=[OrderLine(product_id, quantity=1)])
                order_of(customer, order.public_id)
                self.seconds.append(time.perf_counter() - began)
        own.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except (ApplicationError, Error) as error:
            self.errors[str(error).strip().rpartition("\n")[-1]] += 1
