"""Where worker pods may run: node selector, tolerations and affinity, in the words of core/v1."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lsml_trainer.spec import Rule, SpecModel

LabelKey = Annotated[str, Field(min_length=1, max_length=317)]
LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)]
LabelValues = Annotated[tuple[LabelValue, ...], Field(max_length=64)]
Labels = Annotated[dict[LabelKey, LabelValue], Field(max_length=32)]
Weight = Annotated[int, Field(ge=1, le=100)]


class Toleration(SpecModel):
    """A taint that the workers tolerate."""

    key: Annotated[str, Field(max_length=317)] | None = None
    """The taint's key; empty with operator Exists tolerates every taint."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """Exists or Equal. Default: Equal."""
    value: LabelValue | None = None
    """The taint's value, for Equal."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The effect that is tolerated; empty tolerates each."""
    toleration_seconds: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    """How long NoExecute is tolerated."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.key) || (has(self.operator) && self.operator == 'Exists')",
            message="a toleration without a key needs operator: Exists",
            holds=lambda m: m.key is not None or m.operator == "Exists",
            field="operator",
        ),
    )


class NodeRequirement(SpecModel):
    """A condition on a node's labels."""

    key: LabelKey
    """The label's name."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    """How the values are compared."""
    values: LabelValues = ()
    """What the label is compared with."""


class NodeTerm(SpecModel):
    """Conditions that a node must meet all together."""

    match_expressions: Annotated[tuple[NodeRequirement, ...], Field(min_length=1, max_length=16)]
    """The conditions."""


class NodeSelector(SpecModel):
    """A node fits if one of the terms does."""

    node_selector_terms: Annotated[tuple[NodeTerm, ...], Field(min_length=1, max_length=16)]
    """The terms."""


class PreferredNode(SpecModel):
    """A preference for nodes."""

    weight: Weight
    """1 to 100."""
    preference: NodeTerm
    """What is preferred."""


class NodeAffinity(SpecModel):
    """On which nodes."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    """Nodes that do not fit are never used."""
    preferred_during_scheduling_ignored_during_execution: Annotated[
        tuple[PreferredNode, ...], Field(max_length=16)
    ] = ()
    """Nodes that fit are tried first."""


class LabelRequirement(SpecModel):
    """A condition on a pod's labels."""

    key: LabelKey
    """The label's name."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How the values are compared."""
    values: LabelValues = ()
    """What the label is compared with."""


class LabelSelector(SpecModel):
    """Which pods are meant."""

    match_labels: Labels = Field(default_factory=dict)
    """Labels that they have."""
    match_expressions: Annotated[tuple[LabelRequirement, ...], Field(max_length=16)] = ()
    """Conditions that they meet."""


class PodTerm(SpecModel):
    """Near which pods, and what near means."""

    topology_key: Annotated[str, Field(min_length=1, max_length=317)]
    """The node label whose equal values mean near, such as topology.kubernetes.io/zone."""
    label_selector: LabelSelector | None = None
    """The pods."""
    namespaces: Annotated[tuple[Annotated[str, Field(max_length=63)], ...], Field(max_length=16)] = ()
    """Where they are looked for. Default: the job's namespace."""


class PreferredPodTerm(SpecModel):
    """A preference for being near pods, or away from them."""

    weight: Weight
    """1 to 100."""
    pod_affinity_term: PodTerm
    """What is preferred."""


class PodAffinity(SpecModel):
    """Near to, or away from, other pods."""

    required_during_scheduling_ignored_during_execution: Annotated[tuple[PodTerm, ...], Field(max_length=16)] = ()
    """Always."""
    preferred_during_scheduling_ignored_during_execution: Annotated[
        tuple[PreferredPodTerm, ...], Field(max_length=16)
    ] = ()
    """If possible."""


class Affinity(SpecModel):
    """On which nodes, near which pods, away from which pods."""

    node_affinity: NodeAffinity | None = None
    """On which nodes."""
    pod_affinity: PodAffinity | None = None
    """Near which pods."""
    pod_anti_affinity: PodAffinity | None = None
    """Away from which pods."""
