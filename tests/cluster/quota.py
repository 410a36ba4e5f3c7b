"""What Kueue does to pods that have a queue, played by the tests: a webhook gates them, and the test admits or evicts.

The labels, the gate, the condition and the finalizer are those of Kueue 0.15 (pkg/controller/jobs/pod). Knows no quota:
the test is it.
"""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cluster.api import MERGE, Api, Object, path_of
from cluster.objects import name_of
from localcluster import certificates

QUEUE = "kueue.x-k8s.io/queue-name"
GATE = {"name": "kueue.x-k8s.io/admission"}
FINALIZER = "kueue.x-k8s.io/managed"
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


@contextmanager
def queued_pods_gated(api: Api, folder: Path) -> Iterator[None]:
    """Whatever pod is made with the label of a queue waits behind Kueue's gate."""
    certificates.make(folder, [certificates.Request("webhook", "/CN=webhook", addresses=("IP:127.0.0.1",))])
    served = certificates.pair(folder, "webhook")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served.certificate, served.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Gatekeeper) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        bundle = base64.b64encode((folder / "ca.crt").read_bytes()).decode()
        api.request("POST", _WEBHOOKS, _configuration(server.server_port, bundle))
        try:
            yield
        finally:
            api.request("DELETE", f"{_WEBHOOKS}/quota")
            server.shutdown()


def admit(api: Api, pod: Object) -> None:
    """The quota has room for it: Kueue takes its own gate off, and no other."""
    others = [gate for gate in pod["spec"].get("schedulingGates", []) if gate != GATE]
    path = path_of("Pod", pod["metadata"]["namespace"], name_of(pod))
    api.request("PATCH", path, {"spec": {"schedulingGates": others or None}}, MERGE)


@contextmanager
def evicted(api: Api, pod: Object, why: str) -> Iterator[None]:
    """What was admitted is taken back: Kueue says why, and deletes the pod, which is there until it has seen it end."""
    namespace, name = pod["metadata"]["namespace"], name_of(pod)
    target = {"type": "TerminationTarget", "status": "True", "reason": "WorkloadEvicted", "message": why,
              "lastTransitionTime": "2026-01-01T00:00:00Z"}  # fmt: skip
    api.request("PATCH", path_of("Pod", namespace, name), {"metadata": {"finalizers": [FINALIZER]}}, MERGE)
    api.request("PATCH", path_of("Pod", namespace, name, "status"), {"status": {"conditions": [target]}}, MERGE)
    api.delete("Pod", namespace, name)
    try:
        yield
    finally:
        api.request("PATCH", path_of("Pod", namespace, name), {"metadata": {"finalizers": None}}, MERGE)


def _configuration(port: int, bundle: str) -> Object:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    hook = {
        "name": "mpod.kb.io",
        "rules": [rule],
        "objectSelector": {"matchExpressions": [{"key": QUEUE, "operator": "Exists"}]},
        "clientConfig": {"url": f"https://127.0.0.1:{port}/", "caBundle": bundle},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    return {**kind, "metadata": {"name": "quota"}, "webhooks": [hook]}


class _Gatekeeper(BaseHTTPRequestHandler):
    """Puts the gate on each pod that it is asked about."""

    def do_POST(self) -> None:
        """Answers an AdmissionReview."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        there = asked["object"]["spec"].get("schedulingGates", [])
        patch = [{"op": "add", "path": "/spec/schedulingGates", "value": [*there, GATE]}]
        encoded = base64.b64encode(json.dumps(patch).encode()).decode()
        said = {"uid": asked["uid"], "allowed": True, "patchType": "JSONPatch", "patch": encoded}
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": said}
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""
