"""How many threads the libraries may start."""

import os
from pathlib import Path

import pytest

from lsml_trainer.threads import allowed_cpus, limit_threads

VISIBLE = len(os.sched_getaffinity(0))
LIMITS: dict[str, tuple[str | None, int]] = {
    "no limit": ("max 100000\n", VISIBLE),
    "no cgroup v2": (None, VISIBLE),
    "a share of a CPU is one thread": ("20000 100000\n", 1),
    "a CPU": ("100000 100000\n", 1),
    "more than there are": ("99900000 100000\n", VISIBLE),
    "not understood": ("?\n", VISIBLE),
}


@pytest.mark.parametrize(("text", "want"), LIMITS.values(), ids=LIMITS)
def test_allowed_cpus(tmp_path: Path, text: str | None, want: int) -> None:
    limit = tmp_path / "cpu.max"
    if text is not None:
        limit.write_text(text)
    assert allowed_cpus(limit) == want


def test_what_is_set_is_kept_and_holds_for_the_other_libraries(tmp_path: Path) -> None:
    environ = {"OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "5"}
    limit_threads(environ, tmp_path / "cpu.max")
    assert environ == {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "MKL_NUM_THREADS": "5"}
