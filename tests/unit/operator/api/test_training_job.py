"""A spec as Python reads it: what is meant by what is not said, and mistakes by field and value.

The API server's reading of the same rules is a matter of tests/cluster.
"""

import pytest

from lsml_operator.api.training_job import TrainingJobSpec
from lsml_operator.api.workers import Workers
from lsml_trainer.spec import InvalidSpec, parse
from unit.operator.builders import Json, a_spec


def test_what_is_meant_by_what_is_not_said() -> None:
    spec = parse(TrainingJobSpec, a_spec())
    assert spec.workers == Workers()
    assert (spec.workers.replicas, spec.workers.min, spec.workers.max) == (1, 1, None)
    assert (spec.suspend, spec.backoff_limit) == (False, 6)
    assert (spec.active_deadline_seconds, spec.ttl_seconds_after_finished, spec.output) == (None, None, None)


def workers(**fields: object) -> Json:
    return {**a_spec(), "workers": fields}


SHARDS: dict[str, tuple[Json, int]] = {
    "one worker": (a_spec(), 1),
    "three": (workers(replicas=3), 4),
    "eight at most": (workers(replicas=2, max=8), 8),
    "nine at most": (workers(replicas=2, max=9), 16),
    "as the data says": ({**workers(max=9), "data": {"train": {"uri": "builtin://iris"}, "shards": 2}}, 2),
}


@pytest.mark.parametrize(("spec", "wanted"), SHARDS.values(), ids=SHARDS)
def test_the_number_of_shards_is_not_a_matter_of_how_many_workers_there_are(spec: Json, wanted: int) -> None:
    assert parse(TrainingJobSpec, spec).shards == wanted


def template(**fields: object) -> Json:
    return a_spec(template=dict(fields))


def volume(**source: object) -> Json:
    return template(volumes=[{"name": "v", **source}])


def mount(path: str) -> Json:
    return template(volumes=[{"name": "v", "emptyDir": {}}], volumeMounts=[{"name": "v", "mountPath": path}])


OWN_FOLDERS = "the worker's own /tmp, /mnt/claims and /mnt/lsml cannot be mounted over, and .. is not allowed"
ONE_SOURCE = "set exactly one of configMap, secret, emptyDir, persistentVolumeClaim"
AUTOSCALE = "autoscale needs max, of 2 or more, up to which workers are added; set workers.max"
LIMIT = "should be less than or equal to 64"

MISTAKES: dict[str, tuple[Json, str]] = {
    "no algorithm": (
        {"data": a_spec()["data"]},
        "spec: set algorithm, to train a model, or model, to predict with one that was trained before",
    ),
    "an unknown field": ({**a_spec(), "gpus": 4}, "spec.gpus is 4: Extra inputs are not permitted"),
    "too many workers": (workers(replicas=65), f"spec.workers.replicas is 65: Input {LIMIT}"),
    "a million workers": (workers(replicas=10**6), f"spec.workers.replicas is 1000000: Input {LIMIT}"),
    "2^31 workers": (workers(max=2**31), f"spec.workers.max is 2147483648: Input {LIMIT}"),
    "more than at most": (workers(replicas=3, max=2), "spec.workers: replicas must not be larger than max"),
    "fewer than at least": (workers(replicas=2, min=3), "spec.workers: min must not be larger than replicas"),
    "grows without bound": (workers(autoscale={"efficiency": 0.7}), f"spec.workers: {AUTOSCALE}"),
    "grows up to one": (workers(max=1, autoscale={"efficiency": 0.7}), f"spec.workers: {AUTOSCALE}"),
    "each must bring more than itself": (
        workers(max=4, autoscale={"efficiency": 1.5}),
        "spec.workers.autoscale.efficiency is 1.5: Input should be less than or equal to 1",
    ),
    "a straggler of nobody": (
        workers(replaceStragglers=True),
        "spec.workers: replaceStragglers needs more than one worker; take it out or set replicas or max",
    ),
    "a gang of one": (
        workers(gang="strict"),
        "spec.workers: gang: strict is about the first min workers; set min to 2 or more, or take gang out",
    ),
    "the patience of no gang": (
        workers(gangPatienceSeconds=60),
        "spec.workers: gangPatienceSeconds is of no use without gang: strict; take it out or set gang",
    ),
    "no workers": (workers(replicas=0), "spec.workers.replicas is 0: Input should be greater than or equal to 1"),
    "negative workers": (workers(min=-1), "spec.workers.min is -1: Input should be greater than or equal to 1"),
    "a number in quotes": (workers(replicas="1"), 'spec.workers.replicas is "1": Input should be a valid integer'),
    "no time at all": (
        a_spec(deadline_s=0),
        "spec.activeDeadlineSeconds is 0: Input should be greater than or equal to 1",
    ),
    "a negative time to live": (
        a_spec(ttl_s=-1),
        "spec.ttlSecondsAfterFinished is -1: Input should be greater than or equal to 0",
    ),
    "a negative limit": (
        a_spec(backoff_limit=-1),
        "spec.backoffLimit is -1: Input should be greater than or equal to 0",
    ),
    "no quantity": (
        a_spec(resources={"limits": {"cpu": "lots"}}),
        'spec.workers.resources.limits.cpu is "lots": Input should be a valid integer or string should match pattern '
        r"'^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+)?$'",
    ),
    "a host's folder": (
        volume(hostPath={"path": "/"}),
        "spec.workers.template.volumes.0.hostPath: Extra inputs are not permitted",
    ),
    "the host's network": (
        template(hostNetwork=True),
        "spec.workers.template.hostNetwork is true: Extra inputs are not permitted",
    ),
    "a volume of nothing": (volume(), f"spec.workers.template.volumes.0: {ONE_SOURCE}"),
    "a volume of two things": (
        volume(emptyDir={}, secret={"secretName": "s"}),
        f"spec.workers.template.volumes.0: {ONE_SOURCE}",
    ),
    "a volume of the operator's": (
        template(volumes=[{"name": "lsml-x", "emptyDir": {}}]),
        "spec.workers.template.volumes.0: names that begin with lsml- are the operator's own; choose another",
    ),
    "a mount of no volume": (
        template(volumeMounts=[{"name": "v", "mountPath": "/v"}]),
        "spec.workers.template: every volumeMount names one of the volumes",
    ),
    "a mount over the worker's own folder": (
        mount("/mnt/claims/models"),
        f"spec.workers.template.volumeMounts.0: {OWN_FOLDERS}",
    ),
    "a mount over its token": (mount("/mnt/lsml"), f"spec.workers.template.volumeMounts.0: {OWN_FOLDERS}"),
    "a mount over /tmp": (mount("/tmp"), f"spec.workers.template.volumeMounts.0: {OWN_FOLDERS}"),  # noqa: S108
    "a way out": (mount("/data/../etc"), f"spec.workers.template.volumeMounts.0: {OWN_FOLDERS}"),
    "a variable of the operator's": (
        template(env=[{"name": "LSML_SPEC", "value": "{}"}]),
        "spec.workers.template.env.0: names that begin with LSML_ are the operator's own; choose another",
    ),
    "a variable with two values": (
        template(env=[{"name": "A", "value": "1", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]),
        "spec.workers.template.env.0: set value or valueFrom, not both",
    ),
    "a label of the operator's": (
        template(labels={"lsml.dev/job": "other"}),
        "spec.workers.template: labels and annotations under lsml.dev/ are the operator's own; choose another name",
    ),
    "a toleration of nothing": (
        template(tolerations=[{"operator": "Equal"}]),
        "spec.workers.template.tolerations.0: a toleration without a key needs operator: Exists",
    ),
}


@pytest.mark.parametrize(("spec", "wanted"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_by_field_and_value(spec: Json, wanted: str) -> None:
    """FAULTS 26, 33, 36."""
    with pytest.raises(InvalidSpec) as mistake:
        parse(TrainingJobSpec, spec)
    assert wanted in str(mistake.value).splitlines()


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InvalidSpec) as mistake:
        parse(TrainingJobSpec, {**workers(replicas=0), "suspend": "no", "backoffLimit": -1})
    assert [line.split(" ")[0] for line in str(mistake.value).splitlines()] == [
        "spec.workers.replicas",
        "spec.suspend",
        "spec.backoffLimit",
    ]


@pytest.mark.parametrize("quantity", [0, 2, "2", "500m", "1.5", "4Gi", "1e3"])
def test_quantities_as_kubernetes_writes_them(quantity: object) -> None:
    spec = parse(TrainingJobSpec, a_spec(resources={"limits": {"memory": quantity, "nvidia.com/gpu": 1}}))
    assert spec.workers.resources.limits == {"memory": quantity, "nvidia.com/gpu": 1}
