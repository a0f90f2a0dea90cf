"""Vendor profiles as JSON."""

from rest_framework import serializers

from apps.vendors.models import Vendor


class VendorSerializer(serializers.ModelSerializer[Vendor]):
    """A vendor as customers see it."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Vendor
        fields = ("id", "name", "slug", "description", "created_at")
        read_only_fields = fields


class VendorInputSerializer(serializers.ModelSerializer[Vendor]):
    """What a vendor says about itself."""

    class Meta:
        model = Vendor
        fields = ("name", "description")
