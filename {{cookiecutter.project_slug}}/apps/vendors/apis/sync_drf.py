"""Vendor profiles over version 1 of the API."""

from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.authentication.apis.authentication import signed_in
from apps.common.idempotency import idempotent
from apps.common.permissions import IsVendor, PublicReads
from apps.vendors import selectors, services
from apps.vendors.apis.serializers import VendorInputSerializer, VendorSerializer
from apps.vendors.models import Vendor


@extend_schema(tags=["vendors"])
class VendorsView(PublicReads, ListModelMixin, GenericAPIView[Vendor]):
    """The vendors of the shop."""

    permission_classes = (IsVendor,)
    serializer_class = VendorSerializer

    def get_queryset(self) -> QuerySet[Vendor]:
        """The active ones."""
        return selectors.active_vendors()

    @extend_schema(operation_id="vendors_list")
    def get(self, request: Request) -> Response:
        """List the vendors, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="vendors_create",
        request=VendorInputSerializer,
        responses={201: VendorSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Create the profile to sell under; a user has one."""
        body = VendorInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        vendor = services.create_vendor(user=signed_in(request), **body.validated_data)
        return Response(VendorSerializer(vendor).data, status.HTTP_201_CREATED)


@extend_schema(tags=["vendors"])
class VendorView(APIView):
    """One vendor."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="vendors_detail", responses=VendorSerializer)
    def get(self, _request: Request, vendor_id: UUID) -> Response:
        """Show a vendor."""
        return Response(selectors.vendor_document(vendor_id))


@extend_schema(tags=["vendors"])
class OwnVendorView(APIView):
    """The profile of who asks."""

    permission_classes = (IsVendor,)

    @extend_schema(operation_id="vendors_me", responses=VendorSerializer)
    def get(self, request: Request) -> Response:
        """Show the caller's own profile, even when it is hidden from customers."""
        return Response(VendorSerializer(selectors.vendor_of(signed_in(request))).data)

    @extend_schema(
        operation_id="vendors_me_update",
        request=VendorInputSerializer,
        responses=VendorSerializer,
    )
    @idempotent
    def patch(self, request: Request) -> Response:
        """Change the caller's own profile; the slug stays, so that links do."""
        vendor = selectors.vendor_of(signed_in(request))
        body = VendorInputSerializer(vendor, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        vendor = services.update_vendor(vendor=vendor, **body.validated_data)
        return Response(VendorSerializer(vendor).data)


urlpatterns = [
    path("", VendorsView.as_view(), name="vendors"),
    path("me/", OwnVendorView.as_view(), name="own-vendor"),
    path("<uuid:vendor_id>/", VendorView.as_view(), name="vendor"),
]
