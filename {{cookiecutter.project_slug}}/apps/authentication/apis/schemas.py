"""What authentication takes and hands out in version 2, which is what it does in version 1."""

from typing import Annotated, Literal
from uuid import UUID

from django.core.validators import validate_email
from ninja import Field, Schema
from pydantic import AfterValidator

from apps.authentication.apis.serializers import (
    CODE,
    MAX_ADDRESS_LENGTH,
    MAX_PASSWORD_LENGTH,
    MAX_TOKEN_LENGTH,
    TOKEN,
)
from apps.authentication.models import UserManager
from apps.common.async_ninja.schemas import Input, Instant, Line, filled, valid, without_null
from apps.common.roles import Role

Address = Annotated[
    str,
    filled,
    AfterValidator(UserManager.normalize_email),
    Field(max_length=MAX_ADDRESS_LENGTH, json_schema_extra={"format": "email"}),
    without_null,
    valid(validate_email),
]
"""An e-mail address in its stored spelling."""

Password = Annotated[
    str,
    Field(min_length=1, max_length=MAX_PASSWORD_LENGTH, json_schema_extra={"format": "password"}),
    without_null,
]
"""A password as it was typed."""

Code = Annotated[str, filled, Field(pattern=CODE)]
"""A mailed code."""

Token = Annotated[str, filled, Field(max_length=MAX_TOKEN_LENGTH, pattern=TOKEN)]
"""What may be a token."""

FullName = Annotated[Line, Field(max_length=150)]
"""The name of a person."""


class UserSchema(Schema):
    """An account as its owner sees it."""

    id: UUID = Field(alias="public_id")
    email: str
    full_name: str
    role: Role
    email_verified_at: Instant | None
    created_at: Instant


class ProfileChanges(Input):
    """What changes about an account; what is not given stays as it is."""

    full_name: FullName = ""


class AddressInput(Input):
    """An e-mail address to send a code to."""

    email: Address


class Registration(AddressInput):
    """A new account."""

    password: Password
    full_name: FullName
    role: Literal[Role.CLIENT, Role.VENDOR] = Role.CLIENT


class Verification(AddressInput):
    """An e-mail address and the code mailed to it."""

    code: Code


class PasswordReset(Verification):
    """A new password, and the code that allows it."""

    new_password: Password


class Credentials(AddressInput):
    """What proves who somebody is."""

    password: Password


class RefreshTokenInput(Input):
    """A refresh token."""

    refresh: Token


class TokenPairSchema(Schema):
    """The tokens of a session: one for the Authorization header, one for the next pair."""

    access: str
    refresh: str
