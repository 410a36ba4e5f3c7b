"""The documents of a YAML file, read as kubectl would read them. Knows nothing of what a TrainingJob says."""

import re
import sys
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lsml_trainer.spec.base import InvalidSpec

API_VERSION = "lsml.dev/v1alpha1"
KIND = "TrainingJob"
STANDARD_INPUT = Path("-")

Document = Mapping[str, Any]


def read_documents(path: Path) -> list[Document]:
    """All objects of the file, or of the standard input for `-`.

    Raises InvalidSpec with a sentence that names the file.
    """
    try:
        return [found for found in yaml.load_all(_text(path), _Loader) if isinstance(found, dict)]
    except OSError as error:
        raise InvalidSpec(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidSpec(f"{path} is not text in UTF-8") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidSpec(f"{path} is not YAML: {_mistake(error)}") from None


def _mistake(error: Exception) -> str:
    """Where it is and what, without the lines around it that YAML's own text has."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return " ".join(str(error).split())
    return f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}: {error.problem}"


def read_jobs(path: Path) -> list[Document]:
    """The TrainingJobs of the file, one at least.

    Raises InvalidSpec with a sentence that names the file.
    """
    jobs = [document for document in read_documents(path) if document.get("kind") == KIND]
    if not jobs:
        raise InvalidSpec(f"{path} holds no document of kind: {KIND}")
    return jobs


def read_the_job(path: Path, name: str | None) -> Document:
    """The only TrainingJob of the file, or the one of that name.

    Raises InvalidSpec with a sentence that names the file.
    """
    jobs = read_jobs(path)
    names = ", ".join(map(name_of, jobs))
    wanted = [job for job in jobs if name is None or name_of(job) == name]
    if not wanted:
        raise InvalidSpec(f"{path} holds no TrainingJob named {name!r}; there are {names}")
    if len(wanted) > 1:
        raise InvalidSpec(f"{path} holds {len(wanted)} TrainingJobs ({names}); choose one with --name")
    if wanted[0].get("apiVersion") != API_VERSION:
        found = wanted[0].get("apiVersion")
        raise InvalidSpec(f"{path}: apiVersion is {found!r}, this version of lsml reads {API_VERSION!r}")
    return wanted[0]


def name_of(document: Document) -> str:
    """Its name, for people."""
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else "without a name"


def _text(path: Path) -> str:
    data = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    return data.decode()


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
