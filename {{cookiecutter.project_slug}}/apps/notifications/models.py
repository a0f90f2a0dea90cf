"""What was sent to whom."""

from django.db import models

from apps.common.models import BaseModel


class Notification(BaseModel):
    """An e-mail that the mail server has accepted."""

    class Kind(models.TextChoices):
        """What it is about; also the name of its templates."""

        EMAIL_VERIFICATION = "email_verification"
        PASSWORD_RESET = "password_reset"  # noqa: S105 - a name
        ORDER_CONFIRMATION = "order_confirmation"
        PAYMENT_DECLINED = "payment_declined"
        SOLD_OUT = "sold_out"

    kind = models.CharField(max_length=32, choices=Kind)
    dedup_key = models.CharField(max_length=100, unique=True, help_text="Once per key.")
    recipient = models.EmailField()
    subject = models.CharField(max_length=255)
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"
