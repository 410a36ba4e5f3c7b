"""The only file, with main.py, that knows kopf: its events of TrainingJobs go into the cache, which queues the job.

No kopf timers, daemons, finalizers, annotations or indices: what to do is derived from what is.
"""

import logging
from typing import Any

import kopf

from lsml_operator.api import GROUP, PLURAL, VERSION
from lsml_operator.client import Client
from lsml_operator.runtime import Runtime
from lsml_operator.settings import from_environment


@kopf.on.startup()
async def start(memo: kopf.Memo, settings: kopf.OperatorSettings, **_: Any) -> None:
    """Start the operator's own parts, beside kopf's watch of TrainingJobs."""
    settings.posting.enabled = False  # the operator emits its own events
    settings.peering.standalone = True  # a Lease decides who writes
    settings.watching.server_timeout = 60
    settings.watching.client_timeout = 75  # a silent watch is a dead one
    settings.networking.error_backoffs = (1, 2, 3, *[5] * 10_000)  # else it ends after 54 s of an outage's 503
    settings.scanning.disabled = True  # no need to list the cluster's CRDs and namespaces
    settings.queueing.exit_timeout = 1
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    memo.runtime = Runtime(from_environment(), await Client.connect())
    await memo.runtime.start()  # returns once TrainingJobs are served: without scanning kopf looks for them once


@kopf.on.cleanup()
async def stop(memo: kopf.Memo, **_: Any) -> None:
    """Stop the operator's own parts."""
    if "runtime" in memo:
        await memo.runtime.stop()


@kopf.on.event(GROUP, VERSION, PLURAL)
async def seen(type: str | None, body: kopf.Body, memo: kopf.Memo, **_: Any) -> None:
    """A TrainingJob was listed, made, changed or deleted."""
    runtime: Runtime = memo.runtime
    if type == "DELETED":
        runtime.cache.drop_job(dict(body))
    else:
        runtime.cache.put_job(dict(body))
