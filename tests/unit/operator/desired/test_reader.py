"""The pod that a model is copied out of: confined and placed as the worker whose claim it reads, and soon gone."""

import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

from lsml_operator.desired.pod import worker_pod
from lsml_operator.desired.reader import LIVES_SECONDS, packing, reader_pod
from unit.operator.builders import SETTINGS, Json, a_job, a_job_body, a_worker

TEMPLATE: Json = {"tolerations": [{"operator": "Exists"}], "imagePullSecrets": [{"name": "registry"}]}


def a_reader() -> tuple[Json, Json]:
    """It, and the worker's pod."""
    worker = worker_pod(a_job(template=TEMPLATE, output="pvc://models/iris"), a_worker(0, "Creating"), SETTINGS)
    return reader_pod(a_job_body(), worker, "iris-reader-1", "models"), worker


def test_it_may_no_more_than_the_worker() -> None:
    reader, worker = a_reader()
    (container,), (of_worker,) = reader["spec"]["containers"], worker["spec"]["containers"]
    assert container["securityContext"] == of_worker["securityContext"]
    assert container["image"] == of_worker["image"]
    assert reader["spec"]["securityContext"] == worker["spec"]["securityContext"]
    assert reader["spec"]["automountServiceAccountToken"] is False
    assert {name: reader["spec"][name] for name in TEMPLATE} == TEMPLATE


def test_it_goes_where_the_claim_is_mounted() -> None:
    """Else the volume of a ReadWriteOnce claim would have to be on two machines."""
    worker = worker_pod(a_job(template=TEMPLATE, output="pvc://models/iris"), a_worker(0, "Creating"), SETTINGS)
    there = reader_pod(a_job_body(), worker, "iris-reader-1", "models", "machine-1")["spec"]
    (term,) = there["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term == {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["machine-1"]}]}
    assert "nodeName" not in there


def test_it_only_reads_the_claim() -> None:
    reader, _ = a_reader()
    (volume,), (mount,) = reader["spec"]["volumes"], reader["spec"]["containers"][0]["volumeMounts"]
    assert volume["persistentVolumeClaim"] == {"claimName": "models", "readOnly": True}
    assert mount["readOnly"] is True


def test_it_goes_with_its_job_and_by_itself() -> None:
    reader, _ = a_reader()
    assert reader["metadata"]["ownerReferences"][0]["uid"] == a_job_body()["metadata"]["uid"]
    assert reader["spec"]["activeDeadlineSeconds"] == LIVES_SECONDS
    assert "lsml.dev/job" not in reader["metadata"].get("labels", {}), "it is no worker"


def test_what_it_writes_is_a_tar_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")
    _, *command = packing("iris")
    command[-1] = str(tmp_path)
    written = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE, check=True).stdout
    with tarfile.open(fileobj=BytesIO(written)) as files:
        assert files.getnames() == [".", "./model.json"]
