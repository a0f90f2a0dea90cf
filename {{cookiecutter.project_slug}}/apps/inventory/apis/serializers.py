"""Stock as JSON."""

from typing import Any

from rest_framework import serializers

from apps.inventory.models import MAX_UNITS, StockItem


class AvailabilitySerializer(serializers.Serializer[Any]):
    """What customers may know."""

    product_id = serializers.UUIDField(read_only=True)
    available = serializers.IntegerField(read_only=True, help_text="Units that are free to sell.")


class StockSerializer(serializers.ModelSerializer[StockItem]):
    """What those know who keep the stock; the number of units on hand is theirs to write."""

    product_id = serializers.UUIDField(source="product.public_id", read_only=True)
    on_hand = serializers.IntegerField(min_value=0, max_value=MAX_UNITS)
    available = serializers.IntegerField(read_only=True)

    class Meta:
        model = StockItem
        fields = ("product_id", "on_hand", "reserved", "available")
        read_only_fields = ("reserved",)
