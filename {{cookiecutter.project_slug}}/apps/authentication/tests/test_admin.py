"""Accounts in the admin site."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.authentication import selectors, tokens
from apps.authentication.admin import PasswordForm
from apps.authentication.models import EmailChallenge, RefreshToken, User
from apps.authentication.tests.support import PASSWORD
from apps.common.models import AuditEntry

pytestmark = pytest.mark.django_db

ADD = reverse("admin:authentication_user_add")
NEW_PASSWORD = "an even longer secret"


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root")


@pytest.fixture
def site(client: Client, root: User) -> Client:
    client.force_login(root)
    return client


def change(user: User) -> str:
    return reverse("admin:authentication_user_change", args=[user.pk])


def form_of(user: User, **changes: object) -> dict[str, object]:
    fields = {"email": user.email, "full_name": user.full_name, "role": user.role}
    return fields | {"is_active": "on", "email_verified_at_0": ""} | changes


def is_let_in(pair: tokens.TokenPair) -> bool:
    claims = tokens.decode(pair.access, tokens.TokenType.ACCESS)
    return selectors.bearer(claims).exists()


def test_staff_sign_in_by_address_in_any_capitalisation(client: Client, root: User) -> None:
    body = {"username": "Root@Example.com", "password": PASSWORD}
    response = client.post(reverse("admin:login"), body)
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(root.pk)


def test_accounts_are_listed_and_found(site: Client, customer: User) -> None:
    response = site.get(reverse("admin:authentication_user_changelist"), {"q": customer.email})
    assert customer.email in response.text
    assert "Root" not in response.text.split("result_list")[1]


def test_the_password_hash_is_not_shown(site: Client, customer: User) -> None:
    response = site.get(change(customer))
    assert response.status_code == 200
    assert customer.password not in response.text
    assert customer.password.rsplit("$", 1)[-1] not in response.text


def test_an_account_is_added_with_a_normalised_address(site: Client) -> None:
    body = {
        "email": "New@Example.com",
        "full_name": "New",
        "role": "staff",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert site.post(ADD, body).status_code == 302
    user = User.objects.get(email="new@example.com")
    assert user.check_password(PASSWORD)
    assert AuditEntry.objects.filter(action="user.added", target_id=user.public_id).exists()


def test_a_taken_address_is_a_form_error(site: Client, customer: User) -> None:
    body = {
        "email": customer.email.upper(),
        "full_name": "Impostor",
        "role": "client",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    response = site.post(ADD, body)
    assert response.status_code == 200
    assert "already exists" in response.text


def test_a_change_is_saved_and_audited(site: Client, root: User, customer: User) -> None:
    site.post(change(customer), form_of(customer, full_name="Another Name"))
    customer.refresh_from_db()
    assert customer.full_name == "Another Name"
    entry = AuditEntry.objects.get(action="user.changed")
    assert entry.actor_id == str(root.public_id)


def test_a_change_of_an_active_user_leaves_the_sessions(site: Client, customer: User) -> None:
    pair = tokens.issue(customer)
    site.post(change(customer), form_of(customer, full_name="Another Name"))
    assert is_let_in(pair)


def test_a_deactivated_user_is_logged_out_for_good(site: Client, customer: User) -> None:
    pair = tokens.issue(customer)
    site.post(change(customer), form_of(customer, is_active=""))
    site.post(change(customer), form_of(customer))
    customer.refresh_from_db()
    assert customer.is_active
    assert not is_let_in(pair)


def test_a_password_set_by_an_administrator_ends_the_sessions(
    site: Client, root: User, customer: User
) -> None:
    pair = tokens.issue(customer)
    address = reverse("admin:auth_user_password_change", args=[customer.pk])
    body = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    assert site.get(address).status_code == 200
    site.post(address, body)
    customer.refresh_from_db()
    assert customer.check_password(NEW_PASSWORD)
    assert not is_let_in(pair)
    entry = AuditEntry.objects.get(action="user.password_changed")
    assert entry.actor_id == str(root.public_id)
    assert entry.changes == {"by": "administrator", "sessions_ended": 1}


def test_a_password_form_that_is_told_not_to_store_does_not(customer: User) -> None:
    body = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    form = PasswordForm(customer, body)
    assert form.is_valid()
    form.save(commit=False)
    customer.refresh_from_db()
    assert not customer.check_password(NEW_PASSWORD)


def test_sessions_and_codes_are_not_in_the_admin_site() -> None:
    assert not admin.site.is_registered(RefreshToken)
    assert not admin.site.is_registered(EmailChallenge)
