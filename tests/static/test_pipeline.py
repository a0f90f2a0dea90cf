"""What the workflow that deploys does on its machine: it gets a token, and promotes what waits."""

import json
import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.projects import PROJECTS
from tests.rendering import render, write

KUBECTL = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
    *" get deployment "*) echo 7 ;;
    *"{.status.workloadObservedGeneration}"*) echo '7 Healthy ' ;;
    *" get rollout web "*) printf '%s' "$REASON" ;;
esac
"""


class GitHub(HTTPServer):
    """Gives tokens to whoever shows the secret of the job."""

    def __init__(self, answer: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Endpoint)
        self.answer = answer


class Endpoint(BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == "bearer the-job's"
        self.send_response(200 if known and self.path == "/token?v=2&audience=shop" else 403)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.answer).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    write(render(PROJECTS["default"]), folder)
    return folder


@pytest.fixture(params=[{"count": 9, "value": "a.b-c_d"}])
def github(request: pytest.FixtureRequest) -> Iterator[GitHub]:
    with GitHub(request.param) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(project: Path, github: GitHub, secret: str) -> subprocess.CompletedProcess[str]:
    """Ask for a token as kubectl does."""
    variables = {
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": secret,
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{github.server_port}/token?v=2",
    }
    return subprocess.run(
        ["sh", ".github/actions/cluster/token.sh", "shop"],
        cwd=project,
        env=os.environ | variables,
        check=False,
        capture_output=True,
        text=True,
    )


def test_kubectl_is_given_a_token_that_github_made_for_the_job(
    project: Path, github: GitHub
) -> None:
    credential = json.loads(ask(project, github, "the-job's").stdout)
    assert credential["kind"] == "ExecCredential"
    assert credential["status"] == {"token": "a.b-c_d"}


def test_without_the_right_to_a_token_there_is_none(project: Path, github: GitHub) -> None:
    done = ask(project, github, "another's")
    assert (done.returncode != 0, done.stdout) == (True, "")
    assert "403" in done.stderr


def promote(project: Path, reason: str) -> tuple[int, str]:
    """Promote; return the exit status and what kubectl was told to change."""
    programs, calls = project / "bin", project / "calls"
    programs.mkdir()
    (programs / "kubectl").write_text(KUBECTL)
    (programs / "kubectl").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "infra/k8s/promote.sh", "production"],
        cwd=project,
        env=os.environ | {"PATH": path, "CALLS": str(calls), "REASON": reason},
        check=False,
    )
    return done.returncode, calls.read_text().partition("\n")[2]


def test_the_version_that_waits_is_promoted_and_waited_for(project: Path) -> None:
    status, calls = promote(project, "CanaryPauseStep")
    assert status == 0
    assert [line.split()[2] for line in calls.splitlines()] == ["patch", "get", "get"]


@pytest.mark.parametrize("reason", ["", "InconclusiveAnalysisRun"])
def test_nothing_is_promoted_that_does_not_wait_for_it(project: Path, reason: str) -> None:
    assert promote(project, reason) == (1, "")
