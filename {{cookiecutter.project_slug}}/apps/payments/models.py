"""Payments, and the gateway events that have been seen."""

from django.db import models
from django.db.models import Q

from apps.common.models import BaseModel
from apps.common.money import Money, amount_field, currency_field
from apps.payments.gateways.fake.ledger import FakeCharge

__all__ = ["OPEN", "FakeCharge", "Payment", "PaymentStatus", "WebhookEvent"]


class PaymentStatus(models.TextChoices):
    """Pending until the gateway is asked, processing until its outcome is final."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


OPEN = (PaymentStatus.PENDING, PaymentStatus.PROCESSING)


class Payment(BaseModel):
    """One attempt to collect an order's total; its public id is the key of the one charge."""

    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="payments")
    gateway = models.CharField(max_length=50, help_text="The adapter's name.")
    method = models.CharField(max_length=255, help_text="The gateway's payment-method token.")
    amount = amount_field()
    currency = currency_field()
    status = models.CharField(max_length=10, choices=PaymentStatus, default=PaymentStatus.PENDING)
    attempts = models.PositiveIntegerField(default=0, help_text="How often the gateway was asked.")
    gateway_reference = models.CharField(max_length=255, blank=True)
    failure_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=~Q(status=PaymentStatus.DECLINED),
                name="payment_one_undeclined_per_order",
            ),
            models.CheckConstraint(
                condition=Q(status__in=PaymentStatus.values), name="payment_status_known"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount_not_negative"),
        ]
        indexes = [
            models.Index(fields=["updated_at"], condition=Q(status__in=OPEN), name="payment_open"),
        ]

    def __str__(self) -> str:
        return f"{self.money} {self.status}"

    @property
    def money(self) -> Money:
        """What is to be collected."""
        return Money(self.amount, self.currency)

    @property
    def is_settled(self) -> bool:
        """Whether the gateway's decision is known; it is final."""
        return self.status not in OPEN


class WebhookEvent(models.Model):
    """An authentic event of a gateway, kept so that a repetition has no effect."""

    gateway = models.CharField(max_length=50)
    event_id = models.CharField(max_length=255)
    received_at = models.DateTimeField(auto_now_add=True)
    processed = models.BooleanField(default=False, help_text="False: refused, and why is logged.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="webhook_event_once"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}"
