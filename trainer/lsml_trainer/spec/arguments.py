"""Free-form arguments of somebody else's code: any JSON, bounded."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

MOST_ARGUMENTS = 64
MOST_CHARACTERS = 16_384


def _bounded(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments; raises PydanticCustomError with a sentence."""
    if strange := [name for name in arguments if not name.isidentifier() or not name.isascii() or len(name) > 63]:
        raise _error(f"the name {strange[0][:80]!r} is no argument of a Python function")
    if len(arguments) > MOST_ARGUMENTS:
        raise _error(f"there are {len(arguments)} arguments; at most {MOST_ARGUMENTS} can be given")
    characters = len(json.dumps(arguments))
    if characters > MOST_CHARACTERS:
        raise _error(f"the arguments have {characters} characters as JSON; at most {MOST_CHARACTERS} can be given")
    return arguments


def _error(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("arguments", "{sentence}", {"sentence": sentence})


# The API server keeps what is within as it is; what it cannot judge (names, total length) is judged by the worker.
Arguments = Annotated[
    dict[str, Any],
    AfterValidator(_bounded),
    WithJsonSchema({"type": "object", "maxProperties": MOST_ARGUMENTS, "x-kubernetes-preserve-unknown-fields": True}),
]
