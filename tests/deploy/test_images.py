"""The Dockerfile and the versions that it installs."""

import re
import tomllib

import kubernetes.aio.client
from packaging.requirements import Requirement

from deploy.chart import REPOSITORY

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
PINS = [line for line in (REPOSITORY / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
IMAGES = {"operator": '["python", "-m", "lsml_operator"]', "trainer": '["lsml"]'}


def stage(name: str) -> str:
    """The instructions of one stage."""
    (text,) = re.findall(rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    return str(text)


def test_the_images_run_as_nobody_and_end_on_sigterm() -> None:
    for name, entrypoint in IMAGES.items():
        lines = stage(name).splitlines()
        assert {"USER 65532:65532", "STOPSIGNAL SIGTERM", f"ENTRYPOINT {entrypoint}"} <= set(lines)
        assert not [line for line in lines if line.startswith("RUN")], "the base may have no shell"


def test_nothing_that_only_buildkit_understands() -> None:
    for odd in ("# syntax", "RUN --mount", "RUN --network", "COPY --link", "COPY --parents", "COPY --exclude", "<<"):
        assert odd not in DOCKERFILE


def test_the_operators_image_has_the_parts_of_the_client_that_the_operator_names() -> None:
    kept = set(re.findall(r"! -name (\w+_api)\.py -delete", DOCKERFILE))
    sources = [path.read_text() for path in (REPOSITORY / "operator").rglob("*.py")]
    assert not [source for source in sources if re.search(r"kubernetes\.client|from kubernetes import", source)]
    named = {name for source in sources for name in re.findall(r"\b[A-Z]\w*Api\b", source)}
    used = {
        getattr(kubernetes.aio.client, name).__module__.rpartition(".")[2]
        for name in named & set(kubernetes.aio.client.__all__)
    }
    of_the_lease = {"coordination_v1_api"}  # the client's own leader election
    assert used | of_the_lease == kept


def test_constraints_are_plain_versions() -> None:
    assert [pin for pin in PINS if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[0-9][0-9a-z.]*", pin)] == []
    assert len({pin.split("==")[0] for pin in PINS}) == len(PINS)
    assert not [pin for pin in PINS if pin.startswith(("nvidia-", "triton", "cuda-"))]


def test_constraints_pin_all_that_the_project_asks_for() -> None:
    pinned = dict(pin.split("==") for pin in PINS)
    extras = PROJECT["optional-dependencies"].values()
    asked = [Requirement(text) for text in [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]]
    odd = [
        str(requirement)
        for requirement in asked
        if requirement.name != PROJECT["name"]
        and not requirement.specifier.contains(pinned.get(requirement.name.lower(), ""), prereleases=True)
    ]
    assert odd == []


def test_the_images_are_made_of_the_packages_alone() -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text().split("\n")
    assert "*" in ignored
    copied = set(re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE))
    names = {name for line in copied for name in line.split()}
    assert {f"!{name}" for name in names} == {line for line in ignored if line.startswith("!")}
