"""A process is never mistaken for another, whatever its number."""

import dataclasses
import os
import signal
from pathlib import Path

import pytest

from localcluster import processes
from localcluster.processes import Process, mark_in, parse_start_time
from localcluster.waiting import wait_until

SLEEP = ("sleep", "30")


@pytest.fixture
def sleeper(tmp_path):
    process = processes.spawn(SLEEP, tmp_path / "log", mark=tmp_path / "cluster" / "node-0")
    yield process
    processes.kill(process)


def test_a_process_lives_until_it_is_killed(sleeper):
    assert processes.is_alive(sleeper)
    processes.kill(sleeper)
    assert not processes.is_alive(sleeper)


def test_a_recycled_number_is_somebody_else(sleeper):
    for other in (dataclasses.replace(sleeper, started="1"), dataclasses.replace(sleeper, boot="another")):
        assert not processes.is_alive(other)
        processes.kill(other)
    assert processes.is_alive(sleeper)


def test_a_paused_process_is_alive_and_can_be_stopped(sleeper):
    processes.send(sleeper, signal.SIGSTOP)
    assert processes.is_alive(sleeper)
    processes.stop(sleeper, grace_seconds=5)
    assert not processes.is_alive(sleeper)


def test_a_record_survives_and_a_broken_one_is_none(sleeper, tmp_path):
    record = tmp_path / "processes" / "etcd.json"
    processes.save(sleeper, record)
    assert processes.load(record) == sleeper
    for broken in ("", "{", "{}", '{"pid": 1}', "[]"):
        record.write_text(broken)
        assert processes.load(record) is None


def test_a_process_is_found_by_its_mark_and_by_no_other(sleeper, tmp_path):
    # The mark is there once the shell has become the program.
    assert wait_until(lambda: processes.marked(tmp_path / "cluster") == [sleeper], timeout_seconds=5)
    assert processes.marked(tmp_path / "cluster" / "node-0") == [sleeper]
    assert processes.marked(tmp_path / "clust") == []
    assert processes.marked(tmp_path / "cluster" / "node-01") == []


def test_a_process_gets_nothing_of_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/secret")
    log = tmp_path / "log"
    process = processes.spawn(("env",), log, mark=tmp_path)
    assert wait_until(lambda: not processes.is_alive(process), timeout_seconds=5)
    names = {line.partition("=")[0] for line in log.read_text().splitlines()}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "HOME", "LSML_LOCALCLUSTER"}


def test_our_own_process_is_identified():
    assert processes.identify(os.getpid()).pid == os.getpid()


FIELDS = " ".join(str(number) for number in range(4, 30))
STATS = {
    "asleep": (f"7 (sleep) S {FIELDS}", "22"),
    "a name with brackets and spaces": (f"7 (a) Z (b) R {FIELDS}", "22"),
    "a zombie is dead": (f"7 (sleep) Z {FIELDS}", None),
    "no such process": ("", None),
}


@pytest.mark.parametrize(("stat", "want"), STATS.values(), ids=STATS)
def test_parse_start_time(stat, want):
    assert parse_start_time(stat) == want


MARKS = {
    "none": (b"PATH=/bin\0HOME=/\0", None),
    "among others": (b"A=1\0LSML_LOCALCLUSTER=/state/demo\0B=2\0", Path("/state/demo")),
    "only a part of a name": (b"NOT_LSML_LOCALCLUSTER=/state/demo\0", None),
}


@pytest.mark.parametrize(("environ", "want"), MARKS.values(), ids=MARKS)
def test_mark_in(environ, want):
    assert mark_in(environ) == want


def test_processes_that_never_were():
    assert not processes.is_alive(Process(pid=2**22 + 1, started="", boot=""))
