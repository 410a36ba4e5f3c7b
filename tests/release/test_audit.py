"""The audit tells vulnerabilities, and that there is none only when somebody has said so."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from release.audit import audit
from release.build import REPOSITORY

LOCK = f"good==1.0 --hash=sha256:{'0' * 64}\nbad==2.0 --hash=sha256:{'0' * 64}\n"
ADVISORY = {
    "id": "TEST-2026-1",
    "affected": [
        {
            "package": {"name": "bad", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.1"}]}],
        }
    ],
}


class Osv(BaseHTTPRequestHandler):
    """Answers as OSV does, of a database with one advisory."""

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps({"vulns": [ADVISORY]} if query["package"]["name"] == "bad" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def pip_audit() -> str:
    """The one that `make audit` calls."""
    environment = Path(sys.executable).parents[1]
    made = environment / "release" / "installed"
    subprocess.run(["make", "--quiet", f"VENV={environment}", str(made)], cwd=REPOSITORY, check=True)
    return str(made.with_name("bin") / "pip-audit")


@pytest.fixture
def osv() -> Iterator[str]:
    """Where it answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """Of two packages that nobody has to have."""
    path = tmp_path / "constraints.lock"
    path.write_text(LOCK)
    return path


def test_a_vulnerability_is_told_with_the_version_that_mends_it(pip_audit: str, osv: str, lock: Path) -> None:
    wanted = "bad 2.0: TEST-2026-1, mended in 2.1\n2 pins, 1 known vulnerabilities"
    assert audit(pip_audit, str(lock), osv) == (1, wanted)


def test_none_is_told_of_how_many(pip_audit: str, osv: str, lock: Path) -> None:
    lock.write_text(LOCK.partition("\n")[0])
    assert audit(pip_audit, str(lock), osv) == (0, "1 pins, 0 known vulnerabilities")


def test_no_answer_is_no_good_news(pip_audit: str, lock: Path) -> None:
    status, said = audit(pip_audit, str(lock), "http://127.0.0.1:9/v1/query")
    assert status == 2
    assert said.startswith("audit: nothing was judged, since OSV's database did not answer (")
    assert said.endswith("): set OSV_URL to a mirror that answers, or HTTPS_PROXY to the way out")
