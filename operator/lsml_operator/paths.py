"""Where objects are in the API: paths of REST requests. Pure."""

from lsml_operator.api import GROUP, PLURAL, VERSION

_GROUPS = {
    "Pod": ("api/v1", "pods"),
    "Node": ("api/v1", "nodes"),
    "Service": ("api/v1", "services"),
    "Secret": ("api/v1", "secrets"),
    "NetworkPolicy": ("apis/networking.k8s.io/v1", "networkpolicies"),
    "Lease": ("apis/coordination.k8s.io/v1", "leases"),
    "CoreEvent": ("api/v1", "events"),
    "Event": ("apis/events.k8s.io/v1", "events"),
    "TokenReview": ("apis/authentication.k8s.io/v1", "tokenreviews"),
    "SubjectAccessReview": ("apis/authorization.k8s.io/v1", "subjectaccessreviews"),
    "TrainingJob": (f"apis/{GROUP}/{VERSION}", PLURAL),
}


def collection(kind: str, namespace: str | None) -> str:
    """All objects of a kind, of one namespace or of all."""
    group, plural = _GROUPS[kind]
    return f"/{group}/namespaces/{namespace}/{plural}" if namespace else f"/{group}/{plural}"


def item(kind: str, namespace: str, name: str) -> str:
    """One object."""
    return f"{collection(kind, namespace)}/{name}"
