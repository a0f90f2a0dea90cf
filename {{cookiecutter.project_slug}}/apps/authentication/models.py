"""Accounts, the refresh token of each login, and the codes mailed to prove an address."""

import unicodedata
import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from apps.common.models import BaseModel
from apps.common.roles import Role
from apps.common.validators import one_line


class UserManager(BaseUserManager["User"]):
    """Finds and creates accounts by e-mail address, whatever its capitalisation."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The one spelling under which an address is stored and looked up.

        Mail providers ignore case in practice, so two spellings must not be two accounts.
        """
        return unicodedata.normalize("NFKC", email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the account of an e-mail address.

        Raises:
            User.DoesNotExist: Nobody has registered it.
        """
        return self.get(email=self.normalize_email(username))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account; without a password nobody can log in to it."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account that may do everything, everywhere, at once."""
        powers = {"role": Role.STAFF, "is_staff": True, "is_superuser": True}
        return self.create_user(
            email, password, **(powers | {"email_verified_at": timezone.now()} | fields)
        )


class User(AbstractBaseUser, PermissionsMixin, BaseModel):
    """An account, identified by its e-mail address.

    `role` decides what the API allows; `is_staff` opens the admin site.
    """

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=150, validators=[one_line])
    role = models.CharField(max_length=16, choices=Role, default=Role.CLIENT)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [
            # With the unique index on the column this makes addresses unique in any capitalisation.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lowercase"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="user_role_is_known"
            ),
        ]

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Normalise the login name, which is the e-mail address."""
        return UserManager.normalize_email(username)

    def get_full_name(self) -> str:
        """The name to address the person by in full."""
        return self.full_name

    def get_short_name(self) -> str:
        """The name shown in the admin site's greeting."""
        return self.full_name or self.email


class RefreshToken(BaseModel):
    """The one valid refresh token of a family, that is of one login on one device.

    Rotation moves the row on: `jti` becomes the successor's and `previous_jti` remembers the token
    that was exchanged for it at `rotated_at`. Every older token of the family is thereby invalid.
    """

    family = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    jti = models.UUIDField(default=uuid.uuid4, editable=False)
    previous_jti = models.UUIDField(null=True, editable=False)
    rotated_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.family)


class EmailChallenge(BaseModel):
    """A six-digit code mailed to a user to prove that the mailbox is theirs.

    The code itself is never stored, see `selectors.challenge_code`.
    """

    class Purpose(models.TextChoices):
        """What the code will be accepted for."""

        VERIFY_EMAIL = "verify_email"
        RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose

    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="email_challenges",
        db_index=False,  # email_challenge_latest begins with it.
    )
    purpose = models.CharField(max_length=16, choices=Purpose)
    expires_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    consumed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "purpose", "-id"], name="email_challenge_latest")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.public_id}"
