import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from apps.products.models import Category, Product
from apps.products.selectors import category_documents
from apps.products.tests.conftest import Offer
from conftest import RunTasks


def form(product: Product, **changes: object) -> dict[str, object]:
    return {
        "vendor": product.vendor_id,
        "category": product.category_id,
        "name": product.name,
        "slug": product.slug,
        "price": product.price,
        "currency": product.currency,
        "is_active": "on",
        **changes,
    }


def test_staff_create_a_category(admin_client: Client) -> None:
    admin_client.post("/admin/products/category/add/", {"name": "Hats", "slug": "hats"})

    assert Category.objects.get().slug == "hats"


def test_customers_see_what_staff_do_with_categories(
    admin_client: Client, hats: Category, settings: Settings, run_tasks: RunTasks
) -> None:
    settings.CACHE_IS_SHARED = True
    address = f"/admin/products/category/{hats.pk}"

    def names() -> list[str | None]:
        run_tasks()
        return [category["name"] for category in category_documents()]

    assert names() == ["Hats"]
    admin_client.post("/admin/products/category/add/", {"name": "Coats", "slug": "coats"})
    assert names() == ["Coats", "Hats"]
    admin_client.post(f"{address}/change/", {"name": "Caps", "slug": "hats"})
    assert names() == ["Caps", "Coats"]
    admin_client.post(f"{address}/delete/", {"post": "yes"})
    assert names() == ["Coats"]


def test_staff_cannot_put_a_category_below_itself(admin_client: Client, hats: Category) -> None:
    response = admin_client.post(
        f"/admin/products/category/{hats.pk}/change/",
        {"name": "Hats", "slug": "hats", "parent": hats.pk},
    )

    assert "cannot lie below itself" in response.text


def test_staff_add_an_image(admin_client: Client, offer: Offer) -> None:
    product = offer()
    image = SimpleUploadedFile("hat.png", b"\x89PNG")

    admin_client.post(f"/admin/products/product/{product.pk}/change/", form(product, image=image))

    product.refresh_from_db()
    assert product.image.name == "products/hat.png"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price": "0"}, "A price is more than nothing."),
        ({"image": SimpleUploadedFile("hat.svg", b"<svg/>")}, "not allowed"),
    ],
)
def test_staff_are_told_what_is_wrong_with_a_product(
    admin_client: Client, offer: Offer, changes: dict[str, object], message: str
) -> None:
    product = offer()

    response = admin_client.post(
        f"/admin/products/product/{product.pk}/change/", form(product, **changes)
    )

    assert message in response.text


def test_staff_search_the_products(admin_client: Client, offer: Offer) -> None:
    offer("Bowler")

    assert "Bowler" in admin_client.get("/admin/products/product/", {"q": "ada"}).text
