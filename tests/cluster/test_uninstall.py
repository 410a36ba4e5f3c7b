"""The resource itself is taken away (FAULTS 24).

The last of these modules: garbage collection takes half a minute to know a resource that is new.
"""

from collections.abc import Callable

from cluster.api import Api
from cluster.kubelet import Kubelet
from cluster.objects import a_job
from cluster.process import OperatorProcess
from cluster.resource import install, uninstall
from cluster.space import Space


def test_the_resource_goes_in_mid_run(
    api: Api, operator: OperatorProcess, new_space: Callable[[], Space], kubelet: Kubelet
) -> None:
    """With the CRD go all jobs and their pods; when it is back, the operator goes on with new ones (FAULTS 24)."""
    space = new_space()
    space.create(a_job())
    kubelet.runs(space.until_pod())
    space.until_phase("Running")

    with operator.kept_running():  # kopf ends where it asks for a resource in the moment in which that goes
        uninstall(api)
        space.until_gone("Pod", "iris-w0-0")

        install(api)
        space.create(a_job())
        kubelet.runs(space.until_pod())
        space.until_phase("Running")
        space.discard()
