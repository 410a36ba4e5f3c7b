"""Somebody who looks at the dashboard, with the rights that the cluster gives."""

from cluster.api import path_of
from cluster.space import Space


def a_viewer(space: Space, name: str = "viewer") -> str:
    """The token of somebody who may see this namespace, and no other."""
    subject = {"kind": "ServiceAccount", "name": name, "namespace": space.name}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    place = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space.name}/rolebindings"
    jobs = {
        "metadata": {"name": "jobs"},
        "rules": [{"apiGroups": ["lsml.dev"], "resources": ["trainingjobs"], "verbs": ["get", "list", "watch"]}],
    }
    space.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
    space.api.request("POST", place.replace("rolebindings", "roles"), jobs)
    own = role | {"kind": "Role", "name": "jobs"}
    for ref in (role, own):
        space.api.request("POST", place, {"metadata": {"name": ref["name"]}, "roleRef": ref, "subjects": [subject]})
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = path_of("ServiceAccount", space.name, name, "token")
    token: str = space.api.request("POST", path, asked)["status"]["token"]
    return token
