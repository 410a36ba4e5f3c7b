"""What `lsml run --workers` hears of its worker processes."""

import socket
import subprocess
import threading
from pathlib import Path

import pytest

from lsml_trainer.local_team import Worker

ENDED = b"HTTP/1.1 200 OK\r\nContent-Length: 149\r\n\r\n"


@pytest.mark.parametrize("said", [b"", ENDED, ENDED + b'{"stage"', b"HTTP/1.1 2"])
def test_a_worker_that_ends_in_the_midst_of_its_answer_says_nothing(said: bytes, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with subprocess.Popen(["true"]) as process:
            assert Worker("w0-0", process, server.getsockname()[1], tmp_path).report() is None
        thread.join()
