"""Following a job: whoever gives up does so, whatever happens at the same moment."""

import asyncio

import pytest

from lsml_operator.cli.connect import Connection
from lsml_operator.cli.follow import Follower
from unit.operator.cli.seen import a_running_job
from unit.operator.fake_client import FakeClient


@pytest.mark.parametrize("turns", range(5))
async def test_giving_up_is_not_lost_where_news_come_at_the_same_time(turns: int) -> None:
    """Some turns of the loop lie between the news and whoever waits for it."""
    follower = Follower(Connection(FakeClient(), "team"), "iris", a_running_job())
    waiting = asyncio.create_task(follower.wait(60))
    await asyncio.sleep(0.01)
    follower.changed.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    gave_up = waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled() == gave_up
