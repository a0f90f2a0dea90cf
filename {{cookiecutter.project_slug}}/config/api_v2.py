"""Version 2 of the API: Django Ninja, one line per domain."""

from django.urls import path

from apps.common.async_ninja.api import create_api
from apps.orders.apis.async_ninja import router as orders
from apps.products.apis.async_ninja import router as products

api = create_api(
    title="{{ cookiecutter.project_name }}", description="{{ cookiecutter.description }}"
)

api.add_router("", products)
api.add_router("orders", orders)

urlpatterns = [path("", api.urls)]
