"""A TrainingJob read from a YAML file, as kubectl would read it. Knows nothing of training."""

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from lsml_trainer.spec import InvalidSpec, TrainingSpec, parse

API_VERSION = "lsml.dev/v1alpha1"
KIND = "TrainingJob"

# What speaks of machines and of runs in a cluster: without effect on this machine.
MACHINE_FIELDS = ("workers", "suspend", "activeDeadlineSeconds", "ttlSecondsAfterFinished", "backoffLimit")


class Job(NamedTuple):
    """What a file says of one job."""

    name: str
    training: TrainingSpec
    without_effect: tuple[str, ...]
    """The machine fields that are set."""


def read_job(path: Path, name: str | None = None) -> Job:
    """The only TrainingJob of the file, or the one of that name.

    Raises InvalidSpec with a sentence that names the file or the field.
    """
    document = _the_one(_jobs(path), path, name)
    specification = document.get("spec")
    if not isinstance(specification, dict):
        raise InvalidSpec(f"{path}: TrainingJob {_name(document)} has no spec")
    trained = {key: value for key, value in specification.items() if key not in MACHINE_FIELDS}
    without_effect = tuple(key for key in MACHINE_FIELDS if key in specification)
    return Job(_name(document), parse(TrainingSpec, trained), without_effect)


def _jobs(path: Path) -> list[Mapping[str, Any]]:
    try:
        documents = list(yaml.load_all(path.read_text(encoding="utf-8"), _Loader))
    except OSError as error:
        raise InvalidSpec(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidSpec(f"{path} is not text in UTF-8") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidSpec(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    return [document for document in documents if isinstance(document, dict) and document.get("kind") == KIND]


def _the_one(jobs: list[Mapping[str, Any]], path: Path, name: str | None) -> Mapping[str, Any]:
    if not jobs:
        raise InvalidSpec(f"{path} holds no document of kind: {KIND}")
    names = ", ".join(_name(job) for job in jobs)
    wanted = [job for job in jobs if name is None or _name(job) == name]
    if not wanted:
        raise InvalidSpec(f"{path} holds no TrainingJob named {name!r}; there are {names}")
    if len(wanted) > 1:
        raise InvalidSpec(f"{path} holds {len(wanted)} TrainingJobs ({names}); choose one with --name")
    if wanted[0].get("apiVersion") != API_VERSION:
        found = wanted[0].get("apiVersion")
        raise InvalidSpec(f"{path}: apiVersion is {found!r}, this version of lsml reads {API_VERSION!r}")
    return wanted[0]


def _name(job: Mapping[str, Any]) -> str:
    metadata = job.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else "without a name"


class _Loader(yaml.SafeLoader):
    """Reads numbers as kubectl does (1e-3 is one), leaves dates as text, and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(problem=f"{twice!r} is given twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


_FLOAT = "tag:yaml.org,2002:float"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_FLOAT, "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|[-+]?\.(inf|Inf|INF)$|\.(nan|NaN|NAN)$"),
    list("-+0123456789."),
)
