"""Version 2 of the API: Django Ninja, one line per domain."""

from django.urls import path

from apps.analytics.apis.async_ninja import router as dashboard
from apps.authentication.apis.async_ninja import router as authentication
from apps.common.async_ninja.api import create_api
from apps.inventory.apis.async_ninja import router as inventory
from apps.orders.apis.async_ninja import router as orders
from apps.payments.apis.async_ninja import router as payments
from apps.products.apis.async_ninja import router as products
from apps.tasks.apis.async_ninja import router as tasks
from apps.vendors.apis.async_ninja import router as vendors

api = create_api(
    title="{{ cookiecutter.project_name }}",
    description="{{ cookiecutter.description }}",
)

api.add_router("auth", authentication)
api.add_router("vendors", vendors)
api.add_router("", products)
api.add_router("inventory", inventory)
api.add_router("orders", orders)
api.add_router("payments", payments)
api.add_router("vendors/me/dashboard", dashboard)
api.add_router("tasks", tasks)

urlpatterns = [path("", api.urls)]
