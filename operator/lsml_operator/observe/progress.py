"""Asks the running workers how far they are, for ever. What a worker says is foreign: bounded in time and size.

Each is shown the token of the job that it says it belongs to, which can only be one of its own namespace.
"""

import asyncio

import aiohttp
from pydantic import ValidationError

from lsml_operator.job_token import job_token
from lsml_operator.observe.cache import Cache
from lsml_operator.world import JobKey, Pod
from lsml_trainer.spec import PROGRESS_PORT, Report

MOST_BYTES = 64 * 1024
AT_ONCE = 64
TIMEOUT = aiohttp.ClientTimeout(total=2)


async def keep_progress(cache: Cache, interval_seconds: float) -> None:
    """Never returns. A worker that does not answer is asked again next time: its pod tells whether it lives."""
    limit = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        while True:
            pods = [(key, pod, _shown(cache.token_key, key, pod)) for key, pod in cache.running_pods()]
            await asyncio.gather(*(_ask(session, limit, cache, *each) for each in pods))
            await asyncio.sleep(interval_seconds)


def _shown(token_key: bytes | None, key: JobKey, pod: Pod) -> dict[str, str]:
    """The headers by which a pod that wants to see its job's token is shown it."""
    if token_key is None or pod.token is None:
        return {}
    return {"Authorization": f"Bearer {job_token(token_key, key)}"}


async def _ask(
    session: aiohttp.ClientSession, limit: asyncio.Semaphore, cache: Cache, key: JobKey, pod: Pod, shown: dict[str, str]
) -> None:
    host = f"[{pod.ip}]" if ":" in (pod.ip or "") else pod.ip
    try:
        url = f"http://{host}:{PROGRESS_PORT}/progress"
        # Nowhere else on a worker's word.
        async with limit, session.get(url, headers=shown, allow_redirects=False) as answer:
            if answer.status == 200:
                cache.put_report(key, pod.uid, Report.model_validate_json(await _read(answer.content)))
    except (aiohttp.ClientError, TimeoutError, ValidationError):
        return


async def _read(content: aiohttp.StreamReader) -> bytes:
    """All of it, in however many pieces it comes; of too much, what cannot be a report."""
    data = b""
    async for piece in content.iter_any():
        data += piece
        if len(data) > MOST_BYTES:
            return b""
    return data
