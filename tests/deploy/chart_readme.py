"""The chart's README, made of values.yaml: what is said above a value, and what it is by default. Pure but for reading.

`make generate` writes it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "helm" / "lsml"
README = CHART / "README.md"

_KEY = re.compile(r"^( *)([A-Za-z]\w*):")
_COMMENT = re.compile(r"^ *# ?(.*)")

_HEAD = """<!-- Made of Chart.yaml and values.yaml by `make generate`; do not edit. -->
# The chart {name} {version}

{description} Kubernetes {kubeVersion}.

    helm install lsml helm/lsml --namespace lsml-system --create-namespace --wait
    helm test lsml --namespace lsml-system
    helm upgrade lsml helm/lsml --namespace lsml-system --reset-then-reuse-values
    helm uninstall lsml --namespace lsml-system        # keeps the TrainingJobs; crds.keep says so

An upgrade also upgrades the resource, and restarts no worker. A resource that `kubectl apply` has installed is taken
over with `helm install --take-ownership`. values.schema.json refuses what is no value.

| value | default | what it says |
| --- | --- | --- |
"""


def readme() -> str:
    """The whole file."""
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())
    text = (CHART / "values.yaml").read_text()
    said = dict(comments(text))
    rows = [
        f"| `{path}` | {_shown(value)} | {said.get(path, '')} |\n"
        for path, value in values_of(yaml.safe_load(text))
        if path in said or not _is_section(value)
    ]
    return _HEAD.format(**about) + "".join(rows)


def comments(text: str) -> Iterator[tuple[str, str]]:
    """The path of each value that something is said of right above it, and what."""
    way: list[tuple[int, str]] = []
    lines: list[str] = []
    for line in text.splitlines():
        if comment := _COMMENT.match(line):
            lines.append(comment[1])
            continue
        if key := _KEY.match(line):
            way = [(indent, name) for indent, name in way if indent < len(key[1])] + [(len(key[1]), key[2])]
            if lines:
                yield ".".join(name for _, name in way), " ".join(lines).replace("|", "\\|")
        lines = []


def values_of(values: dict[str, Any], at: str = "") -> Iterator[tuple[str, Any]]:
    """The path of each value and of each section, and what it is."""
    for name, value in values.items():
        yield f"{at}{name}", value
        if _is_section(value):
            yield from values_of(value, f"{at}{name}.")


def _is_section(value: Any) -> bool:
    return isinstance(value, dict) and bool(value)


def _shown(value: Any) -> str:
    return "" if _is_section(value) else f"`{json.dumps(value)}`"
