"""A key is never worked on twice at once, duplicates fold, failures back off."""

import asyncio

import pytest

from lsml_operator.workqueue import WorkQueue


async def drain(queue: WorkQueue[str]) -> list[str]:
    """All keys that wait now."""
    keys = []
    while len(queue):
        keys.append(await queue.get())
        queue.done(keys[-1])
    return keys


async def test_in_the_order_of_their_coming_and_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    for key in "abacb":
        queue.add(key)
    assert len(queue) == 3
    assert await drain(queue) == ["a", "b", "c"]


async def test_a_key_that_is_added_while_it_is_worked_on_waits_again() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    assert await queue.get() == "a"
    queue.add("a")
    queue.add("a")
    assert len(queue) == 0, "never twice at once"
    queue.done("a")
    assert await drain(queue) == ["a"]


async def test_what_is_done_is_gone() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    queue.done(await queue.get())
    queue.done("never seen")
    assert len(queue) == 0


async def test_whoever_waits_is_woken_each_with_a_key_of_its_own() -> None:
    queue: WorkQueue[str] = WorkQueue()
    workers = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    queue.add("a")
    queue.add("b")
    for _ in range(5):
        await asyncio.sleep(0)
    assert sorted(task.result() for task in workers if task.done()) == ["a", "b"]
    queue.add("c")
    assert sorted(await asyncio.wait_for(asyncio.gather(*workers), 60)) == ["a", "b", "c"]


async def test_a_worker_that_gives_up_waiting_takes_no_key_with_it() -> None:
    queue: WorkQueue[str] = WorkQueue()
    impatient = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    queue.add("a")
    assert await drain(queue) == ["a"]


DELAYS: dict[str, tuple[list[float], float]] = {
    "once": ([0.02], 0.02),
    "a later wish does not push it back": ([0.02, 5.0], 0.02),
    "a sooner wish pulls it forward": ([5.0, 0.02], 0.02),
}


@pytest.mark.parametrize(("delays", "due_seconds"), DELAYS.values(), ids=DELAYS)
async def test_later(delays: list[float], due_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    queue: WorkQueue[str] = WorkQueue()
    begun = loop.time()
    for seconds in delays:
        queue.add_after("a", seconds)
    assert len(queue) == 0
    assert await asyncio.wait_for(queue.get(), 60) == "a"
    assert loop.time() - begun >= due_seconds - 0.005
    queue.forget("a")


async def test_it_is_due_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("a", 0)
    queue.add("a")
    await asyncio.sleep(0.01)
    assert await drain(queue) == ["a"]


async def test_failures_back_off_and_success_forgets_them() -> None:
    queue: WorkQueue[str] = WorkQueue()
    assert [queue.failed("a") for _ in range(10)] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20.0]
    assert queue.failed("a", at_least_seconds=60) == 60, "Retry-After is obeyed (FAULTS 6)"
    assert queue.failed("b", at_least_seconds=0.01) == 0.05, "each key for itself"
    queue.succeeded("a")
    assert queue.failed("a") == 0.05
    queue.forget("a")
    queue.forget("b")


async def test_a_thousand_failures_wait_no_longer_than_twenty_seconds() -> None:
    queue: WorkQueue[str] = WorkQueue()
    assert max(queue.failed("a") for _ in range(2000)) == 20.0
    queue.forget("a")


async def test_what_is_forgotten_does_not_come_back() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.failed("a")
    queue.add_after("a", 0.001)
    queue.forget("a")
    queue.forget("a")
    await asyncio.sleep(0.01)
    assert len(queue) == 0
