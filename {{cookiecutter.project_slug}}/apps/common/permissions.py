"""Roles, and who may do what."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.common.roles import Role


class Owned(Protocol):
    """A thing that belongs to somebody."""

    def is_owned_by(self, user: Any) -> bool:  # noqa: ANN401 - the foundation knows no user model
        """Whether the user may act on it as its owner."""
        ...


class PublicReads(APIView):
    """A view that everybody may read; its `permission_classes` guard the rest."""

    def get_permissions(self) -> Sequence[Any]:
        """Anyone for a safe method; otherwise those of the class."""
        return [AllowAny()] if self.request.method in SAFE_METHODS else super().get_permissions()


class HasRole(BasePermission):
    """Admits the roles a subclass names, and staff always."""

    roles: ClassVar[frozenset[Role]] = frozenset()

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Whether the signed-in user's role is among those admitted."""
        return _role(request) in self.roles | {Role.STAFF}


class IsClient(HasRole):
    """Somebody who buys."""

    roles = frozenset({Role.CLIENT})


class IsVendor(HasRole):
    """Somebody who sells."""

    roles = frozenset({Role.VENDOR})


class IsOwner(BasePermission):
    """The owner of the object at hand, or staff."""

    def has_object_permission(self, request: Request, _view: APIView, obj: Owned) -> bool:
        """Whether the object is the user's own."""
        return _role(request) == Role.STAFF or obj.is_owned_by(request.user)


def _role(request: Request) -> Role | None:
    return getattr(request.user, "role", None)
