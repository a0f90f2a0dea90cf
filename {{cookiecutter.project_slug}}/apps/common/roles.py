"""What an account is for."""

from django.db.models import TextChoices


class Role(TextChoices):
    """Decides what an account may do; `apps.common.permissions` says how."""

    CLIENT = "client"
    VENDOR = "vendor"
    STAFF = "staff"
