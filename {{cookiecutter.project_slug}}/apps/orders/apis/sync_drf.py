"""Orders over version 1 of the API."""

from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from apps.authentication.apis.authentication import signed_in
from apps.common.idempotency import idempotent
from apps.common.permissions import IsClient
from apps.orders import selectors, services
from apps.orders.apis.documents import ORDER, order_of
from apps.orders.apis.serializers import OrderSerializer, PlaceOrderSerializer
from apps.orders.models import Order, OrderStatus


class OrderFilter(filters.FilterSet):
    """Narrows a list of orders."""

    status = filters.ChoiceFilter(choices=OrderStatus.choices)

    class Meta:
        model = Order
        fields = ("status",)


@extend_schema(tags=["orders"])
class OrdersView(ListAPIView[Order]):
    """A customer's orders."""

    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter

    def get_permissions(self) -> list[BasePermission]:
        """Reading one's own is for everybody; buying is for customers."""
        return [IsAuthenticated(), *([IsClient()] if self.request.method == "POST" else [])]

    def get_queryset(self) -> QuerySet[Order]:
        """The caller's own."""
        return selectors.orders_of(signed_in(self.request))

    @extend_schema(operation_id="orders_list")
    def get(self, request: Request) -> Response:
        """List the caller's orders, newest first."""
        orders = self.filter_queryset(self.get_queryset())
        rows = self.paginate_queryset(ORDER.select(orders)) or ()
        return self.get_paginated_response(ORDER.show_all(rows, request))

    @extend_schema(
        operation_id="orders_place", request=PlaceOrderSerializer, responses={201: OrderSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Place an order: its stock is reserved until it is paid or cancelled."""
        body = PlaceOrderSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        order = services.place_order(
            customer=signed_in(request), lines=body.validated_data["items"]
        )
        placed = selectors.order_of(signed_in(request), order.public_id)
        return Response(OrderSerializer(placed).data, status.HTTP_201_CREATED)


@extend_schema(tags=["orders"])
class OrderView(GenericAPIView[Order]):
    """One order of the caller's."""

    serializer_class = OrderSerializer
    queryset = Order.objects.none()

    @extend_schema(operation_id="orders_detail", responses=OrderSerializer)
    def get(self, request: Request, order_id: UUID) -> Response:
        """Show an order with its lines."""
        return Response(ORDER.show_one(order_of(signed_in(request), order_id), request))


@extend_schema(tags=["orders"])
class CancelOrderView(GenericAPIView[Order]):
    """Giving an order up."""

    serializer_class = OrderSerializer
    queryset = Order.objects.none()

    @extend_schema(operation_id="orders_cancel", request=None, responses=OrderSerializer)
    @idempotent
    def post(self, request: Request, order_id: UUID) -> Response:
        """Cancel an order that no payment has begun for; its stock is released."""
        order = selectors.order_of(signed_in(request), order_id)
        services.cancel_order(order=order)
        return Response(OrderSerializer(selectors.order_of(signed_in(request), order_id)).data)


urlpatterns = [
    path("", OrdersView.as_view(), name="orders"),
    path("<uuid:order_id>/", OrderView.as_view(), name="order"),
    path("<uuid:order_id>/cancel/", CancelOrderView.as_view(), name="order-cancel"),
]
