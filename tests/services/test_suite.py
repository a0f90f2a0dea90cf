"""A project's own tests, on what its production runs on."""

import pytest

from tests.deployment import Deployment


@pytest.mark.parametrize("project", ["default", "without pgbouncer"])
def test_the_project_passes_its_own_tests(project: str) -> None:
    with Deployment(project) as deployment:
        # A test database is not dropped: PgBouncer would still be connected to it.
        done = deployment.test("--quiet", "--reuse-db", "-p", "no:cacheprovider")
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
