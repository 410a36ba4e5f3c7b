"""LSML is upgraded, rolled back, taken away and installed by the README while a team trains: no worker notices.

The number is that of the list of faults.
"""

import re
import subprocess
import textwrap
from importlib.metadata import version
from pathlib import Path

import pytest

from e2e.claim import hurry
from e2e.conftest import install
from e2e.images import OPERATOR, REPOSITORY, TRAINER
from e2e.jobs import NO_RESTARTS, SLEEPY, a_patient_job
from e2e.kube import WAIT, WAIT_SECONDS, Kube, Object, wait_for
from e2e.test_elastic import run_together
from localcluster import ClusterError

pytestmark = pytest.mark.e2e

JOB = "patient"
UNTIL_THERE = ("--wait", WAIT)
INSTALLING = (REPOSITORY / "README.md").read_text().partition("## Install it\n")[2].partition("\n## ")[0]


def team_of(kube: Kube) -> dict[str, tuple[str, int]]:
    """The UID and the restarts of each pod of the job: workers and coordinator."""
    return {
        pod["metadata"]["name"]: (pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["restartCount"])
        for pod in kube.pods(JOB)
    }


def until_it_goes_on(kube: Kube) -> None:
    """An operator has seen steps that were not there before."""
    step = kube.status(JOB)["progress"]["step"]
    kube.until(JOB, lambda status: status["progress"]["step"] > step)


def operator_of(system: Kube) -> Object:
    """The only pod that is left of the Deployment."""
    found: list[Object] = []

    def look() -> bool:
        found[:] = system.every("pods", "app.kubernetes.io/component=operator")
        return len(found) == 1

    wait_for(look, WAIT_SECONDS, lambda: system("get", "pods"))
    return found[0]


def block(beginning: str) -> str:
    """The lines that the README has for a shell and that begin so, with the nodes' own images for a registry's."""
    blocks = [textwrap.dedent(lines) for lines in re.findall(r"(?:^ {4}.*\n)+", INSTALLING, re.MULTILINE)]
    (found,) = (lines for lines in blocks if lines.startswith(beginning))
    return found.replace("REGISTRY", "localhost")


def inline(beginning: str) -> str:
    """The command in its sentences that begins so."""
    (found,) = re.findall(rf"`({beginning}[^`]*)`", INSTALLING)
    return str(found)


def type_in(system: Kube, lines: str) -> None:
    """Into a shell, in the repository's folder."""
    environment = system.cluster.environment()
    subprocess.run(["bash", "-euxc", lines], cwd=REPOSITORY, env=environment, check=True, timeout=WAIT_SECONDS)


def test_no_worker_notices(kube: Kube, system: Kube, package: Path) -> None:
    """24; from the package that `make release` makes."""
    kube.apply(SLEEPY)
    kube.apply(a_patient_job(JOB, replicas=2))
    kube.until(JOB, run_together(2))
    team = team_of(kube)
    assert sorted(team) == [f"{JOB}-coordinator-0", f"{JOB}-w0-0", f"{JOB}-w1-0"]
    try:
        live(kube, system, package, team)
    finally:
        install(system, package)  # other tests need it, whatever has become of it here
        operator_of(system)

    hurry(kube, JOB)
    ended = kube.until_phase(JOB, "Succeeded")
    assert ended["restarts"] == NO_RESTARTS
    kube.delete_job(JOB)


def live(kube: Kube, system: Kube, package: Path, team: dict[str, tuple[str, int]]) -> None:
    """All that happens to the release."""
    first = operator_of(system)
    with pytest.raises(ClusterError, match="no such file"):  # there is no shell to be had
        system("exec", first["metadata"]["name"], "--", "/bin/sh", "-c", "true")

    more = ("--reset-then-reuse-values", "--set", "podAnnotations.upgraded=yes")
    system.helm("upgrade", "lsml", str(package), *more, *UNTIL_THERE)
    second = operator_of(system)
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert second["metadata"]["annotations"]["upgraded"] == "yes"
    until_it_goes_on(kube)
    assert team_of(kube) == team

    system.helm("rollback", "lsml", *UNTIL_THERE)
    assert "upgraded" not in operator_of(system)["metadata"]["annotations"]
    until_it_goes_on(kube)
    assert team_of(kube) == team

    for name, image in (("operator", OPERATOR), ("trainer", TRAINER)):
        for registry in ("localhost", "docker.io"):
            kube.cluster.call(image, f"{registry}/lsml/{name}:{version('lsml')}")
    type_in(system, inline("helm uninstall"))
    wait_for(
        lambda: not system.every("pods", "app.kubernetes.io/component=operator"),
        WAIT_SECONDS,
        lambda: system("get", "pods"),
    )
    assert kube.get("crd", "trainingjobs.lsml.dev")["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert kube.status(JOB)["phase"] == "Running"

    # Whoever comes from Helm adds that: manifests/README.md.
    type_in(system, block("kubectl apply").replace("--server-side", "--server-side --force-conflicts"))
    until_it_goes_on(kube)
    assert team_of(kube) == team

    type_in(system, inline("kubectl delete -f"))
    type_in(system, block("helm install"))
    until_it_goes_on(kube)
    assert team_of(kube) == team
