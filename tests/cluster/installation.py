"""The chart as it is installed on the tests' control plane, which has no node: nothing of it runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.chart import render
from localcluster import Cluster
from localcluster.binaries import ensure

SYSTEM = "lsml-system"
ACCOUNT = f"system:serviceaccount:{SYSTEM}:lsml-operator"


@contextmanager
def installed(cluster: Cluster, *settings: str, release: str = "lsml") -> Iterator[None]:
    """Everything of the chart but the resource is there, with these values; and gone afterwards."""
    helm = str(ensure(["helm"])["helm"])
    manifest = render(helm, "crds.enabled=false", "replicas=0", *settings, namespace=SYSTEM, release=release)
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", stdin=manifest)
    try:
        yield
    finally:
        cluster.kubectl("delete", "--wait=false", "--ignore-not-found", "--filename", "-", stdin=manifest)
