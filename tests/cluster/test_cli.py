"""The commands for people, against a real API server: what they do, what they say, and how they end."""

import json
from pathlib import Path

import pytest
import yaml

from cluster.api import MERGE, Object, path_of
from cluster.command_line import MOST_SECONDS, CommandLine
from cluster.kubelet import Kubelet
from cluster.objects import a_job, an_ending, done
from cluster.process import OperatorProcess
from cluster.space import Space
from localcluster import Cluster

IRIS = yaml.safe_dump(a_job())
GONE = "there is no TrainingJob 'iris' in namespace"


@pytest.fixture
def lsml(cluster: Cluster, space: Space) -> CommandLine:
    """The command, in the test's namespace."""
    return CommandLine(cluster.kubeconfig, space.name)


def a_status(space: Space, status: Object, name: str = "iris") -> None:
    """What an operator would have written."""
    space.api.request("PATCH", path_of("TrainingJob", space.name, name, "status"), {"status": status}, MERGE)


# submit


def test_submit_creates_then_finds_nothing_to_change(lsml: CommandLine, space: Space, no_operator: None) -> None:
    assert lsml.here("submit", "-", stdin=IRIS) == (0, f"{space.name}/iris created\n", "")
    assert lsml.here("submit", "-", stdin=IRIS) == (0, f"{space.name}/iris unchanged\n", "")

    changed = yaml.safe_dump(a_job(backoffLimit=1))
    assert lsml.here("submit", "-", stdin=changed) == (0, f"{space.name}/iris changed\n", "")
    assert space.job()["spec"]["backoffLimit"] == 1


def test_submit_only_to_be_judged_stores_nothing(lsml: CommandLine, space: Space, no_operator: None) -> None:
    ran = lsml.here("submit", "-", "--dry-run", stdin=IRIS)

    assert ran == (0, f"{space.name}/iris would be created; nothing was stored\n", "")
    assert space.find("TrainingJob", "iris") is None


def test_submit_says_what_the_api_server_says(lsml: CommandLine, space: Space, no_operator: None) -> None:
    ran = lsml.here("submit", "-", stdin=yaml.safe_dump(a_job(algorithm={"svm": {"C": -1}})))

    assert ran.code == 2
    assert "spec.algorithm.svm.C in body should be greater than 0" in ran.err
    assert "Traceback" not in ran.err
    assert space.find("TrainingJob", "iris") is None


def test_what_cannot_be_changed_is_refused_in_its_sentence(lsml: CommandLine, space: Space, no_operator: None) -> None:
    space.create(a_job())

    ran = lsml.here("submit", "-", stdin=yaml.safe_dump(a_job(seed=7)))

    assert ran.code == 2
    assert "seed cannot be changed once the job was created; create a job of another name" in ran.err


def test_submit_does_not_overwrite_what_somebody_else_has_set(
    lsml: CommandLine, space: Space, no_operator: None
) -> None:
    space.create(a_job(backoffLimit=3))

    ran = lsml.here("submit", "-", stdin=yaml.safe_dump(a_job(backoffLimit=4)))

    assert ran.code == 6
    assert "conflict" in ran.err
    assert space.job()["spec"]["backoffLimit"] == 3


def test_a_namespace_that_contradicts_the_file_is_refused(lsml: CommandLine, no_operator: None) -> None:
    elsewhere = a_job() | {"metadata": {"name": "iris", "namespace": "elsewhere"}}

    ran = lsml.here("submit", "-", stdin=yaml.safe_dump(elsewhere))

    assert ran.code == 2
    assert ran.err.startswith("metadata.namespace is 'elsewhere', but --namespace is 'test-")


# status, top


def test_status_as_it_is_stored(lsml: CommandLine, space: Space, no_operator: None) -> None:
    space.create(a_job())
    stored = {"phase": "Running", "diagnosis": "training", "observedGeneration": 1}
    a_status(space, stored)

    assert json.loads(lsml.here("status", "iris", "-o", "json").out) == stored
    assert yaml.safe_load(lsml.here("status", "iris", "-o", "yaml").out) == stored


def test_status_tells_the_whole_story(
    lsml: CommandLine, space: Space, operator: OperatorProcess, kubelet: Kubelet
) -> None:
    space.create(a_job())
    kubelet.ends(space.until_pod(), 0, done())
    space.until_phase("Succeeded")

    ran = lsml.here("status", "iris")

    assert (ran.code, ran.err) == (0, "")
    for part in (
        f"iris  {space.name}  Succeeded",
        "svm (linear) on builtin://iris, label target",
        "accuracy 0.9667 on 30 held-out rows",
        "pvc://models/iris  sha256:000000000000…",
        "Complete   True    Completed",
    ):
        assert part in ran.out


def test_top_shows_all_jobs(lsml: CommandLine, space: Space, no_operator: None) -> None:
    for name in ("iris", "wine"):
        space.create(a_job(name))
    a_status(space, {"phase": "Running", "summary": {"workers": "1/1", "progress": "63%"}}, "wine")

    header, first, second, count = lsml.here("top").out.splitlines()

    assert header.split() == [
        "NAME", "PHASE", "WORKERS", "PROGRESS", "LOSS", "ETA", "RESTARTS", "AGE", "MESSAGE",
    ]  # fmt: skip
    assert first.split()[:4] == ["iris", "Unseen", "-", "-"]
    assert second.split()[:4] == ["wine", "Running", "1/1", "63%"]
    assert count == "2 jobs: 1 Unseen, 1 Running"
    assert space.name in lsml("top", "--all-namespaces").out


# watch


def test_watch_ends_with_the_job(lsml: CommandLine, space: Space, operator: OperatorProcess, kubelet: Kubelet) -> None:
    space.create(a_job())
    with lsml.started("watch", "iris") as process:
        kubelet.runs(space.until_pod())
        assert process.stdout is not None
        while "Z iris Running" not in process.stdout.readline():
            assert process.poll() is None
        kubelet.ends(space.until_pod(), 0, done())
        out, err = process.communicate(timeout=MOST_SECONDS)

    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] == (
        "iris Succeeded: accuracy 0.9667 on 30 held-out rows; the model is at pvc://models/iris"
    )


def test_a_failed_job_is_another_exit_code(
    lsml: CommandLine, space: Space, operator: OperatorProcess, kubelet: Kubelet
) -> None:
    space.create(a_job())
    kubelet.ends(space.until_pod(), 3, an_ending("Diverged", "the loss is not finite at step 7"))
    space.until_phase("Failed")

    ran = lsml.here("submit", "-", "--wait", stdin=IRIS)

    assert (ran.code, ran.err) == (1, "")
    assert ran.out.splitlines()[-1] == "iris Failed: the loss is not finite at step 7"


def test_nobody_waits_for_ever(lsml: CommandLine, space: Space, no_operator: None) -> None:
    space.create(a_job())

    assert lsml.here("watch", "iris", "--timeout", "0.1")[::2] == (7, "iris has not ended within 0.1 s; it goes on\n")


def test_a_job_that_is_deleted_ends_the_watch(lsml: CommandLine, space: Space, no_operator: None) -> None:
    space.create(a_job())
    with lsml.started("watch", "iris") as process:
        assert process.stdout is not None
        assert "iris not seen by an operator yet" in process.stdout.readline()
        space.delete("TrainingJob", "iris")
        _, err = process.communicate(timeout=MOST_SECONDS)

    assert (process.returncode, err) == (3, "TrainingJob 'iris' was deleted\n")


# diagnose, logs


def test_diagnose_says_what_is_missing_and_what_would_help(
    lsml: CommandLine, space: Space, operator: OperatorProcess, kubelet: Kubelet
) -> None:
    space.create(a_job())
    kubelet.finds_no_node(space.until_pod(), "0/1 nodes are available: 1 Insufficient cpu.")
    space.until_reason("Unschedulable")

    ran = lsml.here("diagnose", "iris")

    assert (ran.code, ran.err) == (0, "")
    assert "iris is Pending (Unschedulable, for " in ran.out
    assert "0/1 nodes are available: 1 Insufficient cpu." in ran.out
    assert "ask for less: workers.resources.requests" in ran.out


def test_logs_that_are_followed_end_with_the_job(
    lsml: CommandLine, space: Space, operator: OperatorProcess, kubelet: Kubelet
) -> None:
    """There is no node here that could show one: the API server gives an empty log."""
    space.create(a_job())
    kubelet.ends(space.until_pod(), 0, done())
    space.until_phase("Succeeded")

    assert lsml.here("logs", "iris", "--follow") == (0, "", "")


# scale, suspend, resume


def test_suspend_and_resume(lsml: CommandLine, space: Space, no_operator: None) -> None:
    space.create(a_job())

    assert lsml.here("suspend", "iris") == (0, "iris is suspended\n", "")
    assert space.job()["spec"]["suspend"] is True
    assert lsml.here("suspend", "iris") == (0, "iris is already suspended\n", "")
    assert lsml.here("resume", "iris") == (0, "iris is resumed\n", "")
    assert space.job()["spec"]["suspend"] is False
    assert lsml.here("resume", "iris") == (0, "iris is not suspended\n", "")


def test_scale(lsml: CommandLine, space: Space, no_operator: None) -> None:
    space.create(a_job())

    assert lsml.here("scale", "iris", "1") == (0, "iris is to have 1 workers; 0 run now\n", "")
    refused = lsml.here("scale", "iris", "1000000")

    assert refused.code == 2
    assert "spec.workers.replicas" in refused.err


# How they end


def test_kubectl_finds_the_commands(lsml: CommandLine, space: Space, no_operator: None) -> None:
    space.create(a_job())

    ran = lsml.through_kubectl("top")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1].split()[0] == "iris"


@pytest.mark.parametrize("command", ["status", "watch", "logs", "diagnose", "suspend", "resume", "scale 1"])
def test_a_job_that_is_not_there(lsml: CommandLine, space: Space, no_operator: None, command: str) -> None:
    name, *more = command.split()
    ran = lsml.here(name, "iris", *more)

    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith(GONE)


def test_an_api_server_that_is_not_there(cluster: Cluster, tmp_path: Path, lsml: CommandLine) -> None:
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config))

    ran = lsml("top", "--kubeconfig", str(file))

    assert ran.code == 4
    assert ran.err.startswith("the API server cannot be reached: ")


def test_a_context_that_there_is_not(lsml: CommandLine) -> None:
    ran = lsml("top", "--context", "elsewhere")

    assert ran.code == 2
    assert ran.err.startswith("no cluster to speak to: ")
    assert "elsewhere" in ran.err
