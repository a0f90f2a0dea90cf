from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_bakery import baker
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.authentication.models import User
from apps.products.apis.serializers import CatalogueQuerySerializer
from apps.products.models import Category, Product
from apps.products.tests.conftest import Offer
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor
from conftest import Login
from tests.clients import complaints

URL = "/products/"


@pytest.fixture
def seller(vendor_user: User, login: Login) -> APIClient:
    return login(vendor_user)


@pytest.fixture
def offered(hats: Category) -> dict[str, object]:
    """What a vendor sends to offer a product."""
    return {"category": "hats", "name": "Bowler", "price": "19.90"}


def url(product: Product) -> str:
    return f"{URL}{product.public_id}/"


def names(api: APIClient, **query: str) -> list[str]:
    response = api.get(URL, query)
    assert response.status_code == 200, response.content
    return [row["name"] for row in response.json()["results"]]


def test_everybody_sees_them_all_at_once(
    api: APIClient, hats: Category, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    felt = baker.make(Category, name="Felt hats", slug="felt-hats", parent=hats)
    baker.make(Category, _quantity=30)

    with django_assert_num_queries(1):
        rows = api.get("/categories/").json()

    assert len(rows) == 32
    assert {
        "id": str(felt.public_id),
        "name": "Felt hats",
        "slug": "felt-hats",
        "parent": "hats",
    } in rows
    assert [row["parent"] for row in rows if row["slug"] == "hats"] == [None]


def test_a_product_is_shown_with_what_a_customer_needs(
    api: APIClient, offer: Offer, vendor: Vendor, hats: Category
) -> None:
    product = offer("Bowler", "19.90", description="Black felt.")

    (row,) = api.get(URL).json()["results"]

    stamps = {row.pop("created_at"), row.pop("updated_at")}
    assert all(stamp.endswith("Z") for stamp in stamps)
    assert row == {
        "id": str(product.public_id),
        "name": "Bowler",
        "slug": product.slug,
        "description": "Black felt.",
        "price": "19.90",
        "currency": "USD",
        "available": 0,
        "image_url": None,
        "is_active": True,
        "category": {"id": str(hats.public_id), "name": "Hats", "slug": "hats"},
        "vendor": {"id": str(vendor.public_id), "name": "Ada", "slug": "ada"},
    }


def test_the_number_of_queries_does_not_grow_with_the_page(
    api: APIClient, offer: Offer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    offer()
    with django_assert_num_queries(1):
        names(api)
    for _ in range(20):
        offer()
    with django_assert_num_queries(1):
        assert len(names(api, search="hats")) == 20


def test_filters_search_and_order_combine(api: APIClient, offer: Offer, vendor: Vendor) -> None:
    baker.make(Category, slug="other")
    for name, price in (("Bowler", "10"), ("Top hat", "20"), ("Silk hat", "30")):
        offer(name, price)
    conditions = {"vendor": str(vendor.public_id), "min_price": "10.01", "max_price": "30"}

    found = names(api, category="hats", search="HAT", ordering="-price", **conditions)

    assert found == ["Silk hat", "Top hat"]
    assert names(api, category="other", **conditions) == []
    assert names(api, search="") == ["Silk hat", "Top hat", "Bowler"]


def test_nothing_is_in_stock_before_it_was_stocked(api: APIClient, offer: Offer) -> None:
    offer("Bowler")

    assert names(api, in_stock="true") == []
    assert names(api, in_stock="false") == ["Bowler"]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("price", ["Cap", "Ascot", "Bowler"]),
        ("-price", ["Bowler", "Ascot", "Cap"]),
        ("created_at", ["Bowler", "Ascot", "Cap"]),
        ("-created_at", ["Cap", "Ascot", "Bowler"]),
        ("name", ["Ascot", "Bowler", "Cap"]),
        ("-name", ["Cap", "Bowler", "Ascot"]),
    ],
)
def test_the_caller_chooses_the_order(
    api: APIClient, offer: Offer, ordering: str, expected: list[str]
) -> None:
    for name, price in (("Bowler", "30"), ("Ascot", "20"), ("Cap", "10")):
        offer(name, price)

    assert names(api, ordering=ordering) == expected


def test_the_newest_come_first_unless_told_otherwise(api: APIClient, offer: Offer) -> None:
    offer("Old")
    offer("New")

    assert names(api) == names(api, ordering="relevance") == ["New", "Old"]


def test_the_best_matches_of_a_search_come_first_unless_told_otherwise(
    api: APIClient, offer: Offer
) -> None:
    offer("Felt hat")
    offer("Bowler", description="Black felt.")

    assert names(api, search="felt") == ["Felt hat", "Bowler"]
    assert names(api, search="felt", ordering="relevance") == ["Felt hat", "Bowler"]
    assert names(api, search="felt", ordering="-created_at") == ["Bowler", "Felt hat"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parameter", "garbage", "code"),
    [
        ("category", "", "blank"),
        ("category", "\0", "invalid"),
        ("category", "not a slug", "invalid"),
        ("vendor", "not-a-uuid", "invalid"),
        ("vendor", "\0", "invalid"),
        ("min_price", "cheap", "invalid"),
        ("min_price", "-1", "min_value"),
        ("min_price", "NaN", "invalid"),
        ("max_price", "Infinity", "invalid"),
        ("max_price", "1e999", "max_digits"),
        ("max_price", "9" * 400, "max_digits"),
        ("max_price", "1.999", "max_decimal_places"),
        ("in_stock", "perhaps", "invalid"),
        ("search", "nul\0byte", "null_characters_not_allowed"),
        ("search", "x" * 101, "max_length"),
        ("ordering", "vendor__user__password", "invalid_choice"),
        ("ordering", "price,name", "invalid_choice"),
        ("ordering", "?", "invalid_choice"),
        ("page_size", "0", "min_value"),
        ("page_size", "101", "max_value"),
        ("page_size", "many", "invalid"),
    ],
)
def test_a_malformed_condition_is_refused(
    api: APIClient, parameter: str, garbage: str, code: str
) -> None:
    response = api.get(URL, {parameter: garbage})

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert complaints(response).keys() == {parameter}
    assert code in complaints(response)[parameter]


def test_everybody_sees_a_product(
    api: APIClient, offer: Offer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    product = offer("Bowler")

    with django_assert_num_queries(1):
        response = api.get(url(product))

    assert response.status_code == 200
    assert response.json()["name"] == "Bowler"


def test_an_image_is_given_by_its_address(api: APIClient, offer: Offer) -> None:
    product = offer()
    Product.objects.update(image="products/hat.png")

    assert api.get(url(product)).json()["image_url"].endswith("/products/hat.png")


def test_a_hidden_product_is_not_found(api: APIClient, offer: Offer) -> None:
    assert api.get(url(offer(is_active=False))).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("product_id", [UUID(int=0), "not-a-uuid", "%00", "1"])
def test_an_unknown_or_malformed_id_is_not_found(api: APIClient, product_id: object) -> None:
    response = api.get(f"{URL}{product_id}/")

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_vendor_offers_a_product(
    seller: APIClient, vendor: Vendor, offered: dict[str, object]
) -> None:
    response = seller.post(URL, offered)

    assert response.status_code == 201
    product = Product.objects.get()
    assert product.vendor == vendor
    assert response.json() == seller.get(url(product)).json()


def test_a_repeated_request_offers_one_product(
    seller: APIClient, vendor: Vendor, offered: dict[str, object]
) -> None:
    first, second = (seller.post(URL, offered, headers={"Idempotency-Key": "1"}) for _ in range(2))

    assert first.json() == second.json()
    assert Product.objects.count() == 1


def test_a_vendor_creates_a_profile_first(seller: APIClient, offered: dict[str, object]) -> None:
    response = seller.post(URL, offered)

    assert response.status_code == 404
    assert response.json()["code"] == "vendor-profile-missing"


def test_only_vendors_offer_products(
    api: APIClient, customer: User, login: Login, offered: dict[str, object]
) -> None:
    assert api.post(URL, offered).status_code == 401
    assert login(customer).post(URL, offered).status_code == 403


@pytest.mark.parametrize(
    ("field", "garbage", "code"),
    [
        ("category", None, "null"),
        ("category", "", "blank"),
        ("category", "unknown", "does_not_exist"),
        ("category", "\0", "invalid"),
        ("category", {"slug": "hats"}, "invalid"),
        ("name", "", "blank"),
        ("name", "nul\0byte", "invalid"),
        ("name", "x" * 201, "max_length"),
        ("description", "x" * 10_001, "max_length"),
        ("price", None, "null"),
        ("price", "0.00", "min_value"),
        ("price", "-1", "min_value"),
        ("price", "1.999", "max_decimal_places"),
        ("price", "NaN", "invalid"),
        ("price", "1e999", "max_digits"),
        ("price", 10**30, "max_digits"),
        ("price", [1], "invalid"),
        ("is_active", "perhaps", "invalid"),
    ],
)
def test_a_malformed_product_is_refused(
    seller: APIClient,
    vendor: Vendor,
    offered: dict[str, object],
    field: str,
    garbage: object,
    code: str,
) -> None:
    response = seller.post(URL, {**offered, field: garbage})

    assert response.status_code == 400
    assert complaints(response).keys() == {field}
    assert code in complaints(response)[field]
    assert not Product.objects.exists()


@pytest.mark.parametrize("body", [[], "text", 1, None])
def test_a_body_that_is_no_object_is_refused(
    seller: APIClient, vendor: Vendor, body: object
) -> None:
    assert seller.post(URL, body).status_code == 400


def test_a_vendor_changes_a_product(seller: APIClient, offer: Offer) -> None:
    product = offer("Bowler", "10.00")

    response = seller.patch(url(product), {"price": "12.50", "name": "Bowler hat"})

    assert response.status_code == 200
    assert (response.json()["price"], response.json()["currency"]) == ("12.50", "USD")
    assert response.json()["name"] == "Bowler hat"
    assert response.json()["slug"] == product.slug


def test_a_vendor_hides_a_product_and_shows_it_again(seller: APIClient, offer: Offer) -> None:
    product = offer("Bowler")

    assert not seller.patch(url(product), {"is_active": False}).json()["is_active"]
    assert names(seller) == []
    assert seller.patch(url(product), {"is_active": True}).status_code == 200
    assert names(seller) == ["Bowler"]


def test_nobody_changes_what_another_vendor_sells(
    offer: Offer, api: APIClient, customer: User, login: Login
) -> None:
    product = offer("Bowler")
    other = User.objects.create_user(email="o@example.com", full_name="O", role="vendor")
    create_vendor(user=other, name="Other")

    assert api.patch(url(product), {"name": "Mine"}).status_code == 401
    for user in (customer, other):
        assert login(user).patch(url(product), {"name": "Mine"}).status_code == 403
    assert Product.objects.get().name == "Bowler"


def test_staff_change_any_product(offer: Offer, staff_user: User, login: Login) -> None:
    assert login(staff_user).patch(url(offer()), {"is_active": False}).status_code == 200


def test_what_does_not_exist_is_not_changed(seller: APIClient, vendor: Vendor) -> None:
    assert seller.patch(f"{URL}{uuid4()}/", {"name": "Ghost"}).status_code == 404


def test_a_malformed_change_is_refused(seller: APIClient, offer: Offer) -> None:
    product = offer("Bowler", "10.00")

    assert seller.patch(url(product), {"price": 0}).status_code == 400
    assert Product.objects.get().price == Decimal("10.00")


@pytest.mark.django_db
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    query=st.dictionaries(
        st.sampled_from([*CatalogueQuerySerializer().fields, "cursor", "page_size"]),
        st.text(max_size=60) | st.integers().map(str) | st.floats().map(str),
    )
)
def test_no_query_is_a_server_error(api: APIClient, query: dict[str, str]) -> None:
    assert api.get(URL, query).status_code in {200, 400, 404}


def test_a_vendor_finds_own_products_again_hidden_ones_as_well(
    seller: APIClient, offer: Offer, staff_user: User
) -> None:
    offer("Shown")
    offer("Hidden", is_active=False)
    offer("Foreign", vendor=create_vendor(user=staff_user, name="Bea"))

    rows = seller.get(f"{URL}mine/").json()["results"]

    assert [row["name"] for row in rows] == ["Hidden", "Shown"]


def test_only_a_vendor_has_own_products(api: APIClient, customer: User, login: Login) -> None:
    assert api.get(f"{URL}mine/").status_code == 401
    assert login(customer).get(f"{URL}mine/").status_code == 403
