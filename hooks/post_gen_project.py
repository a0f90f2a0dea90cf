"""Finish a rendered project: prune, write secrets and the record for updates, commit, summarise.

Nothing here needs the network. What fails is reported with the command that makes up for it and
the project is kept: a non-zero status would make cookiecutter delete it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

# Toggle -> the files and folders that exist only with it, relative to the project.
FEATURE_PATHS: dict[str, tuple[str, ...]] = {
    "use_ninja": (
        "apps/analytics/apis/async_ninja.py",
        "apps/analytics/apis/schemas.py",
        "apps/authentication/apis/async_ninja.py",
        "apps/authentication/apis/bearer.py",
        "apps/authentication/apis/schemas.py",
        "apps/common/async_ninja",
        "apps/common/tests/test_async_ninja.py",
        "apps/common/tests/test_parallel.py",
        "apps/common/tests/test_reads.py",
        "apps/inventory/apis/async_ninja.py",
        "apps/inventory/apis/schemas.py",
        "apps/orders/apis/async_ninja.py",
        "apps/orders/apis/schemas.py",
        "apps/payments/apis/async_ninja.py",
        "apps/payments/apis/schemas.py",
        "apps/products/apis/async_ninja.py",
        "apps/products/apis/schemas.py",
        "apps/tasks/apis/async_ninja.py",
        "apps/tasks/apis/schemas.py",
        "apps/vendors/apis/async_ninja.py",
        "apps/vendors/apis/schemas.py",
        "config/api_v2.py",
        "docs/adr/0008-hot-reads-stay-on-the-event-loop.md",
        "docs/concurrency.md",
        "tests/load/version_2.py",
        "tests/test_reads.py",
        "tests/test_visits.py",
    ),
    "use_pgbouncer": (
        "docs/runbooks/pgbouncer.md",
        "infra/k8s/components/pgbouncer",
        "infra/pgbouncer",
        "tests/chaos/kill_pgbouncer.py",
    ),
    "use_redis_cluster": (
        "apps/common/redis/cluster.py",
        "docs/runbooks/redis-cluster.md",
        "infra/k8s/components/redis-cluster",
        "infra/redis/cluster",
    ),
    "use_elk": (
        "apps/common/elk",
        "apps/common/tests/test_ecs.py",
        "apps/common/tests/test_shipping.py",
        "config/settings/test_with_elk.py",
        "config/shipping.py",
        "docs/elk.md",
        "docs/runbooks/alerts/LogsDropped.md",
        "infra/elk",
        "infra/k8s/components/elk",
        "infra/monitoring/prometheus/rules/elk.yaml",
        "infra/monitoring/prometheus/tests/elk.yaml",
        "tests/elk.py",
        "tests/logstash.py",
        "tests/test_elk.py",
    ),
    "use_otel": (
        "apps/common/tests/test_tracing.py",
        "apps/common/tracing",
        "docs/tracing.md",
        "infra/k8s/components/otel",
        "infra/otel",
        "tests/chaos/kill_collector.py",
    ),
    # The last: it takes along what the others have there.
    "use_k8s_hpa": (
        ".github/actions",
        ".github/workflows/deploy.yml",
        "docs/adr/0011-new-versions-prove-themselves.md",
        "docs/kubernetes.md",
        "docs/kubernetes.svg",
        "docs/pipeline.md",
        "docs/runbooks/rollback.md",
        "infra/k8s",
    ),
}

# What `.env.example` leaves empty because every project needs values of its own.
SECRETS = ("APP_SECRET_KEY", "APP_JWT_SIGNING_KEY", "APP_PAYMENT_WEBHOOK_SECRET")

# A running git hook of another repository would lead our git there with these variables.
GIT_REDIRECTIONS = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")

Answers = dict[str, str | bool | None]
Step = tuple[str, str, Callable[[], None]]


def finish(answers: Answers) -> Iterator[str]:
    """Take every step that applies; yield what failed and what to do instead."""
    steps: list[Step] = [("remove a part that is off", "rm -r PATH", lambda: prune(answers))]
    # cruft renders only to compare, keeps a record of its own, and adds this key to the answers.
    if "_commit" not in answers:
        steps += [
            ("write .env", "cp .env.example .env", write_environment),
            ("write .cruft.json", "cruft link TEMPLATE", lambda: write_update_record(answers)),
            ("commit", "git init && git add . && git commit", lambda: make_repository(answers)),
        ]
    for what, instead, step in steps:
        try:
            step()
        except (LookupError, OSError, ValueError, subprocess.CalledProcessError) as error:
            yield f"  Could not {what}: {explain(error)}\n  Do it later with: {instead}\n"


def prune(answers: Answers) -> None:
    """Remove what belongs to the parts that are off."""
    for toggle, paths in FEATURE_PATHS.items():
        for path in () if answers[toggle] else paths:
            if os.path.isdir(path):
                import shutil  # noqa: PLC0415 - slow to import, and most projects prune nothing

                shutil.rmtree(path)
            else:
                os.remove(path)


def write_environment() -> None:
    """Write `.env` from `.env.example` and fresh secrets, readable by its owner only."""
    with open(".env.example", encoding="utf-8") as example:
        lines = example.read().split("\n")
    fresh = {f"{name}=": f"{name}={os.urandom(32).hex()}" for name in SECRETS}
    # A file that exists, when a project is generated over another, holds secrets in use.
    if not os.path.exists(".env"):
        descriptor = os.open(".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(fresh.get(line, line) for line in lines))


def write_update_record(answers: Answers) -> None:
    """Write `.cruft.json` in cruft's format, so that `cruft update` works on every project."""
    public = {field: value for field, value in answers.items() if not field.startswith("_")}
    template, commit, directory = find_template(answers)
    record = {
        "template": template,
        "commit": commit,
        "checkout": answers["_checkout"],
        "context": {"cookiecutter": public},
        "directory": directory,
    }
    with open(".cruft.json", "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def find_template(answers: Answers) -> tuple[str, str | None, str | None]:
    """Return the address of the template's repository, the commit, and the folder therein.

    Commit and folder are `None` when the template is in no repository, the folder also when it is
    the whole repository.
    """
    # Relative paths begin where the user stands, which only the shell's variable still tells.
    here = os.environ.get("PWD", "")
    clone = os.path.join(here, str(answers["_repo_dir"]))
    local = os.path.normpath(os.path.join(here, str(answers["_template"])))
    address = local if os.path.isdir(local) else str(answers["_template"])
    try:
        found = git("rev-parse", "HEAD", "--show-prefix", "--show-toplevel", cwd=clone)
        commit, folder, root = found.split("\n")
        # Cookiecutter knows abbreviations like gh:owner/name; cruft needs the origin itself.
        address = root if address == local else git("config", "remote.origin.url", cwd=clone)
    except (OSError, subprocess.CalledProcessError):
        return address, None, None
    return address, commit, folder.rstrip("/") or None


def make_repository(answers: Answers) -> None:
    """Put the project under git with one commit, unless it lies in a work tree already.

    `git add` writes a file, and often a folder, for every object, which takes as long as rendering
    the project. `git fast-import` writes one pack, and needs no identity to be configured.
    """
    if inside_work_tree():
        return
    git("init", "--quiet", "--initial-branch=main")
    name = str(answers["author_name"]).translate({ord("<"): None, ord(">"): None}).strip()
    commit = [
        f"commit refs/heads/main\ncommitter {name} <{answers['author_email']}> now\n".encode(),
        frame(f"Start {answers['project_name']}\n".encode()),
    ]
    for path in git("ls-files", "-z", "--others", "--exclude-standard").rstrip("\0").split("\0"):
        mode = "755" if os.stat(path).st_mode & 0o100 else "644"
        with open(path, "rb") as file:
            commit += f"M {mode} inline {path}\n".encode(), frame(file.read())
    fast = ("-c", "core.compression=0", "fast-import", "--quiet", "--depth=0", "--date-format=now")
    git(*fast, stream=b"".join(commit))
    git("read-tree", "HEAD")


def frame(content: bytes) -> bytes:
    """Wrap content as `git fast-import` reads it."""
    return b"data %d\n%b\n" % (len(content), content)


def inside_work_tree() -> bool:
    """Tell whether this folder, or one above it, is a git work tree."""
    folder, parent = "", os.getcwd()
    while folder != parent:
        folder, parent = parent, os.path.dirname(parent)
        if os.path.exists(os.path.join(folder, ".git")):
            return True
    return False


def git(*arguments: str, cwd: str = ".", stream: bytes = b"") -> str:
    """Run git and return what it printed.

    Raises:
        OSError: git is not installed, or `cwd` does not exist.
        subprocess.CalledProcessError: git failed; its `stderr` says why.
    """
    environment = {name: os.environ[name] for name in os.environ if name not in GIT_REDIRECTIONS}
    command = ("git", *arguments)
    done = subprocess.run(
        command, cwd=cwd, env=environment, input=stream, capture_output=True, check=True
    )
    output: bytes = done.stdout
    return output.decode().strip()


def explain(error: Exception) -> str:
    """Put what went wrong into one line."""
    if isinstance(error, subprocess.CalledProcessError):
        return str(error.stderr, errors="replace").strip().partition("\n")[0]
    if isinstance(error, FileNotFoundError) and error.filename in {"git", None}:
        return "git is not installed"
    return str(error)


def summarise(answers: Answers, failures: list[str]) -> str:
    """Say what was made and where, what failed, and what to type next."""
    folder = os.getcwd()
    parts = [field.removeprefix("use_") for field, value in answers.items() if value is True]
    rows = {
        "Folder": folder,
        "Parts": ", ".join(parts).replace("_", " "),
        "Secrets": ".env, readable by you only and not in git" if os.path.exists(".env") else "",
    }
    lines = [
        f"\n{answers['project_name']} is ready.\n",
        *(f"  {name:8} {row}" for name, row in rows.items() if row),
        "",
        *failures,
        "Next:\n",
        f'  cd "{folder}"' if " " in folder else f"  cd {folder}",
        "  make run\n\n",
    ]
    return "\n".join(lines)


def say(text: str) -> None:
    """Print what the terminal can show, even when nobody listens any more."""
    encoding = sys.stdout.encoding if sys.stdout else "utf-8"
    with suppress(OSError):
        os.write(1, text.encode(encoding, errors="replace"))


def main() -> None:
    """Finish the project and print the summary; the exit status is 0 whatever happens."""
    answers: Answers = json.loads(r"""{{ cookiecutter | tojson }}""")
    failures = list(finish(answers))
    # cruft renders in a folder of its own, where there is nothing to look at.
    if "_commit" not in answers:
        say(summarise(answers, failures))


if __name__ == "__main__":
    main()
