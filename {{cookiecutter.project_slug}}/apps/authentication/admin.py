"""Accounts in the admin site."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from apps.authentication import services, tokens
from apps.authentication.models import User
from apps.common import context
from apps.common.admin import AuditedModelAdmin


class PasswordForm(AdminPasswordChangeForm[User]):
    """Sets a user's password the way the API does."""

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        """Store the password, unless told not to, and end the user's sessions."""
        user = super().save(commit=False)
        if commit:
            services.save_password(user=user, by="administrator")
        return user


@admin.register(User)
class UserAdmin(AuditedModelAdmin[User], DjangoUserAdmin[User]):
    """Accounts: found by address or name, never deleted in bulk, passwords only ever replaced."""

    change_password_form = PasswordForm
    list_display = ("email", "full_name", "role", "is_active", "email_verified_at")
    list_filter = ("role", "is_active", "is_staff")
    search_fields = ("email", "full_name", "public_id")
    ordering = ("email",)
    readonly_fields = ("public_id", "last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "full_name", "role", "email_verified_at")}),
        (
            "Permissions",
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        ("Record", {"fields": ("public_id", "created_at", "last_login")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "email",
                    "full_name",
                    "role",
                    "usable_password",
                    "password1",
                    "password2",
                ),
            },
        ),
    )

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: ModelForm[User],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Save; whoever is deactivated is also logged out, and stays so when activated again."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            tokens.revoke_all(obj)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 - Django's signature
        form_url: str = "",
    ) -> HttpResponse:
        """Replace a password on behalf of the signed-in administrator."""
        context.bind_actor(getattr(request.user, "public_id", ""))
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)
