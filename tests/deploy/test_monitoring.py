"""Monitoring in the chart: each part by its own switch, off by default."""

import json

import pytest
import yaml

from deploy.chart import CHART, Object, objects, one, render

KINDS = {
    "serviceMonitor": "ServiceMonitor",
    "podMonitor": "PodMonitor",
    "rules": "PrometheusRule",
    "grafanaDashboard": "ConfigMap",
}


def part(helm: str, switch: str, *settings: str) -> Object:
    return one(objects(render(helm, f"monitoring.{switch}=true", *settings)), KINDS[switch])


def test_all_of_it_is_off_by_default(helm: str) -> None:
    assert not {o["kind"] for o in objects(render(helm))} & set(KINDS.values())


@pytest.mark.parametrize("switch", KINDS)
def test_each_part_has_a_switch_and_the_labels_that_select_it(helm: str, switch: str) -> None:
    found = objects(render(helm, f"monitoring.{switch}=true", 'monitoring.labels={"release":"mine"}'))
    assert {o["kind"] for o in found} & set(KINDS.values()) == {KINDS[switch]}
    assert one(found, KINDS[switch])["metadata"]["labels"]["release"] == "mine"


def test_the_operators_monitor_finds_its_service_and_keeps_the_jobs_labels(helm: str) -> None:
    found = objects(render(helm, "monitoring.serviceMonitor=true", "monitoring.interval=15s"))
    service, spec = one(found, "Service"), one(found, "ServiceMonitor")["spec"]
    assert spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (port,) = service["spec"]["ports"]
    assert spec["endpoints"] == [{"port": port["name"], "interval": "15s", "honorLabels": True}]


@pytest.mark.parametrize(("namespace", "wanted"), {"": {"any": True}, "team": {"matchNames": ["team"]}}.items())
def test_the_jobs_monitor_finds_workers_and_coordinators(helm: str, namespace: str, wanted: Object) -> None:
    spec = part(helm, "podMonitor", f"watchNamespace={namespace}")["spec"]
    assert spec["namespaceSelector"] == wanted
    assert spec["selector"] == {"matchExpressions": [{"key": "lsml.dev/job", "operator": "Exists"}]}
    assert [endpoint["port"] for endpoint in spec["podMetricsEndpoints"]] == ["progress"]


@pytest.mark.parametrize("asks", ["true", "false"])
def test_where_prometheus_asks_the_jobs_pods_it_is_let_in_without_their_tokens(helm: str, asks: str) -> None:
    (container,) = one(objects(render(helm, f"monitoring.podMonitor={asks}")), "Deployment")["spec"]["template"][
        "spec"
    ]["containers"]
    assert {"name": "LSML_OPEN_METRICS", "value": asks} in container["env"]


def test_the_rules_and_the_dashboard_are_the_files(helm: str) -> None:
    assert part(helm, "rules")["spec"] == yaml.safe_load((CHART / "monitoring" / "rules.yaml").read_text())
    held = part(helm, "grafanaDashboard")
    assert held["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(held["data"]["lsml.json"]) == json.loads((CHART / "monitoring" / "dashboard.json").read_text())
