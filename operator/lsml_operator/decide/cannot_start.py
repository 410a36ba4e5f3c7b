"""A container cannot start: its image, its configuration."""

from lsml_operator.world import Decision, Later, World

REMEDIES = {
    "ErrImagePull": "check the operator's trainer image and template.imagePullSecrets",
    "ImagePullBackOff": "check the operator's trainer image and template.imagePullSecrets",
    "ErrImageNeverPull": "load the image onto the node, or let the operator pull it",
    "InvalidImageName": "correct the operator's trainer image",
    "CreateContainerConfigError": "create what it names, or take it out of the template",
    "CreateContainerError": "see kubectl describe pod",
    "RunContainerError": "see kubectl describe pod",
    "FailedMount": "create what it names, or take it out of the template",
}
"""Why a container waits for somebody rather than for time, and what helps."""


def cannot_start(world: World) -> Decision | Later | None:
    """Say what the kubelet lacks; it goes on trying by itself."""
    for pod in world.intended_pods:
        if not pod.ended and pod.container_reason in REMEDIES:
            reason, said = pod.container_reason, (pod.container_message or "").strip()
            message = f"{pod.role} cannot start: {said or reason}; {REMEDIES[reason]}"
            return Decision("Pending", reason, message, stalled=True)
    return None
