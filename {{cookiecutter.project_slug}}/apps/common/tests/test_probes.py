"""The health probes, asked through the ASGI application."""

from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from apps.common.fastpath.probes import PROBES, passes
from config.asgi import application


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.django_db(transaction=True)
async def test_a_healthy_process_passes(path: str) -> None:
    transport = httpx.ASGITransport(app=cast("Any", application))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get(path)
    assert (response.status_code, response.text) == (200, "ok")


@pytest.fixture
def _unapplied(transactional_db: None) -> Iterator[None]:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("common", "0001_initial")
    yield
    recorder.record_applied("common", "0001_initial")


@pytest.mark.usefixtures("_unapplied")
def test_a_missing_migration_fails_the_startup_probe_only() -> None:
    assert not passes(PROBES["/startupz"])
    assert passes(PROBES["/readyz"])
