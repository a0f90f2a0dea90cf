"""Version 1 of the API: Django REST framework, one line per domain."""

from typing import Any

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

PUBLIC_READ: dict[str, Any] = {"http_method_names": ["get", "head"], "throttle_classes": []}

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(**PUBLIC_READ), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(
            url_name="schema", template_name="common/api_docs.html", **PUBLIC_READ
        ),
        name="docs",
    ),
    path("auth/", include("apps.authentication.apis.sync_drf")),
    path("vendors/", include("apps.vendors.apis.sync_drf")),
    path("", include("apps.products.apis.sync_drf")),
    path("inventory/", include("apps.inventory.apis.sync_drf")),
    path("orders/", include("apps.orders.apis.sync_drf")),
    path("payments/", include("apps.payments.apis.sync_drf")),
    path("", include("apps.analytics.apis.sync_drf")),
    path("tasks/", include("apps.tasks.apis.sync_drf")),
]
