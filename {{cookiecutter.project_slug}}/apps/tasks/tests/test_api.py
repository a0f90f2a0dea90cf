from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.authentication.models import User
from apps.common import context
from apps.common.task_backends.base import TaskBackend
from apps.common.tests import worker_tasks
from apps.vendors.services import create_vendor
from conftest import Login

TASKS = "/tasks/"
TRANSIENT = "apps.common.retries.TransientError"


@pytest.fixture
def failing(backend: TaskBackend, customer: User) -> str:
    """A task of the customer's that will fail, by id."""
    with context.restored({"user_id": str(customer.public_id)}):
        return worker_tasks.fail.enqueue(TRANSIENT).id


def run_next(backend: TaskBackend) -> str:
    """Run a task; its id."""
    result = backend.run_next(worker_id="a worker")
    assert result is not None
    return result.id


def test_a_task_that_waits_has_been_enqueued_and_no_more(
    backend: TaskBackend, customer: User, failing: str, login: Login
) -> None:
    response = login(customer).get(f"{TASKS}{failing}/")

    assert response.status_code == 200
    enqueued_at = backend.get_result(failing).enqueued_at
    assert enqueued_at
    assert response.json() == {
        "id": failing,
        "status": "READY",
        "enqueued_at": enqueued_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "started_at": None,
        "finished_at": None,
        "attempts": 0,
        "error_class": None,
    }


def test_a_task_that_succeeded_tells_when_and_not_what_it_returned(
    backend: TaskBackend, customer: User, login: Login
) -> None:
    with context.restored({"user_id": str(customer.public_id), "client_ip": "192.0.2.1"}):
        task = worker_tasks.show_context.enqueue()
    run_next(backend)

    response = login(customer).get(f"{TASKS}{task.id}/")
    assert (response.json()["status"], response.json()["attempts"]) == ("SUCCESSFUL", 1)
    assert response.json()["started_at"] < response.json()["finished_at"]
    assert b"192.0.2.1" not in response.content


def test_staff_see_what_an_attempt_has_raised(
    backend: TaskBackend, customer: User, staff_user: User, failing: str, login: Login
) -> None:
    run_next(backend)

    for_staff, for_customer = (
        login(user).get(f"{TASKS}{failing}/").json() for user in (staff_user, customer)
    )
    assert for_staff == {**for_customer, "error_class": TRANSIENT}
    assert for_customer["error_class"] is None
    assert (for_staff["status"], for_staff["attempts"]) == ("READY", 1)


@pytest.mark.django_db(transaction=True)
def test_a_task_is_known_to_the_user_whose_request_has_led_to_it(
    backend: TaskBackend, vendor_user: User, login: Login
) -> None:
    create_vendor(user=vendor_user, name="Ada")
    client = login(vendor_user)
    client.patch("/vendors/me/", {"name": "Grace"})

    task_id = run_next(backend)
    assert client.get(f"{TASKS}{task_id}/").status_code == 200


def test_a_task_is_unknown_to_everybody_else(vendor_user: User, failing: str, login: Login) -> None:
    responses = [
        login(vendor_user).get(f"{TASKS}{task_id}/").json()
        for task_id in (failing, worker_tasks.show_context.enqueue().id, uuid4())
    ]
    assert [response["status"] for response in responses] == [404] * 3
    assert len({response["detail"] for response in responses}) == 1


def test_who_has_not_signed_in_learns_nothing(failing: str, api: APIClient) -> None:
    assert api.get(f"{TASKS}{failing}/").status_code == 401


def test_a_task_of_another_release_is_known_as_well(
    customer: User, failing: str, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(worker_tasks, "fail")
    assert login(customer).get(f"{TASKS}{failing}/").json()["status"] == "READY"
