"""What requests to authentication carry and what they are answered with."""

from typing import Any

from rest_framework import serializers

from apps.authentication.models import User, UserManager
from apps.authentication.selectors import CODE_DIGITS
from apps.common.roles import Role

MAX_ADDRESS_LENGTH = 254
MAX_PASSWORD_LENGTH = 128  # Hashing is slow on purpose; longer input would make it a weapon.
MAX_TOKEN_LENGTH = 2048
CODE = rf"^[0-9]{{{CODE_DIGITS}}}$"
TOKEN = r"^[A-Za-z0-9_.-]+$"  # noqa: S105 - a pattern
PASSWORD: dict[str, Any] = {
    "max_length": MAX_PASSWORD_LENGTH,
    "trim_whitespace": False,
    "write_only": True,
    "style": {"input_type": "password"},
}


class AddressField(serializers.EmailField):
    """An e-mail address in its stored spelling."""

    def __init__(self) -> None:
        super().__init__(max_length=MAX_ADDRESS_LENGTH)

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 - the framework's signature
        """Normalise before the validators run, for that is what will be stored."""
        return UserManager.normalize_email(super().to_internal_value(data))


class CodeField(serializers.RegexField):
    """A mailed code."""

    def __init__(self) -> None:
        super().__init__(CODE)


class UserSerializer(serializers.ModelSerializer[User]):
    """An account as its owner sees it; only the name is theirs to change."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = User
        fields = ["id", "email", "full_name", "role", "email_verified_at", "created_at"]
        read_only_fields = ["email", "role", "email_verified_at", "created_at"]


class RegistrationSerializer(serializers.ModelSerializer[User]):
    """A new account."""

    email = AddressField()
    password = serializers.CharField(**PASSWORD)
    role = serializers.ChoiceField(
        [choice for choice in Role.choices if choice[0] != Role.STAFF], default=Role.CLIENT
    )

    class Meta:
        model = User
        fields = ["email", "password", "full_name", "role"]


class AddressSerializer(serializers.Serializer[None]):
    """An e-mail address to send a code to."""

    email = AddressField()


class VerificationSerializer(serializers.Serializer[None]):
    """An e-mail address and the code mailed to it."""

    email = AddressField()
    code = CodeField()


class PasswordResetSerializer(VerificationSerializer):
    """A new password, and the code that allows it."""

    new_password = serializers.CharField(**PASSWORD)


class LoginSerializer(serializers.Serializer[None]):
    """Credentials."""

    email = AddressField()
    password = serializers.CharField(**PASSWORD)


class RefreshTokenSerializer(serializers.Serializer[None]):
    """A refresh token."""

    refresh = serializers.RegexField(TOKEN, max_length=MAX_TOKEN_LENGTH, write_only=True)


class TokenPairSerializer(serializers.Serializer[None]):
    """The tokens of a session: one for the Authorization header, one for the next pair."""

    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)
