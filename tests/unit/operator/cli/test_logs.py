"""Logs of several pods, over real HTTP from an API server that plays a kubelet's part."""

from collections.abc import AsyncIterator, Mapping

import pytest

from lsml_operator.cli.connect import Connection
from lsml_operator.cli.ends import End
from lsml_operator.cli.logs import copy_log, follow_logs, has_begun
from unit.operator.api_server import ApiServer
from unit.operator.builders import Json, a_pod_body
from unit.operator.cli.seen import a_succeeded_job
from unit.operator.fake_client import Answer, FakeClient, Request


def a_pod() -> Json:
    return {**a_pod_body(2, index=1), "spec": {"containers": [{"name": "worker"}, {"name": "injected"}]}}


async def copied(api: ApiServer, **query: str) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    await copy_log(Connection(api.client, "team"), "iris", a_pod(), query, lambda *line: lines.append(line))
    return lines


async def test_each_line_has_the_name_of_its_worker(api: ApiServer) -> None:
    api.streams(b"step 1\nste", b"p 2\n\xff\nwithout", b" an end")
    assert await copied(api, follow="true") == [
        ("w1-2", "step 1"),
        ("w1-2", "step 2"),
        ("w1-2", "\ufffd"),
        ("w1-2", "without an end"),
    ]
    (asked,) = api.asked
    assert (asked.path, asked.query) == (
        "/api/v1/namespaces/team/pods/iris-w1-2/log",
        {"container": "worker", "follow": "true"},
    )


async def test_a_worker_without_a_log_does_not_hide_the_others(
    api: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    api.refuses(400, "BadRequest", "container is waiting to start")
    assert await copied(api) == []
    assert capsys.readouterr().err == "w1-2: no log: container is waiting to start\n"


BEGUN: dict[str, tuple[Json, bool]] = {
    "it runs": (a_pod_body(0), True),
    "it has ended": (a_pod_body(0, "Failed", terminated={"exitCode": 1}), True),
    "its image is pulled": (a_pod_body(0, "Pending", waiting={"reason": "ContainerCreating"}), False),
    "no machine yet": (a_pod_body(0, "Pending", status={"containerStatuses": None}), False),
}


@pytest.mark.parametrize(("pod", "wanted"), BEGUN.values(), ids=BEGUN)
def test_whether_there_can_be_a_log(pod: Json, wanted: bool) -> None:
    assert has_begun(pod) is wanted


class Cluster(FakeClient):
    """A job that has ended, and its pods; each has written one line."""

    def __init__(self) -> None:
        super().__init__(otherwise=self._answer)

    def _answer(self, request: Request) -> Answer:
        if request.path.endswith("/trainingjobs/iris"):
            return a_succeeded_job()
        pods = [{**a_pod_body(0, index=n), "spec": {"containers": [{"name": "worker"}]}} for n in (0, 1)]
        return {"metadata": {}, "items": pods if request.path.endswith("/pods") else []}

    async def text_lines(self, path: str, query: Mapping[str, str]) -> AsyncIterator[str]:
        yield f"{path.split('/')[-2]} {query['follow']}"


async def test_followed_or_not_what_an_ended_job_wrote_is_shown() -> None:
    """Nothing is left to follow; its pods are read all the same, and the command ends."""
    lines: list[tuple[str, str]] = []
    end = await follow_logs(Connection(Cluster(), "team"), "iris", -1, lambda *line: lines.append(line))
    assert (end, sorted(lines)) == (End.DONE, [("w0-0", "iris-w0-0 true"), ("w1-0", "iris-w1-0 true")])
