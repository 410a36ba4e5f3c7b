"""The machines of a job: how many workers, how large, where."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from lsml_operator.api.placement import Affinity, Labels, Toleration
from lsml_operator.api.quantity import ResourceList, number_of
from lsml_operator.api.volumes import EnvFrom, EnvVar, ObjectName, Volume, VolumeMount
from lsml_trainer.spec import Rule, SpecModel

MOST_WORKERS = 64

Count = Annotated[int, Field(ge=1, le=MOST_WORKERS)]
AnnotationValues = Annotated[
    dict[Annotated[str, Field(max_length=317)], Annotated[str, Field(max_length=4096)]], Field(max_length=32)
]


def by_name(most: int, *keys: str) -> Any:
    """A list that server-side apply merges by key, as core/v1 does."""
    return Field(
        max_length=most,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)},
    )


class Resources(SpecModel):
    """What a worker asks of its node."""

    limits: ResourceList = Field(default_factory=dict)
    """What it may use at most, such as cpu: "2", memory: 4Gi, nvidia.com/gpu: 1.
    Default: memory 2Gi, where memory is not named at all.
    """
    requests: ResourceList = Field(default_factory=dict)
    """What is kept free for it. Default: the limit; cpu 500m and memory 1Gi, where they are not named at all."""

    @property
    def kept(self) -> ResourceList:
        """What is kept free for it, of what its user named: what is only limited is requested as much."""
        return {**self.limits, **self.requests}

    @property
    def gpus(self) -> int:
        """How many whole GPUs it has, of any make: nvidia.com/gpu, amd.com/gpu."""
        return sum(int(number_of(count)) for name, count in self.limits.items() if name.endswith("/gpu"))


class PullSecret(SpecModel):
    """A Secret with a registry's credentials, of the job's namespace."""

    name: ObjectName
    """Its name."""


class WorkerTemplate(SpecModel):
    """What is added to the worker pods."""

    labels: Labels = Field(default_factory=dict)
    """Labels of the pods."""
    annotations: AnnotationValues = Field(default_factory=dict)
    """Annotations of the pods."""
    node_selector: Labels = Field(default_factory=dict)
    """Labels that a node must have."""
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32)] = ()
    """Taints that the workers tolerate."""
    affinity: Affinity | None = None
    """On which nodes, near which pods, away from which pods."""
    priority_class_name: ObjectName | None = None
    """A PriorityClass."""
    runtime_class_name: ObjectName | None = None
    """A RuntimeClass, such as nvidia."""
    service_account_name: ObjectName | None = None
    """A ServiceAccount of the job's namespace, by whom a cloud knows the workers: a bucket then needs no keys. It gives
    them no token for the API server. Default: the namespace's own, default.
    """
    image_pull_secrets: Annotated[tuple[PullSecret, ...], by_name(16, "name")] = ()
    """Credentials for the image's registry."""
    env: Annotated[tuple[EnvVar, ...], by_name(64, "name")] = ()
    """Environment variables."""
    env_from: Annotated[tuple[EnvFrom, ...], Field(max_length=16)] = ()
    """Environment variables from all keys of an object."""
    volumes: Annotated[tuple[Volume, ...], by_name(16, "name")] = ()
    """Volumes of the pods."""
    volume_mounts: Annotated[tuple[VolumeMount, ...], by_name(32, "mountPath")] = ()
    """Where the worker sees them."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="!has(self.volumeMounts) || self.volumeMounts.all(m, has(self.volumes) && "
            "self.volumes.exists(v, v.name == m.name))",
            message="every volumeMount names one of the volumes",
            holds=lambda t: {m.name for m in t.volume_mounts} <= {v.name for v in t.volumes},
            field="volumeMounts",
        ),
        Rule(
            cel="(!has(self.labels) || self.labels.all(k, !k.startsWith('lsml.dev/'))) && "
            "(!has(self.annotations) || self.annotations.all(k, !k.startsWith('lsml.dev/')))",
            message="labels and annotations under lsml.dev/ are the operator's own; choose another name",
            holds=lambda t: not any(k.startswith("lsml.dev/") for k in (*t.labels, *t.annotations)),
        ),
    )


class Autoscale(SpecModel):
    """Grows the team while that pays. Not to be used beside a HorizontalPodAutoscaler: both would set one number."""

    efficiency: Annotated[float, Field(gt=0, le=1)]
    """What a further worker must bring, as a share of what one of the workers before it brings: with 0.7 a third worker
    stays if it adds at least 0.7 times half of what two of them do in a second.
    """


class Workers(SpecModel):
    """How many workers, how large, where. They may come and go while the job trains."""

    replicas: Count = Field(default=1, json_schema_extra={"default-in-schema": 1})
    """How many workers are wanted; what kubectl scale writes. Default: 1."""
    min: Count = 1
    """The job trains as soon as this many workers run, and waits while there are fewer; cannot be changed. Default: 1.
    """
    max: Count | None = None
    """There are never more workers than this. Cannot be changed where data.shards is not set, since the number of
    shards follows from it; so a job that is to be scaled says it when it is created. Default: replicas.
    """
    gang: Literal["elastic", "strict"] = "elastic"
    """How the job starts; cannot be changed. elastic: each worker takes its machine as soon as there is one. strict:
    none of the first `min` workers takes a machine before all of them are there, and they give their machines back
    together where some of them find none. A worker that is lost later is replaced alone, while the others keep what
    they have learnt. Default: elastic.
    """
    gang_patience_seconds: Annotated[int, Field(ge=1, le=86400)] | None = None
    """How long some of a strict gang keep their machines while others find none. An autoscaler that buys machines needs
    longer than a machine takes to come. Default: 60.
    """
    autoscale: Autoscale | None = None
    """Add workers, from replicas up to max, while each makes training faster by enough; the one that did not is taken
    back. It begins anew when replicas is written, as by kubectl scale. Default: there are as many as replicas says.
    """
    replace_stragglers: bool = False
    """Replace a worker whose own part of a step takes several times as long as that of the others for half a minute:
    one at a time, and more seldom each time. Default: false; it is named in the diagnosis.
    """
    resources: Resources = Resources()
    """What a worker asks of its node."""
    template: WorkerTemplate = WorkerTemplate()
    """What is added to the worker pods."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="(has(self.min) ? self.min : 1) <= self.replicas",
            message="min must not be larger than replicas",
            holds=lambda m: m.min <= m.replicas,
            field="min",
        ),
        Rule(
            cel="!has(self.max) || self.replicas <= self.max",
            message="replicas must not be larger than max",
            holds=lambda m: m.replicas <= m.most,
            field="replicas",
        ),
        Rule(
            cel="!has(self.autoscale) || (has(self.max) && self.max > 1)",
            message="autoscale needs max, of 2 or more, up to which workers are added; set workers.max",
            holds=lambda m: m.autoscale is None or (m.max is not None and m.max > 1),
            field="autoscale",
        ),
        Rule(
            cel="!has(self.replaceStragglers) || !self.replaceStragglers || "
            "(has(self.max) ? self.max : self.replicas) > 1",
            message="replaceStragglers needs more than one worker; take it out or set replicas or max",
            holds=lambda m: not m.replace_stragglers or m.are_a_team,
            field="replaceStragglers",
        ),
        Rule(
            cel="!has(self.gang) || self.gang != 'strict' || (has(self.min) && self.min > 1)",
            message="gang: strict is about the first min workers; set min to 2 or more, or take gang out",
            holds=lambda m: m.gang != "strict" or m.min > 1,
            field="gang",
        ),
        Rule(
            cel="!has(self.gangPatienceSeconds) || (has(self.gang) && self.gang == 'strict')",
            message="gangPatienceSeconds is of no use without gang: strict; take it out or set gang",
            holds=lambda m: m.gang_patience_seconds is None or m.gang == "strict",
            field="gangPatienceSeconds",
        ),
        Rule(
            cel="(has(self.gang) ? self.gang : 'elastic') == (has(oldSelf.gang) ? oldSelf.gang : 'elastic')",
            message="gang cannot be changed once the job was created; create a job of another name",
            field="gang",
        ),
        Rule(
            cel="(has(self.min) ? self.min : 1) == (has(oldSelf.min) ? oldSelf.min : 1)",
            message="min cannot be changed once the job was created; create a job of another name",
            field="min",
        ),
    )

    @property
    def most(self) -> int:
        """There are never more workers than this."""
        return self.replicas if self.max is None else self.max

    @property
    def together(self) -> int:
        """So many workers get their machines together or not at all; 0: each gets its own."""
        return self.min if self.gang == "strict" else 0

    @property
    def are_a_team(self) -> bool:
        """Whether there may be several, who need a coordinator to find each other."""
        return self.most > 1
