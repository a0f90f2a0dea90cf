"""Projects as they are deployed, for the tests of a module to share."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests import debian
from tests.deployment import Deployment
from tests.servers import missing_packages, pgbouncer_version

# Since 1.21 PgBouncer knows prepared statements. Debian 12 has 1.18, Debian 13 has 1.24.
NEWER = (1, 21)
RELEASE = "trixie"
PACKAGES = (
    *("pgbouncer", "libc6", "libcares2", "libevent-2.1-7t64", "libssl3t64", "libsystemd0"),
    *("libaudit1", "libcap-ng0", "libcap2", "libpam0g", "libzstd1", "zlib1g"),
)


@pytest.fixture(scope="session", autouse=True)
def _packages() -> None:
    """Tell a developer what to install; where all tests must run, miss nothing silently."""
    if missing := missing_packages():
        reason = f"this machine lacks {' and '.join(missing)}: apt-get install {' '.join(missing)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@pytest.fixture(scope="session", params=["installed", "newer"])
def pgbouncer(request: pytest.FixtureRequest) -> Iterator[Sequence[str]]:
    """What runs the installed PgBouncer, and one that knows prepared statements."""
    if request.param == "installed":
        yield ["pgbouncer"]
    elif pgbouncer_version() >= NEWER:
        pytest.skip("the installed PgBouncer is the newer one")
    else:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            folder.chmod(0o755)
            debian.unpack(RELEASE, PACKAGES, folder)
            program = debian.command(folder, "usr/sbin/pgbouncer")
            assert pgbouncer_version(program) >= NEWER
            yield program


@pytest.fixture(scope="module")
def pooled(pgbouncer: Sequence[str]) -> Iterator[Deployment]:
    """The default project, behind PgBouncer."""
    with Deployment("default", pgbouncer=pgbouncer) as deployment:
        yield deployment
