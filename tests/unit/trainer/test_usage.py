"""What this process takes of its machine, against what is known of it."""

import subprocess
import sys

import numpy as np

from lsml_trainer.usage import busy_cpus, peak_memory_bytes


def test_what_is_allocated_is_in_the_peak() -> None:
    before = peak_memory_bytes()
    assert before > 1 << 20
    np.ones(before // 8 + (64 << 17))  # as much as there ever was, and 64 MiB
    assert peak_memory_bytes() >= before + (60 << 20)


def test_who_was_started_by_a_large_process_is_not_large() -> None:
    large = np.ones(256 << 17)
    look = "from lsml_trainer.usage import peak_memory_bytes; print(peak_memory_bytes())"
    said = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True).stdout
    assert int(said) < large.nbytes


def test_busy_processors_are_the_seconds_that_they_worked_over_those_that_passed() -> None:
    wall, used = iter([100.0, 100.5, 104.0]), iter([7.0, 17.0])
    cpus = busy_cpus(lambda: next(wall), lambda: next(used))
    assert cpus() is None
    assert cpus() == 2.5
