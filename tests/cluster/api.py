"""The API server as tests see it: plain dicts, one call at a time, every refusal an exception.

Must not use the operator's own client: the one is judged by the other.
"""

import base64
import json
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml

Object = dict[str, Any]
"""A Kubernetes object as plain JSON values."""

ANSWER_SECONDS = 120.0
"""To delete a thousand jobs is one request, which takes its time on a busy machine."""

AT_ONCE = 4
"""Connections that are kept, for tests that make much."""

JSON = "application/json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

STRICT = {"fieldValidation": "Strict"}
DRY_RUN = {"dryRun": "All", "fieldValidation": "Strict"}
"""What `kubectl create --dry-run=server` asks for: everything is judged, nothing is stored."""

_PLACES = {
    "ConfigMap": ("api/v1", "configmaps"),
    "CustomResourceDefinition": ("apis/apiextensions.k8s.io/v1", "customresourcedefinitions"),
    "ClusterRole": ("apis/rbac.authorization.k8s.io/v1", "clusterroles"),
    "Event": ("apis/events.k8s.io/v1", "events"),
    "Lease": ("apis/coordination.k8s.io/v1", "leases"),
    "Namespace": ("api/v1", "namespaces"),
    "NetworkPolicy": ("apis/networking.k8s.io/v1", "networkpolicies"),
    "Node": ("api/v1", "nodes"),
    "Pod": ("api/v1", "pods"),
    "PriorityClass": ("apis/scheduling.k8s.io/v1", "priorityclasses"),
    "ResourceQuota": ("api/v1", "resourcequotas"),
    "Role": ("apis/rbac.authorization.k8s.io/v1", "roles"),
    "RuntimeClass": ("apis/node.k8s.io/v1", "runtimeclasses"),
    "Secret": ("api/v1", "secrets"),
    "Service": ("api/v1", "services"),
    "ServiceAccount": ("api/v1", "serviceaccounts"),
    "TrainingJob": ("apis/lsml.dev/v1alpha1", "trainingjobs"),
}


class Refused(Exception):
    """The API server answered, but not with success."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(f"{code} {reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message


class Unanswered(Exception):
    """Nobody answered."""


def path_of(kind: str, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
    """Where an object, or with no name all of its kind, is."""
    group, plural = _PLACES[kind]
    parts = [group, *(("namespaces", namespace) if namespace else ()), plural, name, subresource]
    return "/" + "/".join(part for part in parts if part)


class Api:
    """One user's connection to the API server."""

    def __init__(self, kubeconfig: Path, as_user: str | None = None) -> None:
        """As the kubeconfig's user, or as another whom that one may impersonate."""
        self._headers = {"Impersonate-User": as_user} if as_user else {}
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._server: str = cluster["server"]
        self._pool = urllib3.PoolManager(
            ssl_context=_trust(cluster, user), retries=False, timeout=ANSWER_SECONDS, maxsize=AT_ONCE
        )

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        content_type: str = JSON,
        query: Mapping[str, str] | None = None,
    ) -> Object:
        """The answer. Raises Refused for one that is no success, Unanswered for none."""
        url = f"{self._server}{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body)
        headers = {**self._headers, "Content-Type": content_type}
        try:
            answer = self._pool.request(method, url, body=data, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise Unanswered(str(error)) from error
        document: Object = _decoded(answer.data)
        if answer.status >= 400:
            raise Refused(answer.status, document.get("reason", ""), document.get("message", ""))
        return document

    def create(self, body: Object, query: Mapping[str, str] = STRICT) -> Object:
        """Make an object where its metadata says."""
        return self.request("POST", path_of(body["kind"], body["metadata"].get("namespace")), body, query=query)

    def apply(self, body: Object, manager: str = "tests") -> Object:
        """Server-side apply, as `kubectl apply --server-side --force-conflicts`."""
        path = path_of(body["kind"], body["metadata"].get("namespace"), body["metadata"]["name"])
        return self.request("PATCH", path, body, APPLY, {"fieldManager": manager, "force": "true"})

    def find(self, kind: str, namespace: str | None, name: str) -> Object | None:
        """The object, or None if there is none."""
        try:
            return self.request("GET", path_of(kind, namespace, name))
        except Refused as refusal:
            if refusal.code == 404:
                return None
            raise

    def delete(self, kind: str, namespace: str | None, name: str, **options: Any) -> None:
        """Take an object away, if it is there; options are those of DeleteOptions."""
        try:
            self.request("DELETE", path_of(kind, namespace, name), options)
        except Refused as refusal:
            if refusal.code != 404:
                raise


def _decoded(data: bytes) -> Object:
    try:
        document: Object = json.loads(data) if data else {}
    except ValueError:
        return {"message": data.decode(errors="replace")}
    return document


def _trust(cluster: Mapping[str, str], user: Mapping[str, str]) -> ssl.SSLContext:
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    with tempfile.TemporaryDirectory() as folder:  # OpenSSL reads a client's certificate from files only
        certificate, key = (Path(folder) / name for name in ("client-certificate-data", "client-key-data"))
        for file in (certificate, key):
            file.write_bytes(base64.b64decode(user[file.name]))
        context.load_cert_chain(certificate, key)
    return context
