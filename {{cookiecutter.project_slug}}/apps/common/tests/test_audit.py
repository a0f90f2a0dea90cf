"""The audit log."""

import pytest
from structlog.contextvars import bound_contextvars

from apps.authentication.models import User
from apps.common import audit

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_did_what_to_what_in_which_request(customer: User) -> None:
    with bound_contextvars(user_id="u-1", request_id="r-1", client_ip="1.1.1.1"):
        entry = audit.record("user.renamed", customer, name=["Ann", "Anna"])
    assert (entry.action, entry.target_type, entry.target_id) == (
        "user.renamed",
        "authentication.user",
        customer.public_id,
    )
    assert (entry.actor_id, entry.request_id, entry.client_ip) == ("u-1", "r-1", "1.1.1.1")
    assert entry.changes == {"name": ["Ann", "Anna"]}


def test_outside_a_request_the_actor_is_empty(customer: User) -> None:
    assert audit.record("user.cleaned", customer).actor_id == ""


def test_only_what_changed_is_a_difference() -> None:
    before, after = {"name": "Ann", "role": "client"}, {"name": "Anna", "role": "client"}
    assert audit.differences(before, after) == {"name": ["Ann", "Anna"]}
