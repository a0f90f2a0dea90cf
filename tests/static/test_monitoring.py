"""Alerts have runbooks and tests; dashboards ask where there is an answer."""

import re
from pathlib import Path

import pytest
import yaml

from tests.monitoring import alerts, dashboards, expressions, metrics_of
from tests.rendering import PROJECT

pytestmark = pytest.mark.matrix

MONITORING = PROJECT / "infra/monitoring"
RUNBOOKS = PROJECT / "docs/runbooks/alerts"
ALERTS = alerts(MONITORING)
DASHBOARDS = dashboards(MONITORING)
GRID_COLUMNS = 24


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert {file.stem for file in RUNBOOKS.iterdir()} == set(ALERTS)
    for name, rule in ALERTS.items():
        assert PROJECT / rule["annotations"]["runbook"] == RUNBOOKS / f"{name}.md"


@pytest.mark.parametrize("name", ALERTS)
def test_a_runbook_says_what_an_alert_means_where_to_look_and_what_to_do(name: str) -> None:
    text = (RUNBOOKS / f"{name}.md").read_text("utf-8")
    assert text.startswith(f"# {name}\n\n**Means.** ")
    assert re.search(r"^\*\*Look( and do)?\.\*\*", text, re.MULTILINE)


def test_every_alert_says_how_bad_it_is() -> None:
    assert {rule["labels"]["severity"] for rule in ALERTS.values()} == {"critical", "warning"}


def test_every_alert_is_tested_quiet_and_firing() -> None:
    tested = [
        (each["alertname"], bool(each.get("exp_alerts")))
        for file in (MONITORING / "prometheus/tests").iterdir()
        for test in yaml.safe_load(file.read_text("utf-8"))["tests"]
        for each in test["alert_rule_test"]
    ]
    assert sorted(tested) == sorted((name, fires) for name in ALERTS for fires in (False, True))


def test_silence_is_asked_only_about_alerts_that_exist() -> None:
    file = MONITORING / "alertmanager/alertmanager.yaml"
    inhibitions = yaml.safe_load(file.read_text("utf-8"))["inhibit_rules"]
    matchers = [matcher for rule in inhibitions for part in rule.values() for matcher in part]
    named = {name for matcher in matchers for name in re.findall(r"[A-Z]\w+", matcher)}
    assert named
    assert named <= set(ALERTS)


@pytest.mark.parametrize("expression", ["rate(x)[5m]", "sum by (a) rate(x[5m])", "x >"])
def test_what_is_no_promql_is_noticed(expression: str) -> None:
    with pytest.raises(ValueError, match=r"parse error|unexpected|expected|invalid"):
        metrics_of(expression)


def test_the_metrics_of_an_expression_are_found_wherever_they_stand() -> None:
    expression = "max_over_time(sum(rate(a_total[5m]))[1h:]) / on (x) b > 1 unless absent(c)"
    assert metrics_of(expression) == {"a_total", "b", "c"}


def test_events_that_are_asked_for_are_published() -> None:
    """A label that nothing has is an empty panel, or an alert that never fires."""
    types = "".join(file.read_text("utf-8") for file in PROJECT.glob("apps/*/events.py"))
    asked = " ".join(expression for _, expression in expressions(MONITORING))
    names = {name for found in re.findall(r'event=~?"([^"]+)"', asked) for name in found.split("|")}
    assert names <= set(re.findall(r"^class (\w+)\(", types, re.MULTILINE))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_asks_the_source_that_is_provisioned(name: str) -> None:
    file = MONITORING / "grafana/provisioning/datasources/prometheus.yaml"
    (source,) = yaml.safe_load(file.read_text("utf-8"))["datasources"]
    for panel in DASHBOARDS[name]["panels"]:
        assert panel["targets"]
        for part in (panel, *panel["targets"]):
            assert part["datasource"] == {"type": source["type"], "uid": source["uid"]}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_panels_of_a_dashboard_stand_side_by_side(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        x, y, width, height = (panel["gridPos"][side] for side in "xywh")
        place = {(x + right, y + down) for right in range(width) for down in range(height)}
        assert not place & taken, panel["title"]
        assert x + width <= GRID_COLUMNS
        taken |= place


def test_dashboards_and_their_panels_have_names_of_their_own() -> None:
    assert {name: dashboard["uid"] for name, dashboard in DASHBOARDS.items()} == {
        name: name for name in ("business", "database", "overview", "redis", "tasks")
    }
    for dashboard in DASHBOARDS.values():
        for key in ("id", "title"):
            values = [panel[key] for panel in dashboard["panels"]]
            assert len(values) == len(set(values))


def test_the_first_page_of_grafana_exists() -> None:
    compose = yaml.safe_load((MONITORING / "compose.yaml").read_text("utf-8"))
    grafana = compose["services"]["grafana"]
    mounts = dict(volume.split(":")[:2] for volume in grafana["volumes"])
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    folder = next(here for here, there in mounts.items() if there == str(home.parent))
    assert (MONITORING / folder / home.name).is_file()
