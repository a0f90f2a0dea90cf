"""Stock over version 1 of the API."""

from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.idempotency import idempotent
from apps.common.permissions import IsOwner, IsVendor, PublicReads
from apps.inventory import selectors, services
from apps.inventory.apis.serializers import AvailabilitySerializer, StockSerializer
from apps.products.selectors import managed_product, product_detail


@extend_schema(tags=["inventory"])
class StockView(PublicReads, APIView):
    """The stock of one product."""

    permission_classes = (IsVendor, IsOwner)

    @extend_schema(operation_id="inventory_available", responses=AvailabilitySerializer)
    def get(self, _request: Request, product_id: UUID) -> Response:
        """Show how many units of a product are free to sell."""
        available = selectors.available(product_detail(product_id))
        body = AvailabilitySerializer({"product_id": product_id, "available": available})
        return Response(body.data)

    @extend_schema(operation_id="inventory_set", request=StockSerializer, responses=StockSerializer)
    @idempotent
    def put(self, request: Request, product_id: UUID) -> Response:
        """Declare how many units there are; not less than are reserved."""
        product = managed_product(product_id)
        self.check_object_permissions(request, product)
        body = StockSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        stock = services.set_stock(product=product, **body.validated_data)
        return Response(StockSerializer(stock).data)


urlpatterns = [path("<uuid:product_id>/", StockView.as_view(), name="stock")]
