"""Figures as JSON."""

from rest_framework import serializers

from apps.analytics.selectors import Dashboard, ProductSales, Statistics
from apps.common.money import Money
from apps.vendors.apis.serializers import VendorSerializer


class MoneySerializer(serializers.Serializer[Money]):
    """An amount, in the main unit of its currency."""

    amount = serializers.DecimalField(max_digits=None, decimal_places=2)
    currency = serializers.CharField()


class StatisticsSerializer(serializers.Serializer[Statistics]):
    """What has been ordered within the last 30 days and is paid, and what there is to sell now."""

    orders_paid = serializers.IntegerField()
    units_sold = serializers.IntegerField()
    revenue = MoneySerializer(many=True, help_text="One for each currency.")
    products_on_sale = serializers.IntegerField(help_text="Those with a unit free to sell.")
    products_sold_out = serializers.IntegerField(help_text="Those customers only see.")


class ProductSalesSerializer(serializers.Serializer[ProductSales]):
    """What has been sold of a product within the same time."""

    product_id = serializers.UUIDField()
    name = serializers.CharField()
    units_sold = serializers.IntegerField()
    revenue = MoneySerializer()


class DashboardSerializer(serializers.Serializer[Dashboard]):
    """How a vendor does."""

    vendor = VendorSerializer()
    statistics = StatisticsSerializer()
    top_products = ProductSalesSerializer(many=True, help_text="By units sold, five at most.")
