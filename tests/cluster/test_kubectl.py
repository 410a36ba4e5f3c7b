"""What people see through kubectl, without any operator."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from cluster.api import MERGE, Object, path_of
from cluster.objects import a_job
from cluster.resource import CRD_FILE
from cluster.space import Space
from localcluster import Cluster

pytestmark = pytest.mark.usefixtures("no_operator")

SELECTOR = "lsml.dev/job=iris,app.kubernetes.io/component=worker"
MIDDLE_OF_A_RUN = {
    "phase": "Running",
    "diagnosis": "training",
    "summary": {"workers": "1/1", "progress": "63%", "loss": "0.1234", "eta": "2m10s"},
    "workers": {"desired": 1, "running": 1, "pending": 0, "selector": SELECTOR, "members": []},
}


@pytest.fixture
def running(space: Space) -> Space:
    """A namespace with a job that is said to run."""
    space.create(a_job())
    space.api.request("PATCH", path_of("TrainingJob", space.name, "iris", "status"), {"status": MIDDLE_OF_A_RUN}, MERGE)
    return space


def test_every_field_is_described() -> None:
    """There is no field whose meaning has to be guessed."""
    assert [path for path, schema in fields_of_the_crd() if not schema.get("description")] == []


def fields_of_the_crd() -> Iterator[tuple[str, Object]]:
    """Every field of spec and status with its schema."""
    version = yaml.safe_load(CRD_FILE.read_text())["spec"]["versions"][0]
    for part in ("spec", "status"):
        yield from fields_below(part, version["schema"]["openAPIV3Schema"]["properties"][part])


def fields_below(path: str, schema: Object) -> Iterator[tuple[str, Object]]:
    """This field and all below."""
    yield path, schema
    inner = schema.get("items", schema)
    for name, field in inner.get("properties", {}).items():
        yield from fields_below(f"{path}.{name}", field)


@pytest.mark.parametrize("family", ["svm", "gradientDescent", "sgd", "deepLearning"])
def test_explain_shows_every_hyperparameter_with_its_meaning(cluster: Cluster, api: object, family: str) -> None:
    """`kubectl explain tjob.spec.algorithm.FAMILY` reads well."""
    path = f"spec.algorithm.{family}"
    fields = {name: schema for name, schema in fields_of_the_crd() if name.rpartition(".")[0] == path}

    shown = cluster.kubectl("explain", f"tjob.{path}")

    assert fields
    for name, schema in fields.items():
        assert re.search(rf"^  {name.rpartition('.')[2]}\t", shown, re.MULTILINE), shown
        assert " ".join(schema["description"].split()) in " ".join(shown.split())


def test_get_shows_how_a_job_stands(cluster: Cluster, running: Space) -> None:
    """PHASE, WORKERS, PROGRESS, LOSS, ETA, AGE."""
    header, row = cluster.kubectl("get", "tjob", "--namespace", running.name).splitlines()

    assert header.split() == ["NAME", "PHASE", "WORKERS", "PROGRESS", "LOSS", "ETA", "AGE"]
    assert row.split()[:6] == ["iris", "Running", "1/1", "63%", "0.1234", "2m10s"]


def test_get_wide_adds_restarts_where_time_and_money_went_and_the_sentence(cluster: Cluster, running: Space) -> None:
    """-o wide says what holds a job up, at the end of the line; and `kubectl get all` finds jobs."""
    header, row = cluster.kubectl("get", "all", "--namespace", running.name, "--output", "wide").splitlines()

    assert header.split()[-5:] == ["AGE", "RESTARTS", "GOODPUT", "COST", "MESSAGE"]
    assert row.startswith("trainingjob.lsml.dev/iris")
    assert row.endswith("training")


def test_scale_is_readable(cluster: Cluster, running: Space) -> None:
    """The scale subresource says what is wanted, what runs, and which pods they are."""
    scale = json.loads(cluster.kubectl("get", "tjob", "iris", "--subresource=scale", "--output=json",
                                       "--namespace", running.name))  # fmt: skip

    assert scale["spec"]["replicas"] == 1
    assert scale["status"] == {"replicas": 1, "selector": SELECTOR}


def test_scale_is_bounded(cluster: Cluster, running: Space) -> None:
    """`kubectl scale` cannot ask for what the schema refuses (FAULTS 26)."""
    with pytest.raises(Exception, match=r"spec.workers.replicas.*should be less than or equal to 64"):
        cluster.kubectl("scale", "tjob", "iris", "--replicas=1000000", "--namespace", running.name)


def test_apply_twice_changes_nothing(cluster: Cluster, running: Space) -> None:
    """GitOps sees no drift: what was applied is what is there.

    A job without an operator is born with a status that is stored by the first write after that.
    """
    manifest = yaml.safe_dump(a_job("again"))
    into = ("--namespace", running.name, "--filename", "-")
    for _ in range(2):
        cluster.kubectl("apply", "--server-side", *into, stdin=manifest)
    before = running.job("again")
    assert before["metadata"]["generation"] == 1

    cluster.kubectl("apply", "--server-side", *into, stdin=manifest)
    cluster.kubectl("diff", "--server-side", *into, stdin=manifest)  # fails if there is a difference

    assert running.job("again")["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
