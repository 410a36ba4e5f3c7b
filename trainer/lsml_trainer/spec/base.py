"""What every model of a specification shares. Knows pydantic; must not know Kubernetes.

A specification is read twice: by the API server (OpenAPI and CEL) and by Python (`lsml run`, the worker).
A `Rule` therefore says one thing in both languages, side by side, and the CRD is generated from it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class Rule:
    """A sentence that must hold between fields of one object.

    `cel` is evaluated by the API server with `self` bound to the object, `holds` by Python on the model.
    A transition rule (it reads `oldSelf`) has no `holds`: a file has no past. What CEL cannot see has no `cel`:
    the API server takes it, and the job fails with the sentence.
    `field` names the member the message is about, as the API server's `fieldPath` does.
    """

    cel: str | None
    message: str
    holds: Callable[[Any], bool] | None = None
    field: str | None = None


class SpecModel(BaseModel):
    """A frozen piece of a specification: camelCase outside, snake_case inside, unknown fields refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        allow_inf_nan=False,
        extra="forbid",
        frozen=True,
        strict=True,  # the API server does not turn "4" into 4, so neither does Python
        use_attribute_docstrings=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    RULES: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _every_rule_holds(self) -> Self:
        for rule in self.RULES:
            if rule.holds is not None and not rule.holds(self):
                # The message is a value of the template, so braces in it are taken literally.
                raise PydanticCustomError("rule", "{sentence}", {"sentence": rule.message})
        return self


class Choice(SpecModel):
    """An object in which exactly one member is set; the member's name says which kind it is."""

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """The members' names as they are written in a file, in the order of declaration."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("choice", "{sentence}", {"sentence": exactly_one_sentence(self.kinds())})
        return self

    @property
    def kind(self) -> str:
        """The name of the member that is set, as it is written in a file."""
        (name,) = self.model_fields_set
        return type(self).model_fields[name].alias or name

    @property
    def chosen(self) -> Any:
        """The member that is set."""
        (name,) = self.model_fields_set
        return getattr(self, name)


def exactly_one_sentence(kinds: tuple[str, ...]) -> str:
    """The sentence that the API server and Python both say when a Choice has none or several members."""
    return f"set exactly one of {', '.join(kinds)}"


class InvalidSpec(ValueError):
    """A specification that cannot be taken; each line of the text names a field, its value and what is allowed."""


ModelT = TypeVar("ModelT", bound=SpecModel)

EXPECTED = "Input should be "  # how pydantic begins


def parse(model: type[ModelT], document: object, at: str = "spec") -> ModelT:
    """The model read from a document of plain JSON values; `at` is the path of the document in its file.

    Raises InvalidSpec with one sentence a mistake.
    """
    try:
        return model.model_validate_json(json.dumps(document))  # JSON mode: a list may become a tuple, "4" not 4
    except ValidationError as error:
        raise InvalidSpec("\n".join(_sentences(error, document, at))) from None


def _sentences(error: ValidationError, document: object, at: str) -> Iterator[str]:
    """One for each place with a mistake: what each way to write a value says of it is said together."""
    said: dict[str, list[str]] = {}
    shown: dict[str, str] = {}
    for mistake in error.errors(include_url=False, include_context=False):
        path = ".".join([at, *_place(document, mistake["loc"], absent=mistake["type"] == "missing")])
        value = mistake["input"]
        shown[path] = "" if isinstance(value, dict | list) else f" is {json.dumps(value, default=str)[:80]}"
        said.setdefault(path, []).append(mistake["msg"])
    for path, messages in said.items():
        if any(other.startswith(f"{path}.") for other in said):
            continue  # it is written in the way that has its mistake further within
        first, *others = dict.fromkeys(messages)
        yield f"{path}{shown[path]}: {' or '.join([first, *map(_going_on, others)])}"


def _going_on(message: str) -> str:
    return message.removeprefix(EXPECTED) if message.startswith(EXPECTED) else message[:1].lower() + message[1:]


def _place(document: object, location: tuple[int | str, ...], *, absent: bool) -> Iterator[str]:
    """The parts of a location that are in the document, without pydantic's names for the ways to write a value."""
    here: Any = document
    for part in location:
        there = part in here if isinstance(here, dict) else isinstance(here, list) and isinstance(part, int)
        if there:
            here = here[part]
            yield str(part)
    if absent:
        yield str(location[-1])
