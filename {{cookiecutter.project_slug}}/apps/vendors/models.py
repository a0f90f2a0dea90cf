"""The profile under which somebody sells."""

from django.db import models

from apps.authentication.models import User
from apps.common.models import BaseModel
from apps.common.validators import one_line

SLUG_LENGTH = 120


class Vendor(BaseModel):
    """The public face of the one user who sells under it.

    An inactive vendor and everything it sells are hidden from customers. The slug is made from the
    first name and stays, so that links survive a change of name.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="vendor")
    name = models.CharField(max_length=120, validators=[one_line])
    slug = models.SlugField(max_length=SLUG_LENGTH, unique=True)
    description = models.TextField(max_length=5000, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    def is_owned_by(self, user: User) -> bool:
        """Whether the profile is this user's."""
        return self.user_id == user.pk
