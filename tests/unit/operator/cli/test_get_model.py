"""`lsml get-model`: what it refuses before it asks anybody, and what it takes for a model."""

import hashlib
import tarfile
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from lsml_operator.cli.ends import End, Ended
from lsml_operator.cli.get_model import _write, holder, kept, unpack, why_not
from lsml_operator.client import CommandFailed

CONTENT = b"weights"
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def job(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "iris"}, "spec": {"output": "pvc://models/iris"}, "status": status}


def test_a_model_of_a_claim_is_where_its_status_says() -> None:
    model = {"uri": "pvc://models/a/iris", "digest": DIGEST}
    assert kept(job(model=model)) == ("models", "a/iris", DIGEST)


REFUSED: dict[str, tuple[dict[str, Any], End, str]] = {
    "it trains": (job(phase="Running"), End.NOT_FOUND, "iris has no model: it is Running, and spec.output is pvc://"),
    "nobody saw it": (job(), End.NOT_FOUND, "not seen by an operator yet"),
    "in a bucket": (
        job(model={"uri": "s3://models/iris", "digest": DIGEST}),
        End.BAD_INPUT,
        "the model is at s3://models/iris, which needs no pod: lsml_trainer.load('s3://models/iris')",
    ),
}


@pytest.mark.parametrize(("found", "end", "words"), REFUSED.values(), ids=REFUSED)
def test_where_there_is_none_it_says_why(found: dict[str, Any], end: End, words: str) -> None:
    with pytest.raises(Ended) as ended:
        kept(found)
    assert ended.value.end is end
    assert words in str(ended.value)


def a_pod(node: str, *claims: str) -> dict[str, Any]:
    volumes = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    return {"spec": {"nodeName": node, "volumes": [{"name": "tmp", "emptyDir": {}}, *volumes]}}


HOLDERS: dict[str, tuple[list[dict[str, Any]], str | None]] = {
    "nobody": ([], None),
    "others": ([{"spec": {"nodeName": "a"}}, a_pod("b"), a_pod("c", "rows")], None),
    "one of a running pod's": ([a_pod("b", "rows"), a_pod("c", "rows", "models")], "c"),
}


@pytest.mark.parametrize(("running", "node"), HOLDERS.values(), ids=HOLDERS)
def test_where_the_claim_is_mounted(running: list[dict[str, Any]], node: str | None) -> None:
    assert holder(running, "models") == node


def packed(**files: bytes) -> BytesIO:
    content = BytesIO()
    with tarfile.open(fileobj=content, mode="w") as made:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("__", "."))
            member.size = len(text)
            made.addfile(member, BytesIO(text))
    content.seek(0)
    return content


def test_a_model_appears_as_a_whole(tmp_path: Path) -> None:
    unpack(packed(model__json=b"{}", weights__safetensors=CONTENT), tmp_path / "to" / "iris", DIGEST)
    (folder,) = (tmp_path / "to").iterdir()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "model.json": b"{}",
        "weights.safetensors": CONTENT,
    }


NO_MODELS: dict[str, tuple[Callable[[], BytesIO], str]] = {
    "other weights": (lambda: packed(weights__safetensors=b"others"), "and the job's status says sha256:"),
    "no weights": (lambda: packed(model__json=b"{}"), "what came is no model"),
    "no tar": (lambda: BytesIO(b"Traceback"), "what came is no model"),
    "cut short": (lambda: BytesIO(packed(weights__safetensors=bytes(9999)).read()[:2000]), "what came is no model"),
    "a way out": (lambda: packed(**{"../weights": CONTENT}), "what came is no model"),
}


@pytest.mark.parametrize(("made", "words"), NO_MODELS.values(), ids=NO_MODELS)
def test_what_is_no_model_is_not_left_there(tmp_path: Path, made: Callable[[], BytesIO], words: str) -> None:
    with pytest.raises(Ended, match=words):
        unpack(made(), tmp_path / "iris", DIGEST)
    assert not list(tmp_path.iterdir())


async def test_a_folder_that_is_not_there_is_no_fault_of_the_api_server() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"some"
        raise CommandFailed("FileNotFoundError: /model/iris")

    with pytest.raises(
        Ended, match=r"pvc://models/iris, .* cannot be read \(FileNotFoundError: /model/iris\)"
    ) as ended:
        await _write(pieces(), BytesIO(), "models/iris")
    assert ended.value.end is End.REFUSED


def test_a_pod_that_does_not_run_says_why() -> None:
    waiting = {"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}]}
    assert why_not({"metadata": {}, "status": waiting}) == "ErrImagePull: no such image"
    unplaced = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/1 nodes are available",
    }
    seen = {"metadata": {}, "status": {"phase": "Pending", "conditions": [unplaced]}}
    assert why_not(seen) == "Unschedulable: 0/1 nodes are available"
    assert why_not({"metadata": {}, "status": {"phase": "Pending"}}) == "Pending"
