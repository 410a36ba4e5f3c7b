"""Stores that are asked without keys: with what the cloud that runs the pod lends to its service account.

EKS's agent and Google's metadata server are played here, with the store that is asked; the environment says where they
are. The third, IRSA, cannot be played: the library asks STS by TLS, and at AWS's own address.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from lsml_trainer.data.places import matching

KEYS = """{"AccessKeyId": "lent-key", "SecretAccessKey": "lent-secret", "Token": "lent-session",
           "Expiration": "2099-01-01T00:00:00Z"}"""
LISTED = """<ListBucketResult><Name>rows</Name><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents>
            <Key>a.csv</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>3</Size></Contents></ListBucketResult>"""
OBJECTS = """{"kind": "storage#objects", "items": [{"kind": "storage#object", "bucket": "rows", "name": "a.csv",
              "size": "3", "updated": "2026-01-01T00:00:00Z"}]}"""
ANSWERS = {
    "/v1/credentials": KEYS,
    "/computeMetadata/v1/instance/service-accounts/default/": '{"email": "trainer", "scopes": []}',
    "/computeMetadata/v1/instance/service-accounts/trainer/token": """{"access_token": "lent-token",
        "expires_in": 3600, "token_type": "Bearer"}""",
    "/storage/v1/b/rows/o": OBJECTS,
    "/rows": LISTED,
}
"""By the path that is asked for."""


@dataclass
class Cloud:
    """HOST:PORT, and with what each of its paths was last asked: the header Authorization."""

    address: str
    shown: dict[str, str] = field(default_factory=dict)


@contextmanager
def a_cloud() -> Iterator[Cloud]:
    """One server that is all of it."""
    cloud = Cloud("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            cloud.shown[path] = self.headers.get("Authorization", "")
            content = ANSWERS.get(path, "").encode()
            self.send_response(200 if content else 404)
            self.send_header("Metadata-Flavor", "Google")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        cloud.address = f"127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield cloud
        server.shutdown()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cloud]:
    """No key is anywhere else."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    with a_cloud() as cloud:
        yield cloud


def test_a_pod_of_eks_signs_with_the_keys_that_its_agent_lends(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """EKS Pod Identity: the token that its webhook has projected into the pod is shown to the agent."""
    (tmp_path / "token").write_text("projected")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{cloud.address}")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://{cloud.address}/v1/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    assert [file.name for file in matching("s3://rows/*.csv", tmp_path)] == ["a.csv"]
    assert cloud.shown["/v1/credentials"] == "projected"
    assert "Credential=lent-key/" in cloud.shown["/rows"]


def test_a_pod_of_gke_shows_the_token_of_its_metadata_server(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Workload Identity Federation for GKE: nothing is in the pod."""
    monkeypatch.setenv("GCE_METADATA_ROOT", cloud.address)
    monkeypatch.setenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", f"http://{cloud.address}")
    assert [file.name for file in matching("gs://rows/*.csv", tmp_path)] == ["a.csv"]
    assert cloud.shown["/storage/v1/b/rows/o"] == "Bearer lent-token"
