from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

import pytest
from django.core.signing import dumps
from rest_framework.test import APIClient

from apps.products.models import Category, Product
from apps.products.selectors import ORDERINGS
from apps.products.tests.conftest import Offer
from apps.vendors.models import Vendor

URL = "/products/"
QUERIES = [*(f"ordering={name}" for name in ORDERINGS), "search=hat", "search=hat&ordering=price"]
NAMES = ("Bowler", "Hat")  # Both are in the category of hats, one is named so.


def pages(api: APIClient, link: str | None, *, towards: str = "next") -> Iterator[list[str]]:
    """The names on each page from here on."""
    while link:
        page = api.get(link).json()
        yield [row["name"] for row in page["results"]]
        link = page[towards]


@pytest.mark.parametrize("query", QUERIES)
def test_a_walk_meets_every_product_once(api: APIClient, offer: Offer, query: str) -> None:
    for number in range(11):
        offer(f"{NAMES[number % 2]} {number}", price=str(10 + number % 2))
    (everything,) = pages(api, f"{URL}?{query}")

    walk = list(pages(api, f"{URL}?{query}&page_size=2"))

    assert [len(page) for page in walk] == [2, 2, 2, 2, 2, 1]
    assert list(chain.from_iterable(walk)) == everything


@pytest.mark.parametrize("query", QUERIES)
def test_a_walk_back_meets_the_same_pages(api: APIClient, offer: Offer, query: str) -> None:
    for number in range(7):
        offer(f"{NAMES[number % 2]} {number}", price=str(10 + number % 2))
    link = f"{URL}?{query}&page_size=3"
    there = list(pages(api, link))
    for _ in there[1:]:
        link = api.get(link).json()["next"]

    back = list(pages(api, link, towards="previous"))

    assert [set(page) for page in back] == [set(page) for page in reversed(there)]


def test_a_walk_survives_more_equal_values_than_any_page_holds(
    api: APIClient, vendor: Vendor, hats: Category
) -> None:
    Product.objects.bulk_create(
        Product(vendor=vendor, category=hats, name=f"{n}", slug=f"{n}", price=Decimal(5))
        for n in range(1200)
    )

    walk = list(chain.from_iterable(pages(api, f"{URL}?ordering=price&page_size=100")))

    assert len(walk) == 1200
    assert len(set(walk)) == 1200


def test_a_walk_does_not_slip_when_what_it_has_passed_goes(api: APIClient, offer: Offer) -> None:
    for number in range(6):
        offer(str(number))
    walk = pages(api, f"{URL}?ordering=price&page_size=2")

    first = next(walk)
    Product.objects.filter(name__in=first).update(is_active=False)

    assert sorted(chain(first, *walk)) == ["0", "1", "2", "3", "4", "5"]


def test_a_page_whose_products_have_all_gone_is_empty(api: APIClient, offer: Offer) -> None:
    for _ in range(3):
        offer()
    link = api.get(URL, {"page_size": 2}).json()["next"]
    Product.objects.update(is_active=False)

    assert api.get(link).json() == {"next": None, "previous": None, "results": []}


def test_a_cursor_of_another_order_leads_nowhere(api: APIClient, offer: Offer) -> None:
    for _ in range(3):
        offer()
    link = api.get(URL, {"page_size": "2", "ordering": "price"}).json()["next"]

    assert api.get(link.replace("ordering=price", "ordering=-price")).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "garbage",
        "\0",
        "é",
        "bz0xJnA9MQ==",
        pytest.param("x" * 5000, id="long"),
        pytest.param(dumps(["1", "2", False]), id="signed for another purpose"),
    ],
)
def test_a_forged_cursor_leads_nowhere(api: APIClient, cursor: str) -> None:
    response = api.get(URL, {"cursor": cursor})

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
