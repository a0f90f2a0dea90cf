"""What Logstash, Elasticsearch and Kibana are told, as far as that can be said without them."""

import csv
import json
import re
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from logstash_pipeline_parser import Pipeline
from logstash_pipeline_parser.tree import ParseError

from tests.rendering import answers, render, write

pytestmark = pytest.mark.matrix

# Of the package @elastic/ecs 9.4.0: the sets of fields that log lines may need.
with Path(__file__).with_name("ecs.csv").open(encoding="utf-8") as file:
    SCHEMA = {row["field"]: row["type"] for row in csv.DictReader(file)}
FIELD = re.compile(r"([\w.@]+):")
"""In a query of Kibana's."""

type Mapping = dict[str, Any]


@pytest.fixture(scope="module")
def elk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `infra/elk` of a project."""
    folder = tmp_path_factory.mktemp("project")
    write(render(answers(project_slug="shop")), folder)
    return folder / "infra/elk"


@pytest.fixture(scope="module")
def fields(elk: Path) -> Mapping:
    """What Elasticsearch is told of each field."""
    template = json.loads((elk / "elasticsearch/fields.json").read_text("utf-8"))
    properties: Mapping = template["template"]["mappings"]["properties"]
    return properties


@pytest.fixture(scope="module")
def objects(elk: Path) -> list[Mapping]:
    """What Kibana is to show."""
    lines = (elk / "kibana/saved-objects.ndjson").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def departures(fields: Mapping) -> list[str]:
    """Name the fields that are not of the schema, or not of its type."""
    return [name for name, kind in fields.items() if SCHEMA.get(name) != kind["type"]]


def test_every_field_is_one_of_the_schema_and_of_its_type(fields: Mapping) -> None:
    assert departures(fields) == []


def test_a_field_of_ones_own_is_noticed(fields: Mapping) -> None:
    mistakes = {"url.route": {"type": "keyword"}, "user.id": {"type": "long"}}
    assert departures(fields | mistakes) == ["user.id", "url.route"]


@pytest.mark.parametrize("name", ["logs", "dead-letters"])
def test_logstash_can_read_its_pipelines(elk: Path, name: str) -> None:
    text = (elk / f"logstash/pipelines/{name}.conf").read_text("utf-8")
    parts: list[tuple[str, object]] = Pipeline(text).parse()
    assert [name for name, _ in parts] == ["input", "filter", "output"]
    with pytest.raises(ParseError):
        Pipeline(text.replace("=>", "=", 1)).parse()


def test_every_pipeline_is_started_and_what_logstash_refers_to_is_there(elk: Path) -> None:
    started = yaml.safe_load((elk / "logstash/pipelines.yml").read_text("utf-8"))
    folder = "/usr/share/logstash/pipelines/"
    paths = {pipeline["path.config"].removeprefix(folder) for pipeline in started}
    files = list((elk / "logstash/pipelines").iterdir())
    assert paths == {path.name for path in files}

    services = yaml.safe_load((elk / "compose.yaml").read_text("utf-8"))["services"]
    mounted = {volume.split(":")[1] for volume in services["logstash"]["volumes"]}
    text = "".join(path.read_text("utf-8") for path in files)
    assert set(re.findall(r"/usr/share/logstash/secrets/[\w.]+", text)) <= mounted
    given = {"LOGSTASH_PASSWORD", *services["logstash"]["environment"]}
    assert set(re.findall(r"\$\{(\w+)\}", text)) <= given


def test_what_logstash_writes_is_what_the_templates_are_for(elk: Path) -> None:
    template = json.loads((elk / "elasticsearch/index-template.json").read_text("utf-8"))
    role = json.loads((elk / "elasticsearch/logstash-role.json").read_text("utf-8"))
    assert template["index_patterns"] == role["indices"][0]["names"] == ["logs-shop.*-*"]
    for path in (elk / "logstash/pipelines").iterdir():
        assert re.search(r'data_stream_dataset => "shop\.\w+"', path.read_text("utf-8"))


def complaints(objects: list[Mapping], fields: Mapping) -> Iterator[str]:
    """Say what in Kibana's objects is not there: other objects, fields."""
    known = {(item["type"], item["id"]) for item in objects}
    for item in objects:
        for reference in item["references"]:
            if (reference["type"], reference["id"]) not in known:
                yield f"{item['id']} shows {reference['id']}, which is not there"
        for name in _fields_of(item["attributes"]):
            if name not in fields and not name.startswith("labels."):
                yield f"{item['id']} shows {name}, which is no field"


def _fields_of(value: object) -> Iterator[str]:
    match value:
        case {"sourceField": str(name)} if name != "___records___":
            yield name
        case {"query": str(query), "language": "kuery"}:
            yield from FIELD.findall(query)
        case {"columns": list(names)} if all(isinstance(name, str) for name in names):
            yield from names
    match value:
        case dict():
            for name, item in value.items():
                is_nested = isinstance(item, str) and name.endswith("JSON")
                yield from _fields_of(json.loads(str(item)) if is_nested else item)
        case list():
            for item in value:
                yield from _fields_of(item)


def test_kibana_finds_everything_it_is_to_show(objects: list[Mapping], fields: Mapping) -> None:
    assert {item["type"] for item in objects} == {"index-pattern", "search", "lens", "dashboard"}
    assert list(complaints(objects, fields)) == []
    (dashboard,) = (item for item in objects if item["type"] == "dashboard")
    panels = json.loads(dashboard["attributes"]["panelsJSON"])
    names = [f"{panel['panelIndex']}:{panel['panelRefName']}" for panel in panels]
    assert names == [reference["name"] for reference in dashboard["references"]]


def test_what_kibana_would_not_find_is_noticed(objects: list[Mapping], fields: Mapping) -> None:
    without_view = objects[1:]
    assert "shop-requests shows shop-logs, which is not there" in complaints(without_view, fields)
    fewer = {name: kind for name, kind in fields.items() if name != "log.logger"}
    found = set(complaints(objects, fewer))
    assert found >= {
        "shop-requests shows log.logger, which is no field",
        "shop-errors shows log.logger, which is no field",
        "shop-loggers shows log.logger, which is no field",
    }


@dataclass
class Stack:
    """Answers in the place of Elasticsearch and Kibana.

    Attributes:
        url: Of both.
        told: What it has been told: method, path and body.
        logins: Those that came with it.
        busy: How many times it will still say that it is not ready.
        refused: A path that it refuses.
        answer: What it says otherwise.
    """

    url: str = ""
    told: list[tuple[str, str, bytes]] = field(default_factory=list)
    logins: set[str] = field(default_factory=set)
    busy: int = 0
    refused: str = ""
    answer: bytes = b'{"success":true}'


@pytest.fixture
def stack() -> Iterator[Stack]:
    """Both, on a port of the loopback interface."""
    stack = Stack()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            login = self.headers["Authorization"].removeprefix("Basic ")
            stack.logins.add(b64decode(login).decode())
            is_busy = stack.busy > 0
            stack.busy -= is_busy
            if self.command != "GET":
                stack.told.append((self.command, self.path, body))
            is_refused = self.path == stack.refused
            self.send_response(503 if is_busy else 400 if is_refused else 200)
            answer = b'{"error":"why"}' if is_refused else stack.answer
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stack.url = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield stack
        server.shutdown()


def bootstrap(elk: Path, stack: Stack) -> subprocess.CompletedProcess[str]:
    """Run the script against the stack."""
    return subprocess.run(
        ["sh", elk / "bootstrap.sh"],
        env={
            "PATH": "/usr/bin:/bin",
            "ELASTICSEARCH_URL": stack.url,
            "KIBANA_URL": stack.url,
            "ELASTIC_PASSWORD": 'the "first" \\ one',
            "KIBANA_PASSWORD": 'the "second" \\ one',
            "LOGSTASH_PASSWORD": 'the "third" \\ one',
        },
        check=False,
        capture_output=True,
        text=True,
    )


def test_the_script_tells_elasticsearch_and_kibana_everything(elk: Path, stack: Stack) -> None:
    stack.busy = 2
    done = bootstrap(elk, stack)

    assert (done.returncode, done.stderr) == (0, "")
    assert stack.logins == {'elastic:the "first" \\ one'}
    *elasticsearch, (method, path, objects) = stack.told
    told = {path: json.loads(body) for _, path, body in elasticsearch}
    assert told == {
        "/_ilm/policy/shop-logs": _content(elk, "lifecycle"),
        "/_component_template/shop-fields": _content(elk, "fields"),
        "/_index_template/shop-logs": _content(elk, "index-template"),
        "/_security/role/shop_logstash": _content(elk, "logstash-role"),
        "/_security/user/shop_logstash": {
            "password": 'the "third" \\ one',
            "roles": ["shop_logstash"],
        },
        "/_security/user/kibana_system/_password": {"password": 'the "second" \\ one'},
    }
    needed, template = "/_component_template/shop-fields", "/_index_template/shop-logs"
    assert list(told).index(needed) < list(told).index(template)
    assert (method, path) == ("POST", "/api/saved_objects/_import?overwrite=true")
    assert (elk / "kibana/saved-objects.ndjson").read_bytes() in objects


def test_the_script_may_be_run_again(elk: Path, stack: Stack) -> None:
    bootstrap(elk, stack)
    first, stack.told = stack.told, []
    assert bootstrap(elk, stack).returncode == 0
    assert [call[:2] for call in stack.told] == [call[:2] for call in first]


def test_the_script_ends_with_what_is_refused(elk: Path, stack: Stack) -> None:
    stack.refused = "/_index_template/shop-logs"
    done = bootstrap(elk, stack)
    assert done.returncode != 0
    assert "why" in done.stderr
    assert stack.told[-1][1] == stack.refused


def test_the_script_fails_when_kibana_could_not_take_all(elk: Path, stack: Stack) -> None:
    stack.answer = b'{"success":false,"errors":[{"id":"shop-logs"}]}'
    done = bootstrap(elk, stack)
    assert done.returncode == 1
    assert "shop-logs" in done.stderr


def test_secrets_are_made_once_and_only_their_owner_gets_to_them(elk: Path, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    def make() -> dict[str, bytes]:
        subprocess.run(["sh", elk / "secrets.sh", folder], check=True)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    made = make()
    assert make() == made
    assert folder.stat().st_mode & 0o777 == 0o700
    # Processes of several accounts read one file each, and none the authority's key.
    private = {path.name for path in folder.iterdir() if not path.stat().st_mode & 0o004}
    assert private == {"ca.key"}
    passwords = re.findall(rb"=(\w{48})$", made["elk.env"], re.MULTILINE)
    assert len(set(passwords)) == 4


def _content(elk: Path, name: str) -> Mapping:
    content: Mapping = json.loads((elk / f"elasticsearch/{name}.json").read_text("utf-8"))
    return content
