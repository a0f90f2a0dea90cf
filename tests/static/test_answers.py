"""Answers that cannot work are refused, all at once; everything else works."""

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cookiecutter.exceptions import FailedHookException
from cookiecutter.generate import generate_context
from cookiecutter.utils import create_env_with_context

from hooks import pre_gen_project
from tests.projects import OTHER
from tests.rendering import PROJECT, TEMPLATE, answers, render
from tests.static.conftest import Bake

QUESTIONS = json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))

BAD = {
    "project_name": {
        "   ": "at least one letter",
        "🛍": "at least one letter",
        "two\nlines": "remove line breaks",
        "bell\x07": "invisible",
        "\u202egnihtolc": "invisible",
        "half\ud800": "invisible",
        'the "best"': "double quotes",
        "back\\slash": "backslashes",
        "{{ 7 * 7 }}": "opening brace",
        "{% raw %}": "opening brace",
        "x" * 61: "from 61 to 60",
    },
    "project_slug": {
        "": "begin with a letter",
        "3d": "begin with a letter",
        "Shop": "use a-z",
        "my-shop": "use a-z",
        "shop_": "do not end with _",
        "boutiqué": "use a-z",
        "class": "keyword",
        "types": "standard library",
        "apps": "the project uses apps",
        "config": "the project uses config",
        "tests": "the project uses tests",
        "django": "the project uses django",
        "rest_framework": "the project uses rest_framework",
        "nul": "the project uses nul",
        "s" * 41: "from 41 to 40",
    },
    "description": {"": "at least one letter", "d" * 201: "from 201 to 200"},
    "author_name": {"<>": "at least one letter", "Bobby\\": "backslashes"},
    "author_email": {
        "somebody": "name@example.com",
        "a@b": "name@example.com",
        "a b@example.com": "name@example.com",
        "a@example..com": "name@example.com",
        "a@-example.com": "name@example.com",
    },
    "domain_name": {
        "localhost": "shop.example.com",
        "https://example.com": "shop.example.com",
        "example.com:8000": "shop.example.com",
        "Example.com": "shop.example.com",
        "127.0.0.1": "shop.example.com",
        "münchen.de": "shop.example.com",
        f"{'l' * 64}.com": "shop.example.com",
    },
    "open_source_license": {"GPL-3.0": "MIT, BSD-3-Clause"},
    "python_version": {"3.11": "3.13, 3.12"},
    "django_version": {"5.2": "6.0, 6.1"},
    "postgresql_version": {"9.6": "17, 18"},
    "object_storage": {"floppy": "s3, gcs"},
}
CASES = [
    pytest.param(field, value, remedy, id=f"{field}-{ascii(value)[1:30]}")
    for field, cases in BAD.items()
    for value, remedy in cases.items()
]


@pytest.mark.parametrize(("field", "value", "remedy"), CASES)
def test_a_bad_answer_is_reported_with_its_remedy(field: str, value: str, remedy: str) -> None:
    problems = pre_gen_project.find_problems({**answers(), field: value})
    assert [(found, shown) for found, shown, _ in problems] == [(field, value)]
    assert remedy in problems[0][2]


def test_all_bad_answers_are_reported_at_once_and_nothing_is_left(
    replay: Bake, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = {field: next(iter(cases)) for field, cases in BAD.items() if field != "project_slug"}
    with pytest.raises(FailedHookException):
        replay(**bad, project_slug="class")
    report = capfd.readouterr().err
    rows = [line.split()[0] for line in report.splitlines() if line[:3].strip(" ")]
    assert [row for row in rows if row in QUESTIONS] == list(BAD)
    assert "'class'" in report
    assert list(out.iterdir()) == []


def test_a_toggle_is_yes_or_no() -> None:
    (problem,) = pre_gen_project.find_problems({**answers(), "use_drones": "perhaps"})
    assert problem == ("use_drones", "perhaps", "answer yes or no")


def test_a_database_that_django_cannot_use_is_refused() -> None:
    given = answers(django_version="6.1", postgresql_version="14")
    (problem,) = pre_gen_project.find_problems(dict(given))
    assert problem[0] == "postgresql_version"


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("django_version=5.2", "5.2 provided for choice variable"),
        ("project_nmae=Atelier", "There is no option 'project_nmae'. Did you mean project_name?"),
        ("colour=red", "There is no option 'colour'. The README lists them all."),
    ],
)
def test_an_option_that_cannot_be_ends_in_one_line(
    option: str, complaint: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = str(TEMPLATE / "scripts/generate.py")
    command = [sys.executable, script, "--no-input", "--default-config", "--output-dir"]
    done = subprocess.run([*command, tmp_path / "out", TEMPLATE, option], check=False)
    report = " ".join(capfd.readouterr().err.split())
    assert done.returncode == 1
    assert report.startswith("Nothing was generated.")
    assert complaint in report
    assert "Traceback" not in report
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_to_ends_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").touch()
    script = str(TEMPLATE / "scripts/generate.py")
    command = [sys.executable, script, "--no-input", "--default-config", "--output-dir"]
    done = subprocess.run([*command, tmp_path / "out", TEMPLATE], check=False)
    assert done.returncode == 1
    assert capfd.readouterr().err.strip().startswith("Nothing was generated. ")


def test_a_long_name_still_makes_a_slug() -> None:
    slug = answers(project_name="A marketplace whose name is as long as it may be, or so")
    assert slug["project_slug"] == "a_marketplace_whose_name_is_as_long_as"


@pytest.mark.parametrize(
    "text",
    [
        '"""); import os; os.abort() #',
        "'; DROP TABLE orders; --",
        "\\",
        '\\"',
        '"""',
        "\r\n\u2028\x00",
        "👩\u200d💻",
        "</script>",
        "{{ cookiecutter }}",
    ],
)
@pytest.mark.parametrize("hook", ["pre_gen_project", "post_gen_project"])
def test_answers_reach_the_hooks_as_data(hook: str, text: str) -> None:
    context = generate_context(str(TEMPLATE / "cookiecutter.json"))
    source = (TEMPLATE / f"hooks/{hook}.py").read_text("utf-8")
    rendered = (
        create_env_with_context(context)
        .from_string(source)
        .render(cookiecutter={"answer": text, text: True})
    )
    (given,) = [
        node.args[0].value
        for node in ast.walk(ast.parse(rendered))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "json.loads"
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    ]
    assert json.loads(given) == {"answer": text, text: True}


def test_nasty_but_legal_answers_arrive_unchanged(bake: Bake) -> None:
    project = bake(**OTHER)
    metadata = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["authors"] == [{"name": OTHER["author_name"], "email": OTHER["author_email"]}]
    assert metadata["description"] == OTHER["description"]
    settings = ast.parse((project / "config/settings/base.py").read_text("utf-8"))
    names = [node.value for node in ast.walk(settings) if isinstance(node, ast.Constant)]
    assert OTHER["project_name"] in names
    record = json.loads((project / ".cruft.json").read_text("utf-8"))
    assert record["context"]["cookiecutter"] == answers(**OTHER)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("O'Reilly & Söhne <shop>", "o_reilly_sohne_shop"),
        ("3D Prints", "d_prints"),
        ("Магазин", "magazin"),
        ("🛍 1", "shop"),
    ],
)
def test_the_proposed_slug_is_an_identifier(name: str, slug: str) -> None:
    assert answers(project_name=name)["project_slug"] == slug


def test_the_hook_knows_every_question_and_choice() -> None:
    asked = {field: value for field, value in QUESTIONS.items() if not field.startswith("_")}
    choices = {field: tuple(value) for field, value in asked.items() if isinstance(value, list)}
    texts = [field for field, value in asked.items() if isinstance(value, str)]
    assert choices == pre_gen_project.CHOICES
    assert texts == list(pre_gen_project.MAX_LENGTH) == list(pre_gen_project.CHECKS)


def test_every_question_has_a_prompt_and_every_choice_that_needs_one_a_label() -> None:
    prompts = QUESTIONS["__prompts__"]
    assert list(prompts) == [field for field in QUESTIONS if not field.startswith("_")]
    labelled = {field: prompt for field, prompt in prompts.items() if isinstance(prompt, dict)}
    for field, prompt in labelled.items():
        assert list(prompt) == ["__prompt__", *QUESTIONS[field]]


def test_no_project_can_be_called_like_what_it_depends_on() -> None:
    project = tomllib.loads(render(answers())["pyproject.toml"].decode())
    groups = project["dependency-groups"].values()
    lists = [project["project"]["dependencies"], *groups]
    required = [line for lines in lists for line in lines if isinstance(line, str)]
    names = {line.split("[")[0].split(">")[0].split("~")[0].replace("-", "_") for line in required}
    folders = {path.name for path in PROJECT.iterdir() if path.is_dir() and path.name[0] != "."}
    assert (names | folders) - pre_gen_project.RESERVED == set()
