"""The chart, rendered by helm itself; and what `manifests/operator` holds of it.

`make generate` writes it.
"""

import re
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deploy.chart_readme import README, readme
from localcluster import binaries

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "helm" / "lsml"
MANIFESTS = REPOSITORY / "manifests" / "operator" / "operator.yaml"
NAMESPACE = "lsml-system"

Object = dict[str, Any]

# Of Helm alone: whoever applies the manifests has neither a release nor a chart.
_HELM_LINES = re.compile(
    r"^(# Source: .*|\s+helm\.sh/chart: .*|\s+app\.kubernetes\.io/managed-by: Helm)\n", re.MULTILINE
)


class Refused(Exception):
    """Helm does not take these values; the text is what it says."""


@cache
def render(helm: str, *settings: str, namespace: str = NAMESPACE, release: str = "lsml", hooks: bool = False) -> str:
    """What `helm install lsml helm/lsml --set SETTING …` would apply; raises Refused."""
    command = [helm, "template", release, str(CHART), "--namespace", namespace, "--kube-version", "1.34.0"]
    command += [] if hooks else ["--no-hooks"]
    for setting in settings:
        command += ["--set-json" if "=[" in setting or "={" in setting else "--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


def objects(documents: str) -> list[Object]:
    """The objects of a YAML stream."""
    return [document for document in yaml.load_all(documents, yaml.CSafeLoader) if document]


def one(found: Iterable[Object], kind: str, name: str | None = None) -> Object:
    """The only object of this kind, or of this kind and name."""
    (match,) = (o for o in found if o["kind"] == kind and name in (None, o["metadata"]["name"]))
    return match


def operator_manifests(helm: str) -> str:
    """`manifests/operator/operator.yaml`: the chart's defaults, without the resource, which is in `manifests/crd`."""
    rendered = render(helm, "crds.enabled=false")
    return "# Rendered from helm/lsml by `make generate`; do not edit.\n" + _HELM_LINES.sub("", rendered)


if __name__ == "__main__":
    README.write_text(readme())
    MANIFESTS.write_text(operator_manifests(str(binaries.ensure(["helm"])["helm"])))
