"""Orders as JSON."""

from typing import Any

from rest_framework import serializers

from apps.orders.models import Order, OrderItem
from apps.orders.services import OrderLine

MAX_LINES = 100
MAX_QUANTITY = 1000


class OrderLineSerializer(serializers.Serializer[OrderLine]):
    """What to buy, and how many."""

    product_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class PlaceOrderSerializer(serializers.Serializer[Any]):
    """An order to be placed."""

    items = serializers.ListField(
        child=OrderLineSerializer(), allow_empty=False, max_length=MAX_LINES
    )

    def validate_items(self, items: list[dict[str, Any]]) -> list[OrderLine]:
        """Every product once."""
        lines = [OrderLine(**item) for item in items]
        if len({line.product_id for line in lines}) < len(lines):
            raise serializers.ValidationError("A product appears more than once.")
        return lines


class OrderItemSerializer(serializers.ModelSerializer[OrderItem]):
    """A line of an order."""

    product_id = serializers.UUIDField(source="product.public_id")
    subtotal = serializers.DecimalField(source="subtotal.amount", max_digits=14, decimal_places=2)

    class Meta:
        model = OrderItem
        fields = ("product_id", "product_name", "unit_price", "quantity", "subtotal")


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order with its lines."""

    id = serializers.UUIDField(source="public_id")
    items = OrderItemSerializer(many=True)

    class Meta:
        model = Order
        fields = ("id", "status", "total_amount", "currency", "items", "created_at", "updated_at")
