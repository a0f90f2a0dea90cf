"""What an export holds, and whether it can be read in again."""

import io
import json
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from apps.authentication.models import User

# An export is a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user() -> User:
    """An account in a group that may do one thing, with a session."""
    group = Group.objects.create(name="editors")
    group.permissions.add(Permission.objects.get(codename="change_product"))
    user = User.objects.create_user("ada@example.com", full_name="Ada")
    user.groups.add(group)
    Session.objects.create(session_key="one", session_data="", expire_date=timezone.now())
    return user


def export() -> str:
    output = io.StringIO()
    call_command("export", stdout=output)
    return output.getvalue()


@pytest.mark.usefixtures("user")
def test_each_line_is_a_record_of_what_is_worth_keeping() -> None:
    models = {json.loads(line)["model"] for line in export().splitlines()}
    assert models == {"auth.group", "authentication.user"}


def test_an_export_is_read_in_again_as_it_was(user: User, tmp_path: Path) -> None:
    exported = export()
    user.groups.get().delete()
    user.delete()
    file = tmp_path / "export.jsonl"
    file.write_text(exported, encoding="utf-8")
    call_command("loaddata", str(file), verbosity=0)
    found = User.objects.values().get()
    assert (found["public_id"], found["created_at"]) == (user.public_id, user.created_at)
    permission = User.objects.get().groups.get().permissions.get()
    assert permission.codename == "change_product"
    assert export() == exported
