"""The catalogue over version 1 of the API."""

from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.authentication.apis.authentication import signed_in
from apps.common.idempotency import idempotent
from apps.common.permissions import IsOwner, IsVendor, PublicReads
from apps.products import selectors, services
from apps.products.apis.documents import PRODUCT, product_of_catalogue
from apps.products.apis.serializers import (
    CatalogueQuerySerializer,
    CategorySerializer,
    ProductInputSerializer,
    ProductSerializer,
)
from apps.products.models import Product
from apps.vendors.selectors import vendor_of


@extend_schema(tags=["products"])
class CategoriesView(APIView):
    """The headings of the catalogue."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="categories_list", responses=CategorySerializer(many=True))
    def get(self, _request: Request) -> Response:
        """List the categories, by name; `parent` makes a tree of them."""
        return Response(selectors.category_documents())


class ProductAPIView(PublicReads, GenericAPIView[Product]):
    """Everybody may look; a product is its vendor's to change."""

    permission_classes = (IsVendor, IsOwner)
    serializer_class = ProductSerializer


@extend_schema(tags=["products"])
class ProductsView(ProductAPIView):
    """The catalogue."""

    def get_queryset(self) -> QuerySet[Product]:
        """The products that the query asks for, in the order it asks for."""
        # As a plain dictionary: from the framework's own, an absent boolean is read as false.
        query = CatalogueQuerySerializer(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return selectors.browse(**query.validated_data)

    @extend_schema(
        operation_id="products_list",
        parameters=[CatalogueQuerySerializer],
        responses=ProductSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List the products for sale, newest first unless there is a search or another order."""
        rows = self.paginate_queryset(PRODUCT.select(self.get_queryset())) or ()
        return self.get_paginated_response(PRODUCT.show_all(rows, request))

    @extend_schema(
        operation_id="products_create",
        request=ProductInputSerializer,
        responses={201: ProductSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Offer a new product; there is nothing to sell until its stock is set."""
        vendor = vendor_of(signed_in(request))
        body = ProductInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        product = services.create_product(vendor=vendor, **body.validated_data)
        shown = selectors.managed_product(product.public_id)
        return Response(self.get_serializer(shown).data, status.HTTP_201_CREATED)


@extend_schema(tags=["products"])
class OwnProductsView(GenericAPIView[Product]):
    """What the caller sells."""

    permission_classes = (IsVendor,)
    queryset = Product.objects.none()
    serializer_class = ProductSerializer

    def get_queryset(self) -> QuerySet[Product]:
        """The caller's own."""
        return selectors.products_of(vendor_of(signed_in(self.request)))

    @extend_schema(operation_id="products_mine", responses=ProductSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the caller's own products, newest first; hidden ones are among them."""
        rows = self.paginate_queryset(PRODUCT.select(self.get_queryset())) or ()
        return self.get_paginated_response(PRODUCT.show_all(rows, request))


@extend_schema(tags=["products"])
class ProductView(ProductAPIView):
    """One product."""

    @extend_schema(operation_id="products_detail")
    def get(self, request: Request, product_id: UUID) -> Response:
        """Show a product."""
        return Response(PRODUCT.show_one(product_of_catalogue(product_id), request))

    @extend_schema(operation_id="products_update", request=ProductInputSerializer)
    @idempotent
    def patch(self, request: Request, product_id: UUID) -> Response:
        """Change a product, or hide it from customers."""
        product = selectors.managed_product(product_id)
        self.check_object_permissions(request, product)
        body = ProductInputSerializer(product, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        services.update_product(product=product, **body.validated_data)
        return Response(self.get_serializer(selectors.managed_product(product_id)).data)


urlpatterns = [
    path("categories/", CategoriesView.as_view(), name="categories"),
    path("products/", ProductsView.as_view(), name="products"),
    path("products/mine/", OwnProductsView.as_view(), name="own-products"),
    path("products/<uuid:product_id>/", ProductView.as_view(), name="product"),
]
