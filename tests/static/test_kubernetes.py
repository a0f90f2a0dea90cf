"""The manifests for Kubernetes: valid, safe, and true about the project."""

import copy
import itertools
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate.utils import SchemaNotFoundError, ValidationError, validate

from tests import custom_kinds
from tests.environments import shell
from tests.kubernetes import (
    ENVIRONMENTS,
    FOLDER,
    IMAGE,
    PROJECTS_ON_KUBERNETES,
    Manifest,
    build,
    config,
    container,
    find,
    is_custom,
    manifests,
    of_kind,
    pods,
    walk,
)
from tests.monitoring import alerts
from tests.projects import PROJECTS
from tests.rendering import PROJECT, TEMPLATE, render, write

SUPPORTED = ("1.34", "1.35", "1.36", "1.37")
OPERATORS = {"In": True, "NotIn": False}
SECRETS = "/run/secrets"
PROCESSES = {"web", "worker-critical", "worker-emails", "worker-analytics", "scheduler"}
# What checkov would have otherwise, and why it is as it is.
ACCEPTED = {
    "CKV_K8S_11": "a limit of processor time slows a pod down while its node is idle",
    "CKV_K8S_38": "Prometheus alone asks Kubernetes: which pods there are",
    "CKV_K8S_43": "images of others have exact versions",
}
# Labels of pods that others make.
FOREIGN = re.compile(r"k8s-app|acme\.cert-manager\.io")
NAMES_OF_OFF = re.compile(r"kubernetes|k8s|\bHPA\b|argo rollouts|kustomize", re.IGNORECASE)

WITHOUT = [project for project in PROJECTS if project not in PROJECTS_ON_KUBERNETES]

in_every_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


@cache
def everything() -> list[Manifest]:
    """Return the distinct manifests of all projects and environments."""
    distinct = {
        json.dumps(manifest, sort_keys=True)
        for project in PROJECTS_ON_KUBERNETES
        for environment in ENVIRONMENTS
        for manifest in manifests(project, environment)
    }
    return [json.loads(text) for text in sorted(distinct)]


@cache
def stack(environment: str) -> list[list[Manifest]]:
    """Return the manifests of every project in an environment, those that are equal once."""
    distinct: dict[str, list[Manifest]] = {}
    for project in PROJECTS_ON_KUBERNETES:
        found = manifests(project, environment)
        distinct[json.dumps(found)] = found
    return list(distinct.values())


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Tell whether a selector finds what has these labels."""
    wanted = selector.get("matchLabels", {}).items()
    return wanted <= labels.items() and all(
        (labels.get(rule["key"]) in rule["values"]) is OPERATORS[rule["operator"]]
        for rule in selector.get("matchExpressions", ())
    )


def ports(template: Manifest) -> dict[str, int]:
    """Return the ports of a pod by their names."""
    return {port["name"]: port["containerPort"] for port in container(template).get("ports", ())}


def between_pods(found: list[Manifest], direction: str) -> set[tuple[str, str, int]]:
    """Return which pod may talk to which other here, and at which port, as one side allows it.

    Args:
        found: All manifests.
        direction: The side: `egress` or `ingress`.
    """
    peers = {"egress": "to", "ingress": "from"}[direction]
    templates = pods(found)

    def chosen(selector: dict[str, Any]) -> list[str]:
        return [
            name
            for name, each in templates.items()
            if selects(selector, each["metadata"]["labels"])
        ]

    allowed = set()
    for policy in of_kind(found, "NetworkPolicy").values():
        for rule in policy["spec"].get(direction, ()):
            selectors = [
                peer["podSelector"]
                for peer in rule.get(peers, ())
                if "namespaceSelector" not in peer
            ]
            others = [name for selector in selectors for name in chosen(selector)]
            for pair in itertools.product(chosen(policy["spec"]["podSelector"]), others):
                source, target = pair if direction == "egress" else reversed(pair)
                open_ = ports(templates[target])
                for wanted in (entry["port"] for entry in rule["ports"]):
                    number = open_.get(wanted, wanted)
                    if number in open_.values():
                        allowed.add((source, target, number))
    return allowed


def ports_out(policies: dict[str, Manifest], labels: dict[str, str]) -> set[int | str]:
    """Return the ports that a pod with these labels may talk to, here or elsewhere."""
    return {
        entry["port"]
        for policy in policies.values()
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("egress", ())
        for entry in rule["ports"]
    }


# Each is valid.


@pytest.mark.matrix
@pytest.mark.parametrize("version", SUPPORTED)
def test_kubernetes_accepts_every_manifest(version: str) -> None:
    for manifest in everything():
        if not is_custom(manifest):
            validate(manifest, version, strict=True)


@pytest.mark.parametrize(
    ("mistake", "error"),
    [
        ({"apiVersion": "autoscaling/v2beta2"}, SchemaNotFoundError),
        ({"spec": {"minReplicas": 3}}, ValidationError),
        ({"speck": {}}, ValidationError),
    ],
)
def test_kubernetes_notices_a_mistake(mistake: dict[str, object], error: type[Exception]) -> None:
    manifest = find(manifests(), "HorizontalPodAutoscaler", "web") | mistake
    with pytest.raises(error):
        validate(manifest, SUPPORTED[-1], strict=True)


@pytest.mark.matrix
def test_custom_kinds_are_what_their_makers_say() -> None:
    assert custom_kinds.complaints(filter(is_custom, everything())) == ""


def test_a_mistake_in_a_custom_kind_is_noticed() -> None:
    rollout = copy.deepcopy(find(manifests(), "Rollout"))
    rollout["spec"]["strategy"]["canary"]["steps"][0] = {"setWeigth": 10}
    assert "'\"setWeigth\"' does not exist" in custom_kinds.complaints([rollout])


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """What checkov finds in all manifests and in one that is wrong: check and resource."""
    folder = tmp_path_factory.mktemp("manifests")
    careless = copy.deepcopy(find(manifests(), "Deployment", "scheduler"))
    careless["metadata"]["name"] = "careless"
    container(careless["spec"]["template"])["securityContext"]["allowPrivilegeEscalation"] = True
    text = yaml.safe_dump_all([*everything(), careless])
    (folder / "all.yaml").write_text(text, "utf-8")
    checkov = ("tool", "run", "--quiet", "checkov>=3.3,<4", "--framework", "kubernetes")
    done = subprocess.run(
        ["sh", TEMPLATE / "scripts/uv.sh", *checkov, "--directory", folder, "--output", "json"],
        cwd=folder,
        env=shell(),
        check=False,
        capture_output=True,
        text=True,
    )
    results = json.loads(done.stdout)["results"]
    assert results["passed_checks"]
    return {(found["check_id"], found["resource"]) for found in results["failed_checks"]}


@pytest.mark.matrix
def test_a_scan_of_policies_finds_only_what_is_accepted(scanned: set[tuple[str, str]]) -> None:
    found = {check for check, resource in scanned if not resource.endswith(".careless")}
    assert found == set(ACCEPTED)
    tokens = {resource for check, resource in scanned if check == "CKV_K8S_38"}
    assert {name.rpartition(".")[2] for name in tokens} == {"prometheus"}


def test_the_scan_notices_a_careless_pod(scanned: set[tuple[str, str]]) -> None:
    assert "CKV_K8S_20" in {check for check, name in scanned if name.endswith(".careless")}


# They fit together.


@in_every_environment
def test_every_selector_finds_pods(environment: str) -> None:
    for found in stack(environment):
        labels = [template["metadata"]["labels"] for template in pods(found).values()]
        selectors = [
            (where["kind"], selector)
            for where in found
            for part in walk(where)
            for key, selector in part.items()
            if key in {"podSelector", "labelSelector"}
            or (key == "selector" and where["kind"] in {"Deployment", "PodDisruptionBudget"})
        ]
        selectors += [
            ("Service", {"matchLabels": service["spec"]["selector"]})
            for service in of_kind(found, "Service").values()
        ]
        own = [(kind, each) for kind, each in selectors if not FOREIGN.search(str(each))]
        assert [
            (kind, each) for kind, each in own if not any(selects(each, has) for has in labels)
        ] == []


@in_every_environment
def test_every_port_that_is_named_is_open(environment: str) -> None:
    for found in stack(environment):
        templates = pods(found)
        for template in templates.values():
            probes = [
                part.get("httpGet") or part.get("tcpSocket")
                for name, part in container(template).items()
                if name.endswith("Probe")
            ]
            assert {probe["port"] for probe in probes} <= set(ports(template))
        for service in of_kind(found, "Service").values():
            chosen = {"matchLabels": service["spec"]["selector"]}
            behind = [
                ports(template)
                for template in templates.values()
                if selects(chosen, template["metadata"]["labels"])
            ]
            for port in service["spec"]["ports"]:
                assert all(port["targetPort"] in each for each in behind)
        services = {
            (name, port["port"])
            for name, service in of_kind(found, "Service").items()
            for port in service["spec"]["ports"]
        }
        routed = [
            (each["name"], each["port"])
            for route in of_kind(found, "HTTPRoute").values()
            for rule in route["spec"]["rules"]
            for each in rule.get("backendRefs", ())
        ]
        assert routed
        assert set(routed) <= services


@in_every_environment
def test_every_name_of_another_manifest_is_that_of_one(environment: str) -> None:
    for found in stack(environment):
        names = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in found}
        secrets = {
            name: {entry["secretKey"] for entry in secret["spec"]["data"]}
            for name, secret in of_kind(found, "ExternalSecret").items()
        }
        wanted: set[tuple[str, str]] = set()
        for template in pods(found).values():
            wanted.add(("ServiceAccount", template["spec"]["serviceAccountName"]))
            for part in walk(template["spec"]):
                for key in ("configMap", "configMapRef"):
                    if key in part:
                        wanted.add(("ConfigMap", part[key]["name"]))
                if "secret" in part:
                    name = part["secret"].get("secretName") or part["secret"]["name"]
                    items = {item["key"] for item in part["secret"].get("items", ())}
                    assert items <= secrets[name]
        for scaler in of_kind(found, "HorizontalPodAutoscaler").values():
            target = scaler["spec"]["scaleTargetRef"]
            wanted.add((target["kind"], target["name"]))
        rollout = find(found, "Rollout")["spec"]
        canary = rollout["strategy"]["canary"]
        route = canary["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"]
        wanted |= {("Deployment", rollout["workloadRef"]["name"])}
        wanted |= {("Service", canary[key]) for key in ("stableService", "canaryService")}
        wanted |= {("HTTPRoute", route["httpRoute"]), ("AnalysisTemplate", "web")}
        assert wanted <= names


@in_every_environment
def test_files_are_mounted_from_what_holds_them(environment: str) -> None:
    for found in stack(environment):
        held = {name: set(each["data"]) for name, each in of_kind(found, "ConfigMap").items()} | {
            name: {entry["secretKey"] for entry in each["spec"]["data"]}
            for name, each in of_kind(found, "ExternalSecret").items()
        }
        for template in pods(found).values():
            volumes = {volume["name"]: volume for volume in template["spec"].get("volumes", ())}
            for mount in container(template).get("volumeMounts", ()):
                source = volumes.get(mount["name"], {})
                name = source.get("configMap", {}).get("name") or source.get("secret", {}).get(
                    "secretName"
                )
                if name and "subPath" in mount:
                    assert mount["subPath"] in held[name]


def test_the_scripts_of_a_mistaken_environment_say_so(tmp_path: Path) -> None:
    write(render(PROJECTS["default"]), tmp_path)
    with pytest.raises(RuntimeError, match=r"usage: .* staging\|production"):
        build(tmp_path, "elsewhere")


# They are true about the project.


@pytest.mark.matrix
@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("project", PROJECTS_ON_KUBERNETES)
def test_production_is_told_all_that_it_demands_and_nothing_unknown(
    project: str, environment: str
) -> None:
    found, tree = manifests(project, environment), render(PROJECTS[project])
    example = tree[".env.production.example"].decode()
    demanded = set(re.findall(r"^(\w+)=", example, re.MULTILINE)) - {"DJANGO_SETTINGS_MODULE"}
    secret = {entry["secretKey"] for entry in find(found, "ExternalSecret", "app")["spec"]["data"]}
    given = set(config(found))
    assert demanded <= given | {name.upper() for name in secret}
    # Certificates are files that addresses name.
    given |= {name.upper() for name in secret if not name.endswith("_ca")}
    sources = "".join(
        content.decode() for path, content in tree.items() if re.match(r"config/\w+\.py", path)
    )
    known = {
        name.upper() for name in re.findall(r"^    (\w+): .* = Field\(", sources, re.MULTILINE)
    }
    standard = {"OTEL_EXPORTER_OTLP_ENDPOINT"} if PROJECTS[project]["use_otel"] else set()
    assert given <= known | standard


@in_every_environment
def test_every_process_is_as_the_image_expects_it(environment: str) -> None:
    for found in stack(environment):
        templates = pods(found)
        assert PROCESSES | {"migrate"} == {
            name for name, each in templates.items() if container(each)["image"] == IMAGE
        }
        for name in PROCESSES | {"migrate"}:
            spec = templates[name]["spec"]
            assert spec["securityContext"]["runAsUser"] == 10001
            assert spec["automountServiceAccountToken"] is False
            mounts = {
                mount["mountPath"]: mount["name"]
                for mount in container(templates[name])["volumeMounts"]
            }
            assert set(mounts) == {SECRETS, "/tmp"}  # noqa: S108 - of the container
            assert container(templates[name])["securityContext"]["readOnlyRootFilesystem"]


@in_every_environment
def test_there_is_a_worker_for_each_queue_and_one_scheduler(environment: str) -> None:
    source = (PROJECT / "apps/common/queues.py").read_text("utf-8")
    queues = set(re.findall(r'^    [A-Z]+ = "(\w+)"$', source, re.MULTILINE))
    for found in stack(environment):
        commands = {name: container(each).get("args", []) for name, each in pods(found).items()}
        for queue in queues:
            command = commands[f"worker-{queue}"]
            assert command[:4] == ["python", "manage.py", "worker", "--no-schedule"]
            assert command[command.index("--queue") + 1].partition("=")[0] == queue
        assert {name for name in commands if name.startswith("worker-")} == {
            f"worker-{queue}" for queue in queues
        }
        assert "--schedule-only" in commands["scheduler"]
        scheduler = find(found, "Deployment", "scheduler")["spec"]
        assert (scheduler["replicas"], scheduler["strategy"]) == (1, {"type": "Recreate"})
        scaled = of_kind(found, "HorizontalPodAutoscaler")
        assert set(scaled) == PROCESSES - {"scheduler"}


def test_processes_listen_where_they_are_probed_and_watched() -> None:
    templates = pods(manifests())
    for name in PROCESSES:
        command, open_ = container(templates[name])["args"], ports(templates[name])
        option = "--port" if name == "web" else "--metrics-port"
        assert [command[command.index(option) + 1]] == [str(port) for port in open_.values()]
        probed = {
            kind: container(templates[name])[f"{kind}Probe"]["httpGet"]["path"]
            for kind in ("startup", "readiness", "liveness")
        }
        startup = "/startupz" if name == "web" else "/livez"
        assert probed == {"startup": startup, "readiness": "/readyz", "liveness": "/livez"}
    probes = (PROJECT / "apps/common/fastpath/probes.py").read_text("utf-8")
    assert set(re.findall(r'^    "(/\w+)":', probes, re.MULTILINE)) == {
        "/livez",
        "/readyz",
        "/startupz",
    }


def test_what_the_proxy_hides_elsewhere_the_gateway_hides_here() -> None:
    nginx = (PROJECT / "infra/nginx/nginx.conf").read_text("utf-8")
    (names,) = re.findall(r"location ~ \^/\(([\w|]+)\)\$ \{\s+return 404;", nginx)
    public, inside = (
        find(manifests(), "HTTPRoute", name)["spec"] for name in ("web", "web-inside")
    )
    (rule,) = inside["rules"]
    hidden = [match["path"] for match in rule["matches"]]
    assert hidden == [{"type": "Exact", "value": f"/{name}"} for name in names.split("|")]
    assert rule["filters"][0]["urlRewrite"]["path"]["replaceFullPath"] == "/404"
    assert inside["hostnames"] == public["hostnames"]
    assert inside["parentRefs"] == public["parentRefs"]


def test_a_process_has_the_time_to_end() -> None:
    drain = int(config(manifests())["APP_DRAIN_SECONDS"])
    for name in PROCESSES:
        spec = pods(manifests())[name]["spec"]
        # Running requests get 20 seconds, tasks 25; connections and the last log lines five each.
        assert drain + 20 + 5 + 5 <= spec["terminationGracePeriodSeconds"]
        assert "lifecycle" not in container(pods(manifests())[name])


@in_every_environment
def test_what_one_pod_may_ask_of_another_is_allowed_on_both_sides(environment: str) -> None:
    for found in stack(environment):
        default = find(found, "NetworkPolicy", "default-deny")["spec"]
        assert default == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        out = between_pods(found, "egress")
        assert out == between_pods(found, "ingress")
        assert {(source, target) for source, target, _ in out if target in PROCESSES} == {
            ("prometheus", process) for process in PROCESSES
        }


def test_a_port_that_only_one_side_allows_is_noticed() -> None:
    found = copy.deepcopy(manifests())
    find(found, "NetworkPolicy", "web-metrics")["spec"]["ingress"][0]["ports"].pop()
    missing = between_pods(found, "egress") - between_pods(found, "ingress")
    assert missing == {("prometheus", process, 9101) for process in PROCESSES - {"web"}}


@in_every_environment
def test_processes_may_ask_what_they_need_outside_and_no_more(environment: str) -> None:
    for found in stack(environment):
        policies = of_kind(found, "NetworkPolicy")
        out = {
            name: ports_out(policies, template["metadata"]["labels"])
            for name, template in pods(found).items()
        }
        for name in PROCESSES:
            assert {6379, 5432 if "pgbouncer" not in out else "postgresql"} <= out[name]
        assert out["migrate"] == {53, 5432}
        outside = {443, 465, 587}
        assert all(outside <= out[name] for name in PROCESSES - {"scheduler"})
        assert not outside & out["scheduler"]


def test_prometheus_keeps_the_ports_that_pods_have() -> None:
    found = manifests()
    jobs = yaml.safe_load(config(found, "prometheus")["prometheus.yaml"])["scrape_configs"]
    for job in jobs:
        if "kubernetes_sd_configs" not in job:
            continue
        keep = job["relabel_configs"][0]["regex"]
        watched = {
            name
            for name, template in pods(found).items()
            for port in ports(template)
            if re.fullmatch(
                keep, f"{template['metadata']['labels']['app.kubernetes.io/component']};{port}"
            )
        }
        others = {"worker": PROCESSES - {"web", "scheduler"}}
        assert watched == others.get(job["job_name"], {job["job_name"]})


def test_alerts_have_the_jobs_that_prometheus_has() -> None:
    found = manifests()
    jobs = yaml.safe_load(config(found, "prometheus")["prometheus.yaml"])["scrape_configs"]
    asked = {
        name
        for rule in alerts(PROJECT / "infra/monitoring").values()
        for name in re.findall(r'job="(\w+)"', rule["expr"])
    }
    assert asked <= {job["job_name"] for job in jobs}
    assert set(config(found, "prometheus-rules")) == {
        file.name for file in (PROJECT / "infra/monitoring/prometheus/rules").iterdir()
    }


@pytest.mark.matrix
@pytest.mark.parametrize("project", WITHOUT)
def test_a_project_without_it_does_not_name_it(project: str) -> None:
    tree = render(PROJECTS[project])
    named = {
        path: NAMES_OF_OFF.findall(content.decode())
        for path, content in tree.items()
        if b"\0" not in content and path != "LICENSE"
    }
    assert {path: found for path, found in named.items() if found} == {}
    assert not any(path.startswith(FOLDER) for path in tree)


@pytest.mark.parametrize(
    ("versions", "steps"),
    [
        ("last last", ["rollout undo", "wait rollout/web", "patch rollout web"]),
        # The last one is still being tried: Argo Rollouts takes its requests away by itself.
        ("last before", ["rollout undo"]),
    ],
)
def test_a_rollback_undoes_every_process_and_skips_the_steps(
    tmp_path: Path, versions: str, steps: list[str]
) -> None:
    answers = f'*"get deployment web"*) echo 7 ;; *"get rollout web"*) echo {versions} ;;'
    done = run_script(tmp_path, "rollback.sh", f'case "$*" in {answers} *) echo "$@" ;; esac')
    assert done.returncode == 0, done.stderr
    prefix = "--namespace fashionistar "
    lines = [line.removeprefix(prefix) for line in done.stdout.splitlines()]
    assert all(line.startswith(step) for line, step in zip(lines, steps, strict=True))
    assert set(lines[0].removeprefix("rollout undo deployment ").split()) == PROCESSES
    assert all("workloadObservedGeneration}=7 " in line for line in lines[1:2])
    assert all('{"status": {"promoteFull": true}}' in line for line in lines[2:])


def test_make_rolls_back(tmp_path: Path) -> None:
    write(render(PROJECTS["default"]), tmp_path)
    command = ["make", "--no-print-directory", "--dry-run", "rollback"]
    dry = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert dry.stdout == "sh infra/k8s/rollback.sh\n"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("7 Healthy ", 0),
        ("7 Paused CanaryPauseStep", 0),
        ("7 Paused InconclusiveAnalysisRun", 1),
        # Promoted a moment ago: it waits on, here until its patience ends.
        ("7 Paused ", 1),
        ("7 Degraded ", 1),
        # What was before this deployment does not count, nor what is under way.
        ("6 Healthy ", 1),
        ("7 Progressing ", 1),
    ],
)
def test_a_deployment_waits_until_it_is_known_how_it_ends(
    tmp_path: Path, state: str, status: int
) -> None:
    done = run_script(
        tmp_path, "await.sh", f'case $4 in deployment) echo 7 ;; *) echo "{state}" ;; esac'
    )
    assert done.returncode == status, done.stderr


def test_a_deployment_replaces_jobs_and_waits_for_the_schema_before_all_others(
    tmp_path: Path,
) -> None:
    answers = 'kustomize*) echo kind: List ;; *deployment) echo 7 ;; *rollout) echo 7 Healthy "" ;;'
    kubectl = f'case "$1 $4" in {answers} esac; echo "$@" >>{tmp_path}/log'
    done = run_script(tmp_path, "deploy.sh", kubectl)
    assert done.returncode == 0, done.stderr
    log = (tmp_path / "log").read_text("utf-8")
    steps = ["kustomize", "delete job migrate redis-create", "component notin (", "job/migrate"]
    steps += ["component in (", "deployment/worker-critical", "deployment/scheduler"]
    steps += ["get rollout web"]
    places = [log.index(step) for step in steps]
    assert places == sorted(places)


def test_all_but_processes_is_applied_before_the_schema_has_changed() -> None:
    script = (PROJECT / FOLDER / "deploy.sh").read_text("utf-8")
    before, after = re.findall(r"^apply '(?:not)?in \(([\w, ]+)\)'$", script, re.MULTILINE)
    assert before == after
    components = set(after.split(", "))
    kept = {
        (manifest["kind"], manifest["metadata"]["name"])
        for manifest in manifests()
        if manifest["metadata"].get("labels", {}).get("app.kubernetes.io/component") in components
    }
    assert kept == {("Rollout", "web"), *(("Deployment", name) for name in PROCESSES)}


def run_script(folder: Path, name: str, kubectl: str) -> subprocess.CompletedProcess[str]:
    """Run one of the project's scripts with a kubectl that says what a test wants."""
    write(render(PROJECTS["default"]), folder)
    program = folder / "bin/kubectl"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{kubectl}\n", "utf-8")
    program.chmod(0o755)
    variables = {"PATH": f"{program.parent}:{shell()['PATH']}", "INTERVAL": "0", "PATIENCE": "1"}
    return subprocess.run(
        ["sh", f"{FOLDER}/{name}", "production"],
        cwd=folder,
        env=shell() | variables | {"APP_IMAGE": IMAGE},
        check=False,
        capture_output=True,
        text=True,
    )
