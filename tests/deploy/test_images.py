"""The Dockerfile."""

import re

import kubernetes.aio.client

from deploy.chart import REPOSITORY

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
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


def test_the_images_say_what_they_are() -> None:
    for name in IMAGES:
        said = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]+)"', stage(name)))
        assert said.pop("title")
        assert said.pop("description")
        assert said == {
            "licenses": "Apache-2.0",
            "version": "${VERSION}",
            "revision": "${REVISION}",
            "source": "${SOURCE}",
        }


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


def test_the_images_are_made_of_the_packages_alone() -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text().split("\n")
    assert "*" in ignored
    copied = set(re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE))
    names = {name for line in copied for name in line.split()}
    assert {f"!{name}" for name in names} == {line for line in ignored if line.startswith("!")}
