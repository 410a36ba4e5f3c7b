"""The operator's key, which all jobs' tokens are made of: a Secret beside it, made by whichever replica is first.

Not by the chart: a random value in a template is another one each time somebody renders it.
"""

import asyncio
import base64
import logging
import secrets
from collections.abc import Callable

from lsml_operator.client import ApiError, Client, Unreachable
from lsml_operator.paths import collection, item
from lsml_operator.world import Object

NAME, FIELD, TYPE = "lsml-token-key", "key", "lsml.dev/token-key"
KEY_BYTES = 32
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


async def token_key(client: Client, namespace: str, alive: Callable[[], None]) -> bytes:
    """The key of the operator in this namespace, once it can be had: without it no job may begin."""
    while True:
        try:
            return _key_in(await _found_or_made(client, namespace))
        except (ApiError, Unreachable, ValueError) as error:
            log.warning("no job begins before the secret %s/%s can be read or made: %s", namespace, NAME, error)
        alive()
        await asyncio.sleep(RETRY_SECONDS)


async def _found_or_made(client: Client, namespace: str) -> Object:
    try:
        return await client.request("GET", item("Secret", namespace, NAME))
    except ApiError as error:
        if error.code != 404:
            raise
    try:
        return await client.request("POST", collection("Secret", namespace), _new(namespace))
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
    return await client.request("GET", item("Secret", namespace, NAME))  # another replica's


def _new(namespace: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": NAME, "namespace": namespace, "labels": {"app.kubernetes.io/name": "lsml"}},
        "type": TYPE,
        "immutable": True,
        "data": {FIELD: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()},
    }


def _key_in(secret: Object) -> bytes:
    """Raises ValueError for a Secret of somebody else's making that holds too little."""
    key = base64.b64decode((secret.get("data") or {}).get(FIELD, ""))
    if len(key) < KEY_BYTES:
        raise ValueError(f"its {FIELD} has {len(key)} bytes, {KEY_BYTES} are wanted; delete it, and another is made")
    return key
