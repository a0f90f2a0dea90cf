"""Filling the database with the demo shop."""

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from apps.authentication.models import User
from apps.common.money import Money, default_currency
from apps.common.roles import Role
from apps.demo import shop
from apps.inventory.services import set_stock
from apps.orders.models import Order
from apps.orders.services import OrderLine, place_order
from apps.payments.services import charge_payment, start_payment
from apps.products.models import Category, Product
from apps.products.services import create_product
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor


def seed(*, scale: int = 1) -> None:
    """Create what the demo shop of this size still lacks, through the services of each domain.

    Args:
        scale: How many times the size of the smallest shop.
    """
    with transaction.atomic():
        customer = _people()
        _catalogue(scale, _categories(), _vendors())
    for name, method in list(shop.orders(scale))[Order.objects.filter(customer=customer).count() :]:
        _buy(customer, name, method)


def _people() -> User:
    password = make_password(shop.PASSWORD)
    _person(shop.ADMIN, "Demo Admin", Role.STAFF, password)
    for name in shop.VENDORS:
        _person(shop.vendor_email(name), name, Role.VENDOR, password)
    return _person(shop.CUSTOMER, "Demo Customer", Role.CLIENT, password)


def _person(email: str, full_name: str, role: Role, password: str) -> User:
    runs_the_shop = role == Role.STAFF
    return User.objects.get_or_create(
        email=email,
        defaults={
            "full_name": full_name,
            "role": role,
            "password": password,
            "email_verified_at": timezone.now(),
            "is_staff": runs_the_shop,
            "is_superuser": runs_the_shop,
        },
    )[0]


def _categories() -> dict[str, Category]:
    found: dict[str, Category] = {}
    for parent_name, names in shop.CATEGORIES.items():
        parent = _category(parent_name, None)
        found |= {name: _category(name, parent) for name in names}
    return found


def _category(name: str, parent: Category | None) -> Category:
    return Category.objects.get_or_create(
        slug=name.lower(), defaults={"name": name, "parent": parent}
    )[0]


def _vendors() -> dict[str, Vendor]:
    found = {vendor.name: vendor for vendor in Vendor.objects.filter(name__in=shop.VENDORS)}
    for name, description in shop.VENDORS.items():
        if name not in found:
            user = User.objects.get(email=shop.vendor_email(name))
            found[name] = create_vendor(user=user, name=name, description=description)
    return found


def _catalogue(scale: int, categories: dict[str, Category], vendors: dict[str, Vendor]) -> None:
    known = set(Product.objects.values_list("name", flat=True))
    for piece in shop.pieces(scale):
        if piece.name not in known:
            product = create_product(
                vendor=vendors[piece.vendor],
                category=categories[piece.category],
                name=piece.name,
                description=piece.description,
                price=Money(piece.price, default_currency()),
            )
            set_stock(product=product, on_hand=piece.units)


def _buy(customer: User, name: str, method: str) -> None:
    product = Product.objects.get(name=name)
    order = place_order(customer=customer, lines=[OrderLine(product.public_id, quantity=1)])
    charge_payment(payment_id=start_payment(order=order, method=method).public_id)
