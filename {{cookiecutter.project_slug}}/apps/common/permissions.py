"""Roles, and who may do what."""

from typing import Any, ClassVar, Protocol

from django.views import View
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.common.roles import Role


class Owned(Protocol):
    """A thing that belongs to somebody."""

    def is_owned_by(self, user: Any) -> bool:  # noqa: ANN401 - the foundation knows no user model
        """Whether the user may act on it as its owner."""
        ...


class HasRole(BasePermission):
    """Admits the roles a subclass names, and staff always."""

    roles: ClassVar[frozenset[Role]] = frozenset()

    def has_permission(self, request: Request, _view: View) -> bool:
        """Whether the signed-in user's role is among those admitted."""
        return _role(request) in self.roles | {Role.STAFF}


class IsClient(HasRole):
    """Somebody who buys."""

    roles = frozenset({Role.CLIENT})


class IsVendor(HasRole):
    """Somebody who sells."""

    roles = frozenset({Role.VENDOR})


class IsStaff(HasRole):
    """Somebody who runs the shop."""


class IsOwner(BasePermission):
    """The owner of the object at hand, or staff."""

    def has_object_permission(self, request: Request, _view: View, obj: Owned) -> bool:
        """Whether the object is the user's own."""
        return _role(request) == Role.STAFF or obj.is_owned_by(request.user)


def _role(request: Request) -> Role | None:
    return getattr(request.user, "role", None)
