"""Rows of the schema's tables: a job that is right but for one thing. Pure."""

from typing import Any, NamedTuple

from cluster.api import Object
from cluster.objects import A_CONTAINER, GRADIENT_DESCENT, MLP, SGD, SVM, a_job

TEMPLATE = "spec.workers.template"
RESOURCES = "spec.workers.resources"


class Omit:
    """In place of a value: the field is left out."""


class Case(NamedTuple):
    """A family, the field that is set, its value, and a part of what the API server must say."""

    algorithm: Object
    field: str
    value: Any
    sentence: str


def job_of(case: Case) -> Object:
    """The job that the case is about."""
    job = a_job(algorithm=case.algorithm)
    set_field(job, case.field, case.value)
    return job


def set_field(document: Object, field: str, value: Any) -> None:
    """Set one field by its path, whose names are joined by dots."""
    *way, last = field.split(".")
    for name in way:
        document = document.setdefault(name, {})
    if value is Omit:
        del document[last]
    else:
        document[last] = value


def svm(field: str, value: Any, sentence: str) -> Case:
    """A hyperparameter of an SVM."""
    return Case(SVM, f"spec.algorithm.svm.{field}", value, sentence)


def gradient_descent(field: str, value: Any, sentence: str) -> Case:
    """A hyperparameter of gradient descent."""
    return Case(GRADIENT_DESCENT, f"spec.algorithm.gradientDescent.{field}", value, sentence)


def sgd(field: str, value: Any, sentence: str) -> Case:
    """A hyperparameter of stochastic gradient descent."""
    return Case(SGD, f"spec.algorithm.sgd.{field}", value, sentence)


def deep(field: str, value: Any, sentence: str) -> Case:
    """A hyperparameter of deep learning, or several with field "" and a mapping."""
    if field:
        return Case(MLP, f"spec.algorithm.deepLearning.{field}", value, sentence)
    return Case(MLP, "spec.algorithm.deepLearning", MLP["deepLearning"] | value, sentence)


def container(field: str, value: Any, sentence: str) -> Case:
    """A program of the user's own."""
    return Case(A_CONTAINER, f"spec.algorithm.container.{field}", value, sentence)


def spec(field: str, value: Any, sentence: str) -> Case:
    """Any field of the spec."""
    return Case(SVM, f"spec.{field}", value, sentence)


def named(name: str, sentence: str) -> Case:
    """The job's name."""
    return Case(SVM, "metadata.name", name, sentence)


def template(sentence: str, **fields: Any) -> Case:
    """The workers' template."""
    return Case(SVM, TEMPLATE, fields, sentence)


def volume(sentence: str, **source: Any) -> Case:
    """A volume of the workers."""
    return template(sentence, volumes=[{"name": "v", **source}])


def mount(sentence: str, **fields: Any) -> Case:
    """Where the workers see a volume."""
    mounts = [{"name": "v", "mountPath": "/data", **fields}]
    return template(sentence, volumes=[{"name": "v", "emptyDir": {}}], volumeMounts=mounts)


def env(sentence: str, *variables: Object) -> Case:
    """Environment variables of the workers."""
    return template(sentence, env=list(variables))


def unknown(field: str) -> str:
    """The API server's words for a field that is not in the schema."""
    return f'unknown field "spec.{field}"'


def resources(sentence: str, **fields: Any) -> Case:
    """What the workers ask of their nodes."""
    return Case(SVM, RESOURCES, fields, sentence)


def at_least(least: float, field: str) -> str:
    """The API server's words for a number that is too small."""
    return f"spec.{field} in body should be greater than or equal to {least}"


def at_most(most: str, field: str) -> str:
    """The API server's words for a number that is too large."""
    return f"spec.{field} in body should be less than or equal to {most}"
