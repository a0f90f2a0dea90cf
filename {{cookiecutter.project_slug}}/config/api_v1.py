"""Version 1 of the API: Django REST framework, one line per domain."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

docs = SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="common/api_docs.html")

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("auth/", include("apps.authentication.apis.sync_drf")),
    path("vendors/", include("apps.vendors.apis.sync_drf")),
    path("", include("apps.products.apis.sync_drf")),
    path("inventory/", include("apps.inventory.apis.sync_drf")),
    path("orders/", include("apps.orders.apis.sync_drf")),
    path("payments/", include("apps.payments.apis.sync_drf")),
]
