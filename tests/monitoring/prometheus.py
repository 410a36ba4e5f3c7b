"""A Prometheus of a test's own."""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from ports import free_port

MOST_SECONDS = 180.0


class Prometheus:
    """Answers queries."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def query(self, text: str) -> list[dict[str, Any]]:
        """The samples now; raises HTTPError for what is no query."""
        query = urllib.parse.urlencode({"query": text})
        with urllib.request.urlopen(f"{self._url}/api/v1/query?{query}", timeout=10) as answer:  # noqa: S310  (its own)
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return found

    def until(self, text: str) -> list[dict[str, Any]]:
        """The samples, once there are any."""
        deadline = time.monotonic() + MOST_SECONDS
        while time.monotonic() < deadline:
            try:
                if found := self.query(text):
                    return found
            except OSError:  # it is starting
                pass
            time.sleep(0.1)
        raise AssertionError(f"no sample within {MOST_SECONDS:.0f} s: {text}")


@contextmanager
def running(folder: Path, target_port: int) -> Iterator[Prometheus]:
    """It scrapes the target as the chart's monitors say, once a second, and has done so twice."""
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_configuration(target_port)))
    port = free_port()
    command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        prometheus = Prometheus(port)
        prometheus.until("min(count_over_time(up[1m])) >= 2")
        yield prometheus
    finally:
        process.terminate()
        process.wait(MOST_SECONDS)


def _configuration(target_port: int) -> dict[str, Any]:
    """The ServiceMonitor's and the PodMonitor's, as the Prometheus Operator writes them out."""
    target = f"127.0.0.1:{target_port}"
    return {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [
            {
                "job_name": "operator",
                "metrics_path": "/operator",
                "honor_labels": True,
                "static_configs": [{"targets": [target], "labels": {"namespace": "lsml-system"}}],
            },
            {
                "job_name": "jobs",
                "metrics_path": "/coordinator",
                "static_configs": [{"targets": [target], "labels": {"namespace": "team", "job": "iris"}}],
            },
        ],
    }
