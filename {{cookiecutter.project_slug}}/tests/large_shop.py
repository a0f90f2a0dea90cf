"""A shop where tens of thousands have bought: rows that services wrote, and copies of them."""

from dataclasses import dataclass
from decimal import Decimal

from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django_database_task.models import DatabaseTask
from model_bakery import baker

from apps.authentication import tokens
from apps.authentication.models import EmailChallenge, RefreshToken, User
from apps.authentication.services import request_password_reset
from apps.common.events import deliver_events
from apps.common.models import AuditEntry, IdempotencyKey, OutboxEvent
from apps.common.money import Money
from apps.common.roles import Role
from apps.inventory.models import Reservation, StockItem
from apps.inventory.services import set_stock
from apps.notifications.models import Notification
from apps.orders.models import Order, OrderItem
from apps.orders.services import OrderLine, place_order
from apps.payments.models import FakeCharge, Payment, WebhookEvent
from apps.payments.services import start_payment
from apps.products.models import Category, Product
from apps.products.services import create_product
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor
from conftest import PASSWORD

ROWS = 20_000


@dataclass(frozen=True)
class LargeShop:
    """What services wrote; some of the copies are the customer's and the vendor's as well."""

    customer: User
    vendor: Vendor
    product: Product
    unpaid: Order
    payment: Payment


def open_shop() -> LargeShop:
    """Write a row of each kind, or a few."""
    customer, vendor = _user(Role.CLIENT), create_vendor(user=_user(Role.VENDOR), name="Ada")
    category = baker.make(Category, name="Shirts", slug="shirts")
    product = create_product(
        vendor=vendor, category=category, name="Shirt", price=Money(Decimal(10), "USD")
    )
    set_stock(product=product, on_hand=ROWS)
    paid, unpaid = (
        place_order(customer=customer, lines=[OrderLine(product.public_id, quantity=1)])
        for _ in range(2)
    )
    tokens.issue(customer)
    request_password_reset(email=customer.email)
    deliver_events.enqueue()
    baker.make(FakeCharge, outcome="succeeded")
    for model in (IdempotencyKey, Notification, WebhookEvent):
        baker.make(model)
    return LargeShop(
        customer=customer,
        vendor=vendor,
        product=product,
        unpaid=unpaid,
        payment=start_payment(order=paid, method="fake_webhook_success"),
    )


def fill(shop: LargeShop) -> None:
    """Copy the rows of an open shop, spread over time, until all is large but its categories."""
    users = _copy(User, email="'user' || n || '@example.com'")
    vendors = _copy(Vendor, user_id=f"{users} + n", name="'Vendor ' || n", slug="'vendor-' || n")
    categories = _copy(Category, rows=200, name="'Category ' || n", slug="'category-' || n")
    products = _copy(
        Product,
        vendor_id=f"CASE WHEN n < 100 THEN {shop.vendor.pk} ELSE {vendors} + n / 10 END",
        vendor_name="'Vendor ' || n / 10",
        category_id=f"{categories} + n % 200",
        category_name="'Category ' || n % 200",
        name="'Shirt ' || n",
        slug="'shirt-' || n",
        price="1 + n % 500",
        is_active="n % 20 > 0",
        created_at="now() - n * interval '1 minute'",
    )
    _copy(StockItem, product_id=f"{products} + n")
    orders = _copy(
        Order,
        customer_id=f"CASE WHEN n < 100 THEN {shop.customer.pk} ELSE {users} + n / 4 END",
        status="CASE WHEN n < 3 THEN 'pending' ELSE 'paid' END",
        created_at="now() - interval '1 hour' - n * interval '1 minute'",
    )
    _copy(OrderItem, order_id=f"{orders} + n", product_id=f"{products} + n")
    _copy(Reservation, reference="gen_random_uuid()", product_id=f"{products} + n")
    _copy(
        Payment,
        order_id=f"{orders} + n",
        status="CASE WHEN n < 3 THEN 'processing' ELSE 'succeeded' END",
        updated_at="now() - interval '1 hour' - n * interval '1 minute'",
    )
    _copy(FakeCharge, idempotency_key="'key' || n")
    _copy(WebhookEvent, event_id="'event' || n")
    _copy(Notification, dedup_key="'key' || n")
    # Of these, what is old enough to be deleted comes to a few hundred rows.
    _copy(IdempotencyKey, key="'key' || n", created_at="now() - n * interval '9 seconds'")
    _copy(
        OutboxEvent,
        event_id="gen_random_uuid()",
        aggregate="'order:' || n",
        delivered_at="now() - n * interval '31 seconds'",
    )
    expiry = "now() - interval '2 days' + n * interval '3 minutes'"
    _copy(EmailChallenge, user_id=f"{users} + n", expires_at=expiry)
    _copy(
        RefreshToken,
        user_id=f"{users} + n / 2",
        family="gen_random_uuid()",
        jti="gen_random_uuid()",
        expires_at=expiry,
    )
    _copy(AuditEntry, target_id="gen_random_uuid()", request_id="'request-' || n")
    _copy(
        DatabaseTask,
        id="gen_random_uuid()",
        status="'SUCCESSFUL'",
        finished_at="now() - n * interval '31 seconds'",
    )
    _settle()


def _user(role: Role) -> User:
    return User.objects.create_user(
        f"{role}@example.com",
        PASSWORD,
        full_name="A user",
        role=role,
        email_verified_at=timezone.now(),
    )


def _copy(model: type[Model], *, rows: int = ROWS, **columns: str) -> int:
    """Store copies of a table's first row, numbered `n` from zero; the key of the first of them.

    Args:
        model: The table's.
        rows: How many.
        columns: What differs from copy to copy, in SQL.
    """
    columns = {"public_id": "gen_random_uuid()", **columns}
    names = [
        field.column
        for field in model._meta.concrete_fields
        if field.column
        and not field.generated
        and (field.column in columns or not field.primary_key)
    ]
    values = (columns.get(name, f'first."{name}"') for name in names)
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {table} ("{'", "'.join(names)}") SELECT {", ".join(values)} '  # noqa: S608
            f"FROM (SELECT * FROM {table} ORDER BY {key} LIMIT 1) first, "
            f"generate_series(0, {rows - 1}) n RETURNING {key}"
        )
        first_key: int = cursor.fetchone()[0]
    return first_key


def _settle() -> None:
    """Do what PostgreSQL would have done by now, and tell it of a disk that seeks in no time."""
    connection.check_constraints()
    tables = ", ".join(model._meta.db_table for model in apps.get_models())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL random_page_cost = 1.1")
        cursor.execute("SELECT gin_clean_pending_list('product_search')")
        cursor.execute(f"ANALYZE {tables}")
