"""The TrainingJob resource itself: installed, and taken away again."""

from pathlib import Path

import yaml

from cluster.api import Api, Refused, path_of
from cluster.waiting import until

CRD_FILE = Path(__file__).parents[2] / "manifests" / "crd" / "trainingjobs.lsml.dev.yaml"
CRD = ("CustomResourceDefinition", None, "trainingjobs.lsml.dev")


def install(api: Api) -> None:
    """TrainingJobs are served, and `kubectl explain` knows them."""
    api.apply(yaml.safe_load(CRD_FILE.read_text()))

    def served() -> bool:
        try:
            api.request("GET", path_of("TrainingJob", "default"))
        except Refused:
            return False
        return "apis/lsml.dev/v1alpha1" in api.request("GET", "/openapi/v3")["paths"]

    until("TrainingJobs are served", served)


def uninstall(api: Api) -> None:
    """There are no TrainingJobs, and nobody knows what they would be."""
    api.delete(*CRD)
    until("the resource is gone", lambda: api.find(*CRD) is None, lambda: api.find(*CRD))
