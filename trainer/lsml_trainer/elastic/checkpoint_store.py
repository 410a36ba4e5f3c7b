"""Checkpoints in a folder: whole or not at all, verified before they are used. Knows nothing of training.

    FOLDER/step-000000001200/checkpoint.json        what it is, and the sha256 of every file beside it
                             position.safetensors   never pickle

A checkpoint is there whole or not at all (`stores`), on a disk and in a bucket. A writer that comes too late, because a
newer team has written already, is refused. What is no checkpoint of this job is neither used nor removed.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationError

from lsml_trainer.errors import InvalidCheckpoint
from lsml_trainer.manifest import digest_of
from lsml_trainer.spec import TrainingSpec
from lsml_trainer.spec.report import Step, WireModel
from lsml_trainer.stores import Store, Unreadable

MANIFEST_NAME = "checkpoint.json"
POSITION_NAME = "position.safetensors"
_PREFIX = "step-"

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class CheckpointManifest(WireModel):
    """The content of checkpoint.json."""

    format: Literal[1]
    """Grows when an older reader would misread a newer folder."""
    job: Digest
    """Of what is learned from what: a state of another job is of no use."""
    shards: int
    """Into how many the rows are cut."""
    step: Step
    """Steps that were done."""
    generation: int
    """The team that wrote it."""
    files: dict[str, Digest]
    """The files beside this one."""


class Stored(NamedTuple):
    """A checkpoint that was read and verified."""

    manifest: CheckpointManifest
    position: bytes


class Found(NamedTuple):
    """The latest good checkpoint, and what had to be passed over on the way to it."""

    stored: Stored | None
    problem: str | None


class TooLate(Exception):
    """A newer team has written already."""


class CheckpointStore:
    """The checkpoints of one job, the latest `keep` of them."""

    def __init__(self, folder: Store, job: str, shards: int, keep: int) -> None:
        """`job` is `job_digest`."""
        self._folder = folder
        self._job = job
        self._shards = shards
        self._keep = keep

    def write(self, position: bytes, step: int, generation: int) -> int:
        """Adds a checkpoint, removes old ones and what killed writers left; its bytes.

        Raises TooLate, or OSError: then what was there still is.
        """
        files = {POSITION_NAME: digest_of(position)}
        manifest = CheckpointManifest(
            format=1, job=self._job, shards=self._shards, step=step, generation=generation, files=files
        )
        content = manifest.to_json().encode()

        def still_ours() -> None:
            newest = max((found.generation for _, found in self._own()), default=0)
            if newest > generation:
                raise TooLate(f"team {newest} has written a checkpoint, this is team {generation}")

        still_ours()  # also what a newer team is writing just now is none of ours to clean away
        self._folder.clean(_PREFIX, MANIFEST_NAME)
        files_of = {POSITION_NAME: position, MANIFEST_NAME: content}  # the marker last
        self._folder.child(f"{_PREFIX}{step:012d}").write(files_of, before_commit=still_ours)
        # By generation first: this one stays, also where a damaged one of an earlier team claims to be further.
        latest_first = sorted(self._own(), key=lambda own: (own[1].generation, own[1].step), reverse=True)
        for folder, _ in latest_first[self._keep :]:
            folder.remove(MANIFEST_NAME)
        return len(position) + len(content)

    def latest(self) -> Found:
        """The latest checkpoint of this job that is whole.

        Raises InvalidCheckpoint where there are some and none is; OSError where the folder cannot be read.
        """
        others, damaged = 0, list[str]()
        for folder in _folders(self._folder):
            try:
                stored = _verified(folder)
            except InvalidCheckpoint as error:
                damaged.append(str(error))
                continue
            if stored.manifest.job == self._job:
                return Found(stored, _passed_over(damaged, f"step {stored.manifest.step} is used"))
            others += 1
        if damaged:
            raise InvalidCheckpoint(
                f"no checkpoint in {self._folder} can be used: {'; '.join(damaged)[:600]}; remove them to train anew"
            )
        strange = f"{self._folder} has checkpoints of another job only, which are left alone; training starts anew"
        return Found(None, strange if others else None)

    def _own(self) -> Iterator[tuple[Store, CheckpointManifest]]:
        return (found for found in _manifests(self._folder) if found[1].job == self._job)


def job_digest(training: TrainingSpec, shards: int) -> str:
    """Of all that the states of a job depend on."""
    text = "\n".join(part.model_dump_json(by_alias=True, exclude_unset=True) for part in training.learning)
    reproducible = "" if training.reproducible == "bitwise" else f" {training.reproducible}"
    return digest_of(f"{text}\n{training.seed} {shards}{reproducible}".encode())


def stored_shards(folder: Store, training: TrainingSpec) -> int | None:
    """Into how many shards the rows were cut when this job's latest checkpoint was made; None if there is none."""
    shards = (one.shards for _, one in _manifests(folder) if one.job == job_digest(training, one.shards))
    return next(shards, None)


def stored_steps(folder: Store, job: str) -> frozenset[int]:
    """The steps of this job's checkpoints, whether all of their files are whole or not."""
    return frozenset(manifest.step for _, manifest in _manifests(folder) if manifest.job == job)


def _folders(folder: Store) -> list[Store]:
    """Those of the checkpoints, the furthest first."""
    names = sorted((name for name in folder.children(MANIFEST_NAME) if name.startswith(_PREFIX)), reverse=True)
    return [folder.child(name) for name in names]


def _manifests(folder: Store) -> Iterator[tuple[Store, CheckpointManifest]]:
    """Those that can be read, the furthest first."""
    for stored in _folders(folder):
        with suppress(InvalidCheckpoint):
            yield stored, _manifest(stored)


def _verified(folder: Store) -> Stored:
    manifest = _manifest(folder)
    position = b""
    for name, digest in manifest.files.items():
        try:
            content = folder.read(name, digest)
        except FileNotFoundError:
            raise InvalidCheckpoint(f"{folder.name} lacks {name}") from None
        except Unreadable as error:
            raise InvalidCheckpoint(str(error)) from None
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
            raise InvalidCheckpoint(f"{folder.name}/{name} is damaged (its sha256 is another one)")
        position = content if name == POSITION_NAME else position
    return Stored(manifest, position)


def _manifest(folder: Store) -> CheckpointManifest:
    try:
        return CheckpointManifest.model_validate_json(folder.read(MANIFEST_NAME))
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidCheckpoint(f"{folder.name} lacks {MANIFEST_NAME}") from None
    except Unreadable as error:
        raise InvalidCheckpoint(str(error)) from None
    except ValidationError:
        raise InvalidCheckpoint(f"{folder.name}/{MANIFEST_NAME} is damaged") from None


def _passed_over(damaged: list[str], instead: str) -> str | None:
    return f"{'; '.join(damaged)[:400]}; {instead}" if damaged else None
