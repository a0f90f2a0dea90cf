"""The audit log: one row for each change that matters, in the same transaction."""

from collections.abc import Mapping
from uuid import UUID

from apps.common import context
from apps.common.errors import Extension
from apps.common.models import AuditEntry, BaseModel


def record(action: str, target: BaseModel, **changes: Extension) -> AuditEntry:
    """Write down what was done; the actor, address and request come from the context.

    Args:
        action: Domain and past participle, such as `order.placed`.
        target: What was acted upon.
        changes: What is worth knowing later; never a secret.
    """
    return record_named(action, target._meta.label_lower, target.public_id, **changes)


def record_named(
    action: str, target_type: str, target_id: UUID, **changes: Extension
) -> AuditEntry:
    """Write down what was done to a thing that is no row of a domain; see `record`."""
    now = context.current()
    return AuditEntry.objects.create(
        action=action,
        target_type=target_type,
        target_id=target_id,
        actor_id=now.get("user_id", ""),
        request_id=now.get("request_id", ""),
        client_ip=now.get("client_ip", ""),
        changes=changes,
    )


def differences(
    before: Mapping[str, Extension], after: Mapping[str, Extension]
) -> dict[str, Extension]:
    """What changed between two descriptions of one thing: name -> [before, after]."""
    return {name: [before[name], after[name]] for name in after if after[name] != before[name]}
