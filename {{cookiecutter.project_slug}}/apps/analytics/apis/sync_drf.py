"""Figures over version 1 of the API."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.analytics import selectors
from apps.analytics.apis.serializers import DashboardSerializer
from apps.authentication.apis.authentication import signed_in
from apps.common.permissions import IsVendor
from apps.vendors.selectors import vendor_of


@extend_schema(tags=["vendors"])
class DashboardView(APIView):
    """How the vendor who asks does."""

    permission_classes = (IsVendor,)

    @extend_schema(operation_id="vendors_me_dashboard", responses=DashboardSerializer)
    def get(self, request: Request) -> Response:
        """Show what the caller has sold within the last 30 days, and has to sell now."""
        dashboard = selectors.vendor_dashboard(vendor_of(signed_in(request)))
        return Response(DashboardSerializer(dashboard).data)


urlpatterns = [path("vendors/me/dashboard/", DashboardView.as_view(), name="vendor-dashboard")]
