"""Representations of payments."""

from rest_framework import serializers

from apps.payments.models import Payment


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """A payment as its customer sees it; the payment method stays with the gateway."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    order_id = serializers.UUIDField(source="order.public_id", read_only=True)

    class Meta:
        model = Payment
        fields = (
            "id",
            "order_id",
            "status",
            "amount",
            "currency",
            "failure_reason",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class StartPaymentSerializer(serializers.Serializer[None]):
    """The wish to pay."""

    order_id = serializers.UUIDField()
    method = serializers.CharField(
        max_length=255, help_text="The gateway's token for the means of payment."
    )
