"""Something to pay, and a bank that reports it."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import settings
from model_bakery import baker

from apps.authentication.models import User
from apps.common.money import Money
from apps.inventory.services import set_stock
from apps.orders.models import Order
from apps.orders.services import OrderLine, place_order
from apps.payments.gateways import signatures
from apps.payments.gateways.base import Outcome
from apps.payments.gateways.fake.callback import Callback
from apps.payments.models import Payment
from apps.payments.services import start_payment
from apps.products.models import Category, Product
from apps.products.services import create_product
from apps.vendors.services import create_vendor

type PlaceOrder = Callable[[User], Order]
type Pay = Callable[[str], Payment]
type Webhook = Callable[..., tuple[dict[str, str], bytes]]


@pytest.fixture
def product(vendor_user: User) -> Product:
    """Five lamps on stock, at 19.99 dollars."""
    product = create_product(
        vendor=create_vendor(user=vendor_user, name="Lights"),
        category=baker.make(Category),
        name="Lamp",
        price=Money(Decimal("19.99"), "USD"),
    )
    set_stock(product=product, on_hand=5)
    return product


@pytest.fixture
def place(product: Product) -> PlaceOrder:
    """Orders two lamps for somebody."""
    return lambda user: place_order(customer=user, lines=[OrderLine(product.public_id, 2)])


@pytest.fixture
def order(customer: User, place: PlaceOrder) -> Order:
    """Two lamps for the customer: 39.98 dollars."""
    return place(customer)


@pytest.fixture
def pay(order: Order) -> Pay:
    """Starts to pay the order by a method."""
    return lambda method: start_payment(order=order, method=method)


@pytest.fixture
def webhook() -> Webhook:
    """Makes the headers and the body of a webhook that reports a payment."""

    def make(payment: Payment, **changes: object) -> tuple[dict[str, str], bytes]:
        callback = Callback(
            event_id="evt_1",
            payment_id=payment.public_id,
            reference="fake_1",
            outcome=Outcome.SUCCEEDED,
            amount=payment.amount,
            currency=payment.currency,
        )
        body = callback.model_copy(update=changes).model_dump_json().encode()
        signature = signatures.sign(body, key=settings.PAYMENT_WEBHOOK_SECRET)
        return {signatures.HEADER: signature}, body

    return make
