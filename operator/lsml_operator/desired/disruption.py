"""What a pod tells those who empty machines to save money: whether it may be moved. Pure.

By itself the cluster autoscaler keeps a machine whose pods have a folder of their own (emptyDir), which ours all have.
"""

from lsml_operator.world import Job

SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
"""Of the cluster autoscaler: its FAQ, "What types of pods can prevent CA from removing a node?"."""
DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt"
"""Of Karpenter: "Pod-level controls" of its page on disruption."""


def disruption_annotations(job: Job) -> dict[str, str]:
    """Yes where the others go on, or the job from its checkpoint; no where all of the training would begin anew."""
    spec = job.spec
    if spec is None or spec.has_coordinator or spec.checkpoint is not None:
        return {SAFE_TO_EVICT: "true"}
    return {SAFE_TO_EVICT: "false", DO_NOT_DISRUPT: "true"}
