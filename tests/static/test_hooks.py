"""What generation leaves beside the rendered files, and that nothing makes it fail."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hooks import post_gen_project
from tests.rendering import PROJECT, answers
from tests.static.conftest import Bake, git


def secrets_in(project: Path) -> list[str]:
    """Return the secrets that a project was given."""
    lines = (project / ".env").read_text("utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    return [given[name] for name in post_gen_project.SECRETS]


def test_secrets_are_fresh_private_and_never_in_git(bake: Bake) -> None:
    projects = [bake(), bake()]
    secrets = [secret for project in projects for secret in secrets_in(project)]
    assert len(set(secrets)) == 2 * len(post_gen_project.SECRETS)
    assert min(map(len, secrets)) >= 50
    for project in projects:
        assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
        assert ".env" not in git(project, "ls-files").splitlines()


def test_the_environment_is_the_example_with_the_secrets_filled_in(bake: Bake) -> None:
    project = bake()
    written = (project / ".env").read_text("utf-8")
    for secret in secrets_in(project):
        written = written.replace(secret, "")
    assert written == (project / ".env.example").read_text("utf-8")


def test_generating_over_a_project_keeps_its_secrets(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.mkdir()
    monkeypatch.chdir(out)
    (out / ".env.example").write_text("APP_SECRET_KEY=\n")
    (out / ".env").write_text("APP_SECRET_KEY=in-use\n")
    post_gen_project.write_environment()
    assert (out / ".env").read_text() == "APP_SECRET_KEY=in-use\n"


def test_there_is_one_clean_commit_by_the_author_without_any_git_configuration(bake: Bake) -> None:
    project = bake(author_name="Zoë <zoe>", author_email="zoe@example.com", project_name="Atelier")
    log = git(project, "log", "--format=%an <%ae> %cn <%ce> %s")
    assert log == "Zoë zoe <zoe@example.com> Zoë zoe <zoe@example.com> Start Atelier\n"
    assert git(project, "branch", "--show-current") == "main\n"
    assert git(project, "status", "--porcelain") == ""
    git(project, "fsck", "--strict")


def test_the_commit_holds_every_file_with_its_content_and_mode(bake: Bake, tmp_path: Path) -> None:
    project = bake()
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(project), str(clone))
    assert git(project, "ls-files", "--others", "--exclude-standard") == ""
    for path in map(Path, git(project, "ls-files").splitlines()):
        assert (clone / path).read_bytes() == (project / path).read_bytes()
        assert (clone / path).stat().st_mode & 0o100 == (project / path).stat().st_mode & 0o100


def test_inside_a_work_tree_no_repository_is_made(bake: Bake, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    project = bake()
    assert not (project / ".git").exists()
    assert git(tmp_path, "ls-files") == ""


def test_a_git_hook_that_generates_a_project_keeps_its_own_repository(
    bake: Bake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    git(elsewhere, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(elsewhere / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(elsewhere / ".git/index"))
    project = bake()
    monkeypatch.undo()
    assert (project / ".git").is_dir()
    assert git(elsewhere, "for-each-ref") == ""


def test_without_git_the_project_is_kept_and_the_command_for_later_named(
    bake: Bake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    project = bake()
    report = capfd.readouterr().out
    assert "Could not commit: git is not installed" in report
    assert "git init && git add . && git commit" in report
    assert secrets_in(project)
    assert json.loads((project / ".cruft.json").read_text("utf-8"))["commit"] is None


def test_a_git_that_fails_is_quoted_and_the_project_kept(
    bake: Bake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'fatal: the disk is full' >&2\nexit 128\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    project = bake()
    assert "Could not commit: fatal: the disk is full" in capfd.readouterr().out
    assert (project / "manage.py").exists()


def test_a_missing_example_is_reported_and_the_project_kept(
    bake: Bake, own_template: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (own_template / PROJECT.name / ".env.example").unlink()
    project = bake(own_template)
    report = capfd.readouterr().out
    assert "Could not write .env" in report
    assert "cp .env.example .env" in report
    assert git(project, "log", "--format=%s") == "Start Fashionistar\n"


def test_the_summary_ends_with_the_two_commands(
    bake: Bake, capfd: pytest.CaptureFixture[str]
) -> None:
    project = bake(project_name="Atelier")
    lines = [line.strip() for line in capfd.readouterr().out.splitlines() if line]
    assert lines[0] == "Atelier is ready."
    assert lines[-2:] == [f"cd {project}", "make run"]


def test_the_summary_names_the_parts_that_are_on(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.mkdir()
    monkeypatch.chdir(out)
    parts: post_gen_project.Answers = {"use_sails": True, "use_oars": False, "use_big_anchor": True}
    summary = post_gen_project.summarise({"project_name": "Ark", **parts}, [])
    assert "Parts    sails, big anchor\n" in summary


@pytest.mark.parametrize("reader", ["has_left", "knows_ascii_only"])
def test_a_summary_that_cannot_be_shown_does_not_cost_the_project(
    reader: str, out: Path, template: Path
) -> None:
    command = f"{sys.executable} -m cookiecutter --no-input --default-config -o {out} {template}"
    tail = "> /dev/full" if reader == "has_left" else ""
    done = subprocess.run(
        ["sh", "-c", f"{command} project_name='Šaty 👗' {tail}"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert (out / "saty/manage.py").exists()


def test_the_record_names_template_commit_and_answers(bake: Bake, template: Path) -> None:
    record = json.loads((bake() / ".cruft.json").read_text("utf-8"))
    assert record == {
        "template": str(template),
        "commit": git(template, "rev-parse", "HEAD").strip(),
        "checkout": None,
        "context": {"cookiecutter": answers()},
        "directory": None,
    }


def test_a_relative_template_is_recorded_by_its_full_path(template: Path, out: Path) -> None:
    command = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config"]
    subprocess.run(
        [*command, "--output-dir", out, "."],
        cwd=template,
        env={**os.environ, "PWD": str(template)},
        check=True,
        capture_output=True,
    )
    record = json.loads((out / "fashionistar/.cruft.json").read_text("utf-8"))
    assert record["template"] == str(template)
    assert record["commit"] == git(template, "rev-parse", "HEAD").strip()


def test_a_template_that_was_cloned_is_recorded_by_its_address(template: Path, out: Path) -> None:
    address = f"file://{template}"
    command = [sys.executable, "-m", "cookiecutter", "--no-input", address]
    subprocess.run([*command, "--output-dir", out], check=True, capture_output=True)
    record = json.loads((out / "fashionistar/.cruft.json").read_text("utf-8"))
    assert record["template"] == address
    assert record["commit"] == git(template, "rev-parse", "HEAD").strip()


def test_cruft_carries_a_change_of_the_template_into_a_project(
    bake: Bake, own_template: Path
) -> None:
    project = bake(own_template)
    secrets = secrets_in(project)
    changelog = own_template / PROJECT.name / "CHANGELOG.md"
    changelog.write_text(changelog.read_text("utf-8") + "\nA new line.\n", encoding="utf-8")
    git(own_template, "commit", "--quiet", "--all", "--message", "Second")

    cruft = [sys.executable, "-m", "cruft", "update", "--skip-apply-ask"]
    subprocess.run(cruft, cwd=project, check=True, capture_output=True)

    changed = git(project, "status", "--porcelain").split()
    assert changed == ["M", ".cruft.json", "M", "CHANGELOG.md"]
    assert secrets_in(project) == secrets
    record = json.loads((project / ".cruft.json").read_text("utf-8"))
    assert record["commit"] == git(own_template, "rev-parse", "HEAD").strip()


def test_the_feature_table_knows_every_toggle_and_only_paths_that_exist() -> None:
    toggles = {field for field, value in answers().items() if isinstance(value, bool)}
    assert set(post_gen_project.FEATURE_PATHS) == toggles
    paths = [path for paths in post_gen_project.FEATURE_PATHS.values() for path in paths]
    assert [path for path in paths if not (PROJECT / path).exists()] == []
    assert len(set(paths)) == len(paths)


def test_pruning_removes_files_and_folders_of_what_is_off(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {"use_sails": ("sails", "rig.py"), "use_oars": ("oars.py",)}
    monkeypatch.setattr(post_gen_project, "FEATURE_PATHS", table)
    (out / "sails").mkdir(parents=True)
    for name in ("sails/main.py", "rig.py", "oars.py", "hull.py"):
        (out / name).touch()
    monkeypatch.chdir(out)
    post_gen_project.prune({"use_sails": False, "use_oars": True})
    assert sorted(path.name for path in out.iterdir()) == ["hull.py", "oars.py"]
