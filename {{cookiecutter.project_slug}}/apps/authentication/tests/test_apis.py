"""Authentication over HTTP."""

import json
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from apps.authentication import services, tokens
from apps.authentication.apis.authentication import signed_in
from apps.authentication.models import EmailChallenge, User
from apps.authentication.tests.support import PASSWORD, mailed_code, wrong
from apps.common.errors import NotAuthenticated
from apps.common.models import AuditEntry
from tests.clients import complaints

pytestmark = pytest.mark.django_db

AUTH = "/auth/"
REGISTRATION = {"email": "ada@example.com", "password": PASSWORD, "full_name": "Ada Lovelace"}
VERIFY, RESET = EmailChallenge.Purpose

type Login = Callable[[User], APIClient]


def code_of(response: HttpResponse) -> str:
    assert response["Content-Type"] == "application/problem+json"
    return str(json.loads(response.content)["code"])


def codes_of(response: HttpResponse, field: str) -> set[str]:
    """What is wrong with a field, and with no other."""
    assert response.status_code == 400
    assert code_of(response) == "invalid-input"
    found = complaints(response)
    assert found.keys() == {field}
    return found[field]


def test_registration_answers_with_the_account(api: APIClient) -> None:
    response = api.post(f"{AUTH}register/", REGISTRATION)
    assert response.status_code == 201
    user = User.objects.get()
    assert response.json() == {
        "id": str(user.public_id),
        "email": "ada@example.com",
        "full_name": "Ada Lovelace",
        "role": "client",
        "email_verified_at": None,
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }


def test_registration_as_a_vendor(api: APIClient) -> None:
    response = api.post(f"{AUTH}register/", REGISTRATION | {"role": "vendor"})
    assert response.json()["role"] == "vendor"


def test_registration_of_a_taken_address_conflicts(api: APIClient, newcomer: User) -> None:
    response = api.post(f"{AUTH}register/", REGISTRATION | {"email": newcomer.email.upper()})
    assert response.status_code == 409
    assert code_of(response) == "email-taken"


def test_a_repeated_registration_with_the_same_key_runs_once(api: APIClient) -> None:
    answers = [
        api.post(f"{AUTH}register/", REGISTRATION, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "garbage", "code"),
    [
        ("email", "nobody", "invalid"),
        ("email", f"{'a' * 250}@example.com", "max_length"),
        ("email", "a\x00@example.com", "null_characters_not_allowed"),
        ("email", "a@" + "ﷺ" * 40 + ".com", "max_length"),
        ("email", ["a@example.com"], "invalid"),
        ("email", None, "null"),
        ("role", "staff", "invalid_choice"),
        ("role", "emperor", "invalid_choice"),
        ("full_name", " ", "blank"),
        ("full_name", "x" * 151, "max_length"),
        ("full_name", "Ada\nBcc: all@example.com", "invalid"),
        ("full_name", "Ada\x00", "invalid"),
        ("password", "1234567890123", "password_too_common"),
        ("password", "x" * 129, "max_length"),
        ("password", "", "blank"),
    ],
)
def test_a_bad_registration_names_the_field(
    api: APIClient, field: str, garbage: object, code: str
) -> None:
    response = api.post(f"{AUTH}register/", {**REGISTRATION, field: garbage})
    assert code in codes_of(response, field)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '"x"',
        "null",
        "{",
        "\x00",
        '{"email": Infinity}',
        '{"email": "\\ud800"}',
        pytest.param(f'{{"email": {10**400}}}', id="large"),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "register/",
        "verify/",
        "verify/resend/",
        "login/",
        "refresh/",
        "logout/",
        "password-reset/",
        "password-reset/confirm/",
    ],
)
def test_a_body_that_is_no_object_is_bad_input(api: APIClient, path: str, body: str) -> None:
    response = api.post(f"{AUTH}{path}", body, content_type="application/json")
    assert response.status_code == 400
    assert code_of(response) == "invalid-input"


def test_verification_with_the_mailed_code(api: APIClient, newcomer: User) -> None:
    body = {"email": newcomer.email, "code": mailed_code(newcomer, VERIFY)}
    response = api.post(f"{AUTH}verify/", body)
    assert response.status_code == 204
    newcomer.refresh_from_db()
    assert newcomer.email_verified_at


def test_verification_with_a_wrong_code(api: APIClient, newcomer: User) -> None:
    body = {"email": newcomer.email, "code": wrong(mailed_code(newcomer, VERIFY))}
    response = api.post(f"{AUTH}verify/", body)
    assert response.status_code == 400
    assert code_of(response) == "invalid-code"


@pytest.mark.parametrize(
    "code", ["12345", "1234567", "12345x", "\N{FULLWIDTH DIGIT ONE}23456", "", 10**30, None]
)
def test_what_is_not_six_digits_is_no_guess(api: APIClient, newcomer: User, code: object) -> None:
    body = {"email": newcomer.email, "code": code}
    assert codes_of(api.post(f"{AUTH}verify/", body), "code")
    assert newcomer.email_challenges.get().attempts == 0


@pytest.mark.parametrize("path", ["verify/resend/", "password-reset/"])
def test_asking_for_a_code_does_not_tell_who_is_registered(
    api: APIClient, newcomer: User, path: str
) -> None:
    known = api.post(f"{AUTH}{path}", {"email": newcomer.email})
    unknown = api.post(f"{AUTH}{path}", {"email": "nobody@example.com"})
    assert known.status_code == unknown.status_code == 202
    assert known.content == unknown.content


def test_login_answers_with_tokens_that_nobody_may_store(api: APIClient, ada: User) -> None:
    response = api.post(f"{AUTH}login/", {"email": ada.email, "password": PASSWORD})
    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert response["Cache-Control"] == "no-store"


def test_the_access_token_opens_the_api(api: APIClient, ada: User) -> None:
    pair = api.post(f"{AUTH}login/", {"email": ada.email, "password": PASSWORD}).json()
    response = api.get(f"{AUTH}me/", headers={"Authorization": f"Bearer {pair['access']}"})
    assert response.json()["email"] == ada.email


def test_a_failed_login_is_401_with_a_challenge(api: APIClient, ada: User) -> None:
    response = api.post(f"{AUTH}login/", {"email": ada.email, "password": "not it"})
    assert response.status_code == 401
    assert code_of(response) == "invalid-credentials"
    assert response["WWW-Authenticate"] == "Bearer"


def test_an_unverified_login_is_403(api: APIClient, newcomer: User) -> None:
    response = api.post(f"{AUTH}login/", {"email": newcomer.email, "password": PASSWORD})
    assert response.status_code == 403
    assert code_of(response) == "email-not-verified"


def test_a_password_is_taken_as_it_is(api: APIClient) -> None:
    services.register(email="ada@example.com", password=f" {PASSWORD} ", full_name="Ada")
    User.objects.update(email_verified_at=User.objects.get().created_at)
    body = {"email": "ada@example.com", "password": f" {PASSWORD} "}
    assert api.post(f"{AUTH}login/", body).status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer stale", "Bearer a b c", "Basic eDp5"])
def test_a_stale_authorization_header_does_not_prevent_a_login(
    api: APIClient, ada: User, header: str
) -> None:
    body = {"email": ada.email, "password": PASSWORD}
    response = api.post(f"{AUTH}login/", body, headers={"Authorization": header})
    assert response.status_code == 200


def test_refresh_answers_with_a_new_pair(api: APIClient, ada: User) -> None:
    old = tokens.issue(ada)
    response = api.post(f"{AUTH}refresh/", {"refresh": old.refresh})
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response.json()["refresh"] != old.refresh


def test_a_double_submitted_refresh_conflicts(api: APIClient, ada: User) -> None:
    body = {"refresh": tokens.issue(ada).refresh}
    api.post(f"{AUTH}refresh/", body)
    response = api.post(f"{AUTH}refresh/", body)
    assert response.status_code == 409
    assert code_of(response) == "refresh-token-already-used"


def test_a_stolen_refresh_token_is_401(api: APIClient, ada: User) -> None:
    old = tokens.issue(ada)
    tokens.rotate(tokens.rotate(old.refresh).refresh)
    response = api.post(f"{AUTH}refresh/", {"refresh": old.refresh})
    assert response.status_code == 401
    assert code_of(response) == "refresh-token-reused"


@pytest.mark.parametrize("path", ["refresh/", "logout/"])
def test_what_is_no_refresh_token_is_401(api: APIClient, path: str) -> None:
    response = api.post(f"{AUTH}{path}", {"refresh": "x"})
    assert response.status_code == 401
    assert code_of(response) == "invalid-token"


def test_logout_ends_the_session(api: APIClient, ada: User) -> None:
    pair = tokens.issue(ada)
    assert api.post(f"{AUTH}logout/", {"refresh": pair.refresh}).status_code == 204
    response = api.get(f"{AUTH}me/", headers={"Authorization": f"Bearer {pair.access}"})
    assert response.status_code == 401


def test_a_forgotten_password_is_replaced(api: APIClient, ada: User) -> None:
    api.post(f"{AUTH}password-reset/", {"email": ada.email})
    body = {
        "email": ada.email,
        "code": mailed_code(ada, RESET),
        "new_password": "an even longer secret",
    }
    assert api.post(f"{AUTH}password-reset/confirm/", body).status_code == 204
    credentials = {"email": ada.email, "password": "an even longer secret"}
    assert api.post(f"{AUTH}login/", credentials).status_code == 200


def test_a_weak_new_password_names_the_field(api: APIClient, ada: User) -> None:
    api.post(f"{AUTH}password-reset/", {"email": ada.email})
    body = {"email": ada.email, "code": mailed_code(ada, RESET), "new_password": "password"}
    response = api.post(f"{AUTH}password-reset/confirm/", body)
    assert "password_too_common" in codes_of(response, "new_password")


def test_everybody_sees_their_own_account(login: Login, ada: User, customer: User) -> None:
    assert login(ada).get(f"{AUTH}me/").json()["id"] == str(ada.public_id)
    assert login(customer).get(f"{AUTH}me/").json()["id"] == str(customer.public_id)


def test_the_own_name_can_be_changed(login: Login, ada: User) -> None:
    response = login(ada).patch(f"{AUTH}me/", {"full_name": "Ada King"})
    assert response.status_code == 200
    assert response.json()["full_name"] == "Ada King"


def test_a_patch_of_nothing_changes_nothing(login: Login, ada: User) -> None:
    response = login(ada).patch(f"{AUTH}me/", {})
    assert response.status_code == 200
    assert response.json()["full_name"] == "Ada Lovelace"


def test_nobody_promotes_themselves(login: Login, ada: User) -> None:
    body = {"role": "staff", "email": "root@example.com", "is_staff": True}
    login(ada).patch(f"{AUTH}me/", body)
    ada.refresh_from_db()
    assert (ada.role, ada.email, ada.is_staff) == ("client", "ada@example.com", False)


def test_a_bad_name_is_refused(login: Login, ada: User) -> None:
    response = login(ada).patch(f"{AUTH}me/", {"full_name": ""})
    assert codes_of(response, "full_name") == {"blank"}


@pytest.mark.parametrize("header", [None, "Basic eDp5", "Bearer", "Bearer x", "Bearer \xff", "x"])
def test_without_an_access_token_there_is_no_account(api: APIClient, header: str | None) -> None:
    response = api.get(f"{AUTH}me/", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_view_open_to_all_has_no_signed_in_user() -> None:
    with pytest.raises(NotAuthenticated):
        signed_in(Request(APIRequestFactory().get("/")))


def test_a_refresh_token_does_not_open_the_api(api: APIClient, ada: User) -> None:
    header = f"Bearer {tokens.issue(ada).refresh}"
    response = api.get(f"{AUTH}me/", headers={"Authorization": header})
    assert code_of(response) == "invalid-token"


def test_the_scheme_is_accepted_in_any_capitalisation(api: APIClient, ada: User) -> None:
    header = f"bearer  {tokens.issue(ada).access}"
    assert api.get(f"{AUTH}me/", headers={"Authorization": header}).status_code == 200


def test_what_a_user_does_is_audited_in_their_name(login: Login, ada: User) -> None:
    login(ada).patch(f"{AUTH}me/", {"full_name": "Ada King"})
    entry = AuditEntry.objects.get(action="user.profile_updated")
    assert entry.actor_id == str(ada.public_id)


def test_logins_are_limited(api: APIClient, settings: LazySettings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"login": "2/hour"}
    body = {"email": "nobody@example.com", "password": "x"}
    statuses = [api.post(f"{AUTH}login/", body).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


@pytest.mark.parametrize(
    "path", ["verify/", "verify/resend/", "password-reset/", "password-reset/confirm/"]
)
def test_codes_are_limited(api: APIClient, settings: LazySettings, path: str) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"verification": "1/hour"}
    body = {"email": "nobody@example.com", "code": "000000", "new_password": "x"}
    first, second = (api.post(f"{AUTH}{path}", body) for _ in range(2))
    assert first.status_code in {202, 400}
    assert second.status_code == 429
