"""Payments over version 1 of the API."""

from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.authentication.apis.authentication import signed_in
from apps.common.idempotency import idempotent
from apps.common.throttling import limit
from apps.orders.selectors import order_of
from apps.payments import selectors, services
from apps.payments.apis.serializers import PaymentSerializer, StartPaymentSerializer
from apps.payments.gateways import signatures
from apps.payments.models import Payment


class PaymentFilter(filters.FilterSet):
    """Narrows a list of payments."""

    order_id = filters.UUIDFilter(field_name="order__public_id")

    class Meta:
        model = Payment
        fields = ("order_id",)


@extend_schema(tags=["payments"])
class PaymentsView(ListAPIView[Payment]):
    """A customer's payments."""

    serializer_class = PaymentSerializer
    queryset = Payment.objects.none()
    filterset_class = PaymentFilter

    def get_queryset(self) -> QuerySet[Payment]:
        """The caller's own."""
        return selectors.payments_of(signed_in(self.request))

    @extend_schema(operation_id="payments_list")
    def get(self, request: Request) -> Response:
        """List the caller's payments, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="payments_start",
        request=StartPaymentSerializer,
        responses={202: PaymentSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Pay an order.

        The gateway is asked in the background: follow the payment until its status is `succeeded`
        or `declined`.
        """
        body = StartPaymentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        payment = services.start_payment(
            order=order_of(signed_in(request), body.validated_data["order_id"]),
            method=body.validated_data["method"],
        )
        return Response(PaymentSerializer(payment).data, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["payments"])
class PaymentView(GenericAPIView[Payment]):
    """One payment of the caller's."""

    serializer_class = PaymentSerializer
    queryset = Payment.objects.none()

    @extend_schema(operation_id="payments_detail", responses=PaymentSerializer)
    def get(self, request: Request, payment_id: UUID) -> Response:
        """Show a payment."""
        payment = selectors.payment_of(signed_in(request), payment_id)
        return Response(PaymentSerializer(payment).data)


@extend_schema(tags=["payments"])
class WebhookView(APIView):
    """Where gateways report; the signature takes the place of authentication."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (limit("webhook"),)

    @extend_schema(
        operation_id="payments_webhook",
        auth=[],
        parameters=[
            OpenApiParameter(
                signatures.HEADER,
                location=OpenApiParameter.HEADER,
                required=True,
                description="`t=<Unix seconds>,v1=<HMAC-SHA256 of t.body>`; other gateways differ.",
            )
        ],
        request=OpenApiTypes.OBJECT,
        responses={200: None},
    )
    def post(self, request: Request, gateway: str) -> Response:
        """Receive a payment gateway's signed event."""
        services.receive_webhook(name=gateway, headers=request.headers, body=request.body)
        return Response()


urlpatterns = [
    path("", PaymentsView.as_view(), name="payments"),
    path("<uuid:payment_id>/", PaymentView.as_view(), name="payment"),
    path("webhooks/<str:gateway>/", WebhookView.as_view(), name="payment-webhook"),
]
