"""What is measured, by Prometheus's own tools: names, alerts, and every query of the dashboard against a real one."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deploy.chart import CHART
from monitoring import exposition, prometheus
from monitoring.prometheus import Prometheus

RULES = CHART / "monitoring" / "rules.yaml"
DASHBOARD = json.loads((CHART / "monitoring" / "dashboard.json").read_text())
EXPRESSIONS = {
    f"{panel['title']}: {target['legendFormat']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", ())
}
CHOICES = {"$namespace": ".*", "$job": ".*", "$__rate_interval": "1m"}
"""What Grafana puts in place of its variables."""


def promtool(*arguments: str, stdin: bytes = b"", folder: Path | None = None) -> tuple[int, str]:
    """Its exit code, and all that it says."""
    done = subprocess.run(["promtool", *arguments], input=stdin, capture_output=True, cwd=folder, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("make", [exposition.of_an_operator, exposition.of_a_coordinator])
def test_names_are_as_prometheus_wants_them(make: object) -> None:
    assert callable(make)
    assert promtool("check", "metrics", stdin=make()) == (0, "")


def test_the_alerts_are_rules() -> None:
    code, said = promtool("check", "rules", str(RULES))
    assert code == 0, said


def test_what_each_alert_is_moved_by(tmp_path: Path) -> None:
    for file in (RULES, Path(__file__).parent / "rules_test.yaml"):
        shutil.copy(file, tmp_path)
    code, said = promtool("test", "rules", "rules_test.yaml", folder=tmp_path)
    assert code == 0, said


def test_each_alert_is_tested() -> None:
    alerts = {rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}
    tests = yaml.safe_load((Path(__file__).parent / "rules_test.yaml").read_text())["tests"]
    moved = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}
    still = {case["alertname"] for test in tests for case in test["alert_rule_test"] if not case["exp_alerts"]}
    assert moved == still == alerts


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with exposition.served() as port, prometheus.running(tmp_path_factory.mktemp("prometheus"), port) as running:
        yield running


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_a_query_of_the_dashboard_finds_something(server: Prometheus, expression: str) -> None:
    for variable, choice in CHOICES.items():
        expression = expression.replace(variable, choice)
    assert server.until(expression)


def test_the_dashboards_choices_are_those_of_the_jobs(server: Prometheus) -> None:
    for variable in ("namespace", "job"):
        (found,) = (each["definition"] for each in DASHBOARD["templating"]["list"] if each["name"] == variable)
        match = re.fullmatch(r"label_values\((.*), (\w+)\)", found)
        assert match
        samples = server.until(match[1].replace("$namespace", ".*"))
        assert {sample["metric"][match[2]] for sample in samples} == {{"namespace": "team", "job": "iris"}[variable]}


def test_an_alert_names_metrics_that_there_are(server: Prometheus) -> None:
    text = RULES.read_text()
    for name in sorted(set(re.findall(r"\blsml_\w+", text))):
        assert server.until(name)
