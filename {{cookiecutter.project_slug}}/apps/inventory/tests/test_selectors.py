from uuid import uuid4

from apps.inventory import selectors
from apps.inventory.models import StockItem
from apps.inventory.services import reserve
from apps.inventory.tests.conftest import Stocked
from apps.products.selectors import catalogue, filter_products


def test_what_is_not_reserved_is_available(stocked: Stocked) -> None:
    product = stocked(5)
    reserve(reference=uuid4(), lines={product.pk: 2})

    assert selectors.available(product) == 3
    assert vars(catalogue().get())["available"] == 3


def test_what_was_never_stocked_is_not_available(stocked: Stocked) -> None:
    product = stocked(0)
    StockItem.objects.all().delete()

    assert selectors.available(product) == 0
    assert vars(catalogue().get())["available"] == 0


def test_the_catalogue_knows_what_is_in_stock(stocked: Stocked) -> None:
    never, sold_out, some = stocked(0), stocked(1), stocked(2)
    reserve(reference=uuid4(), lines={sold_out.pk: 1, some.pk: 1})

    assert set(filter_products(catalogue(), in_stock=True)) == {some}
    assert set(filter_products(catalogue(), in_stock=False)) == {never, sold_out}
