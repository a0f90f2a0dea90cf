"""Placing orders and what becomes of them."""

from decimal import Decimal
from uuid import uuid4

import pytest

from apps.authentication.models import User
from apps.common.models import AuditEntry, OutboxEvent
from apps.common.money import MAX_AMOUNT
from apps.inventory.errors import InsufficientStock
from apps.inventory.selectors import available
from apps.orders import services
from apps.orders.errors import (
    ImpossibleTransition,
    MixedCurrencies,
    OrderTooLarge,
    UnknownProducts,
)
from apps.orders.models import TRANSITIONS, Order, OrderStatus
from apps.orders.services import OrderLine
from apps.orders.tests.conftest import Sell
from apps.products.models import Product
from apps.products.services import update_product

pytestmark = pytest.mark.django_db

STEPS = {
    OrderStatus.PROCESSING: services.begin_payment,
    OrderStatus.PAID: services.complete_payment,
    OrderStatus.PAYMENT_FAILED: services.fail_payment,
    OrderStatus.CANCELLED: services.cancel_order,
}


@pytest.fixture
def order(customer: User, shirt: Product) -> Order:
    return services.place_order(customer=customer, lines=[OrderLine(shirt.public_id, 2)])


def test_an_order_adds_up_its_lines(customer: User, shirt: Product, scarf: Product) -> None:
    lines = [OrderLine(shirt.public_id, 2), OrderLine(scarf.public_id, 3)]
    order = services.place_order(customer=customer, lines=lines)
    assert (order.total_amount, order.currency) == (Decimal("68.50"), "USD")
    assert sum(item.subtotal.amount for item in order.items.all()) == order.total.amount


def test_an_order_remembers_the_price_it_was_placed_at(order: Order, shirt: Product) -> None:
    update_product(product=shirt, price=shirt.money * 2)
    item = order.items.get()
    assert (item.product_name, item.unit_price) == ("Shirt", Decimal("20.00"))


def test_placing_an_order_reserves_its_stock(order: Order, shirt: Product) -> None:
    assert available(shirt) == 3


def test_placing_an_order_is_audited_and_published(order: Order) -> None:
    assert AuditEntry.objects.filter(action="order.placed", target_id=order.public_id).exists()
    event = OutboxEvent.objects.get(name="OrderCreated")
    assert event.aggregate == f"order:{order.public_id}"
    assert event.payload["total_amount"] == "40.00"


def test_an_order_for_too_much_leaves_nothing_behind(
    customer: User, shirt: Product, scarf: Product
) -> None:
    lines = [OrderLine(shirt.public_id, 1), OrderLine(scarf.public_id, 6)]
    with pytest.raises(InsufficientStock) as error:
        services.place_order(customer=customer, lines=lines)
    assert error.value.extensions["products"] == [str(scarf.public_id)]
    assert not Order.objects.exists()
    assert available(shirt) == 5


def test_products_that_are_not_for_sale_are_named(customer: User, sell: Sell) -> None:
    hidden, unknown = sell("Hidden", "1.00", is_active=False), uuid4()
    lines = [OrderLine(hidden.public_id, 1), OrderLine(unknown, 1)]
    with pytest.raises(UnknownProducts) as error:
        services.place_order(customer=customer, lines=lines)
    assert error.value.extensions["products"] == [str(hidden.public_id), str(unknown)]


def test_one_order_has_one_currency(customer: User, shirt: Product, sell: Sell) -> None:
    foreign = sell("Foreign", "1.00", currency="EUR")
    lines = [OrderLine(shirt.public_id, 1), OrderLine(foreign.public_id, 1)]
    with pytest.raises(MixedCurrencies):
        services.place_order(customer=customer, lines=lines)


def test_a_total_beyond_booking_is_refused(customer: User, sell: Sell) -> None:
    dear = sell("Dear", str(MAX_AMOUNT))
    with pytest.raises(OrderTooLarge):
        services.place_order(customer=customer, lines=[OrderLine(dear.public_id, 2)])
    order = services.place_order(customer=customer, lines=[OrderLine(dear.public_id, 1)])
    assert order.total_amount == MAX_AMOUNT


def test_cancelling_returns_the_stock_and_is_published(order: Order, shirt: Product) -> None:
    assert services.cancel_order(order=order).status == OrderStatus.CANCELLED
    assert available(shirt) == 5
    assert OutboxEvent.objects.filter(name="OrderCancelled").count() == 1


def test_a_paid_order_has_sold_its_stock(order: Order, shirt: Product) -> None:
    services.begin_payment(order=order)
    services.complete_payment(order=order)
    shirt.stock.refresh_from_db()
    assert (shirt.stock.on_hand, shirt.stock.reserved) == (3, 0)


def test_a_failed_payment_returns_the_stock(order: Order, shirt: Product) -> None:
    services.begin_payment(order=order)
    assert services.fail_payment(order=order).status == OrderStatus.PAYMENT_FAILED
    assert available(shirt) == 5


@pytest.mark.parametrize("before", OrderStatus)
@pytest.mark.parametrize("after", STEPS)
def test_no_step_leaves_the_state_machine(
    order: Order, before: OrderStatus, after: OrderStatus
) -> None:
    Order.objects.update(status=before)
    if after in TRANSITIONS[before]:
        assert STEPS[after](order=order).status == after
    else:
        with pytest.raises(ImpossibleTransition) as error:
            STEPS[after](order=order)
        assert error.value.extensions == {"order_status": before}


def test_every_step_is_audited_with_where_it_came_from(order: Order) -> None:
    services.begin_payment(order=order)
    entry = AuditEntry.objects.get(action="order.processing")
    assert entry.changes == {"status": ["pending", "processing"]}
