"""One control plane for all of these tests, a namespace for each, and the operator as a real process."""

import itertools
import os
import re
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path

import pytest

from cluster.api import Api
from cluster.escaping import BY_THE_POLICY, BY_THE_STRICT_POLICY, STRICT
from cluster.installation import SYSTEM, installed
from cluster.kubelet import Kubelet
from cluster.mortal import MortalClient, connect
from cluster.objects import a_namespace
from cluster.policing import judges
from cluster.process import OperatorProcess
from cluster.resource import install
from cluster.space import Space
from cluster.waiting import until
from localcluster import Cluster, ClusterError
from localcluster.settings import all_clusters

OPERATORS = pytest.StashKey[list[tuple[OperatorProcess, int]]]()
"""The operators that a test uses, and how long their logs were when it began."""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A control plane with controllers and without nodes; its name is this run's own, and nothing of it stays."""
    _take_down_orphans()
    made = Cluster(f"test-api-{os.getpid()}")
    try:
        made.up(nodes=0, controllers=True)
    except ClusterError as error:
        made.down()
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no API server on this machine: {error}")
    try:
        yield made
    finally:
        made.down()


def _take_down_orphans() -> None:
    """Those of runs that were killed before they could."""
    for name in all_clusters():
        match = re.fullmatch(r"test-api-(\d+)", name)
        if match and not _lives(int(match[1])):
            Cluster(name).down()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@pytest.fixture(scope="session")
def api(cluster: Cluster) -> Api:
    """The administrator's connection; TrainingJobs are served."""
    made = Api(cluster.kubeconfig)
    install(made)
    cluster.kill_component("kube-controller-manager")  # garbage collection looks for new resources every 30 s only,
    cluster.start_components()  # and when it starts
    return made


@pytest.fixture(scope="session")
def new_space(api: Api) -> Callable[[], Space]:
    """Makes namespaces, ready for pods."""
    numbers = itertools.count(1)

    def make() -> Space:
        name = f"test-{next(numbers)}"
        api.create(a_namespace(name))
        space = Space(api, name)
        until(f"namespace {name} has its service account", lambda: space.find("ServiceAccount", "default"))
        return space

    return make


@pytest.fixture
def space(new_space: Callable[[], Space]) -> Iterator[Space]:
    """A namespace of the test's own."""
    made = new_space()
    yield made
    made.discard()


@pytest.fixture(scope="module")
def spaces(new_space: Callable[[], Space]) -> Iterator[tuple[Space, Space]]:
    """A namespace under the chart's default policies, and one that is exempt, whose administrator allows little."""
    made = new_space(), new_space()
    yield made
    for space in made:
        space.discard()


@pytest.fixture(scope="module")
def policies(cluster: Cluster, api: Api, spaces: tuple[Space, Space]) -> Iterator[None]:
    """Both are installed, and judge."""
    plain, strict = spaces
    if api.find("Namespace", None, SYSTEM) is None:
        api.create(a_namespace(SYSTEM))
    confined = (f"watchNamespace={strict.name}", "rbac.aggregate=false", *STRICT)
    exempt = f'policies.exemptNamespaces=["{strict.name}"]'
    with installed(cluster, exempt), installed(cluster, *confined, release="strict"):
        until("the policies judge", lambda: judges(plain, BY_THE_POLICY) and judges(strict, BY_THE_STRICT_POLICY))
        yield


@pytest.fixture
def kubelet(api: Api) -> Kubelet:
    """Says of pods what a node would say."""
    return Kubelet(api)


@pytest.fixture
async def connection(api: Api, cluster: Cluster) -> AsyncIterator[MortalClient]:
    """A client whose writes can be watched, and made to fail."""
    made = await connect(cluster.kubeconfig)
    yield made
    await made.close()


@pytest.fixture(scope="session")
def new_operator(
    cluster: Cluster, api: Api, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., OperatorProcess]]:
    """Makes operators, which are not running yet; all of them end with the session."""
    made: list[OperatorProcess] = []

    def make(name: str, kubeconfig: Path = cluster.kubeconfig, **settings: str) -> OperatorProcess:
        log = tmp_path_factory.mktemp("operator") / f"{name}.log"
        made.append(OperatorProcess(kubeconfig, log, LSML_POD_NAME=name, **settings))
        return made[-1]

    yield make
    for each in made:
        each.kill()


@pytest.fixture(scope="session")
def shared_operator(new_operator: Callable[..., OperatorProcess]) -> OperatorProcess:
    """The administrator's operator, of all namespaces; use `operator` or `no_operator`."""
    return new_operator("operator")


@pytest.fixture
def show_log(request: pytest.FixtureRequest) -> Callable[[OperatorProcess], None]:
    """Has shown, if the test fails, what an operator logs from now on."""
    watched = request.node.stash.setdefault(OPERATORS, [])
    return lambda operator: watched.append((operator, operator.logged_bytes()))


@pytest.fixture
def operator(shared_operator: OperatorProcess, show_log: Callable[[OperatorProcess], None]) -> OperatorProcess:
    """A running operator that looks after all namespaces; a test may kill it, the next one finds it running."""
    show_log(shared_operator)
    shared_operator.start()
    return shared_operator


@pytest.fixture
def no_operator(shared_operator: OperatorProcess) -> None:
    """No operator runs but those that the test makes."""
    shared_operator.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the operators' logs to the report of a test that failed."""
    report = yield
    if report.failed:
        for operator, start_bytes in item.stash.get(OPERATORS, []):
            report.sections.append(("the operator's log during this test", operator.log_from(start_bytes)))
    return report
