"""The Kubernetes client, narrowed to plain dicts: requests, and the errors that the rest of the operator tells apart.

Raw JSON both ways, since the package's models refuse fields that are newer than themselves.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Self

import aiohttp
import yaml
from kubernetes.aio import client, config

from lsml_operator.api import GROUP, PLURAL, VERSION

REQUEST_TIMEOUT_SECONDS = 20.0
WATCH_TIMEOUT_SECONDS = 60
"""How long the server keeps a watch; a watch that is silent for longer is dead (FAULTS 12)."""

MERGE_PATCH = "application/merge-patch+json"
AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
"""What kubectl asks for to print: the columns of the resource, filled in by the API server."""
APPLY_PATCH = "application/apply-patch+yaml"

EXEC_PROTOCOL = "v4.channel.k8s.io"
STDOUT, STDERR, ENDED = 1, 2, 3
"""The channels of that protocol; each message begins with the number of its own."""


log = logging.getLogger(__name__)


class ApiError(Exception):
    """The API server answered, but not with success."""

    def __init__(self, code: int, message: str, reason: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(f"{code} {reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message
        self.retry_after_seconds = retry_after_seconds

    @property
    def transient(self) -> bool:
        """Whether the same request may well succeed later, with nobody putting anything right."""
        return self.code in (408, 429) or self.code >= 500


class Unreachable(Exception):
    """The API server did not answer; whether it did what was asked is not known."""


class CommandFailed(Exception):
    """What was run in a pod ended with an exit code that is not 0; the text is the last line that it wrote."""


class NoCluster(Exception):
    """The kubeconfig does not say which cluster, or is none; the text is for people."""


class Client:
    """A connection to the API server."""

    def __init__(self, configuration: client.Configuration) -> None:
        configuration.retries = None  # the work queue tries again, with a back-off that everybody can see
        self.api_client = client.ApiClient(configuration)

    @classmethod
    async def connect(cls) -> Self:
        """With the pod's service account in a cluster, else with the user's kubeconfig."""
        configuration = client.Configuration()
        try:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except config.ConfigException:
            await config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        return cls(configuration)

    @classmethod
    async def of_user(cls, kubeconfig: str | None, context: str | None) -> tuple[Self, str]:
        """As kubectl would connect, and the namespace that it would mean.

        Raises NoCluster where there is no such kubeconfig or context.
        """
        configuration = client.Configuration()
        try:
            loader = await config.load_kube_config(kubeconfig, context, configuration)  # type: ignore[no-untyped-call]
        except (config.ConfigException, OSError, yaml.YAMLError) as error:
            raise NoCluster(f"no cluster to speak to: {' '.join(str(error).split())}") from error
        return cls(configuration), loader.current_context["context"].get("namespace") or "default"

    async def close(self) -> None:
        """Close the connections."""
        await self.api_client.close()  # type: ignore[no-untyped-call]

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        query: Mapping[str, str] | None = None,
        time_limit_seconds: float = REQUEST_TIMEOUT_SECONDS,
        accept: str = "application/json",
    ) -> dict[str, Any]:
        """The answer's JSON.

        Raises ApiError for an answer that is no success, Unreachable for none.
        """
        response = await self._send(method, path, body, content_type, query or {}, time_limit_seconds, accept)
        try:
            return _decode(await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(str(error)) from error
        except ValueError as error:  # a page of whoever is between
            raise Unreachable(f"the answer of {path} is no JSON: {error}") from error
        finally:
            response.release()

    async def watch(self, path: str, query: Mapping[str, str]) -> AsyncIterator[dict[str, Any]]:
        """The events of one watch, until the server ends it.

        Raises ApiError for an ERROR event, Unreachable for a line that is cut short or a server that is silent.
        """
        query = {**query, "watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(WATCH_TIMEOUT_SECONDS)}
        timeout = aiohttp.ClientTimeout(sock_connect=10, sock_read=WATCH_TIMEOUT_SECONDS + 15)
        response = await self._send("GET", path, None, "application/json", query, timeout)
        try:
            async for line in _lines(response.content):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise ApiError(status.get("code", 500), status.get("message", ""), status.get("reason", ""))
                yield event
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unreachable(f"the watch of {path} broke: {error}") from error
        finally:
            response.close()

    async def text_lines(self, path: str, query: Mapping[str, str]) -> AsyncIterator[str]:
        """The lines of an answer that is text, such as a log, until the server ends it, however long it is silent.

        Raises ApiError for an answer that is no success, Unreachable for one that breaks off.
        """
        timeout = aiohttp.ClientTimeout(sock_connect=10)
        response = await self._send("GET", path, None, "application/json", query, timeout, accept="*/*")
        pending = b""
        try:
            async for chunk in response.content.iter_any():
                *whole, pending = (pending + chunk).split(b"\n")
                for line in whole:
                    yield line.decode(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"{path} broke off: {error}") from error
        finally:
            response.close()
        if pending:
            yield pending.decode(errors="replace")

    async def output_of(self, path: str, container: str, command: Sequence[str]) -> AsyncIterator[bytes]:
        """What a command writes that runs in a pod, whose `exec` the path is; as `kubectl exec` without a terminal.

        Raises CommandFailed where it fails, ApiError where it may not be run, Unreachable where the connection breaks.
        """
        query = [("container", container), ("stdout", "true"), ("stderr", "true"), *(("command", c) for c in command)]
        _, url, headers, *_ = await self.api_client.param_serialize(
            "GET", path, query_params=query, auth_settings=["BearerToken"]
        )
        errors = b""
        try:
            session = self.api_client.rest_client.pool_manager
            assert session is not None, "something was asked before"
            async with session.ws_connect(
                url.replace("http", "ws", 1), headers=headers, protocols=[EXEC_PROTOCOL], max_msg_size=0
            ) as socket:
                async for message in socket:
                    channel, content = message.data[0], message.data[1:]
                    if channel == STDOUT:
                        yield content
                    elif channel == STDERR:
                        errors += content
                    elif channel == ENDED:
                        _raise_unless_done(content, errors)
                        return
        except aiohttp.WSServerHandshakeError as error:
            raise ApiError(error.status, f"{path}: {error.message}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        raise Unreachable(f"{path} broke off")

    async def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        content_type: str,
        query: Mapping[str, str],
        time_limit: Any,
        accept: str = "application/json",
    ) -> aiohttp.ClientResponse:
        headers = {"Accept": accept, "Content-Type": content_type}
        serialized = await self.api_client.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = await self.api_client.call_api(*serialized, _request_timeout=time_limit)
            response: aiohttp.ClientResponse = answer.response
            if response.status >= 400:
                raise _error(response, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        return response


async def wait_for_the_resource(client: Client, alive: Callable[[], None]) -> None:
    """Returns once the API server knows TrainingJobs: their CRD may be installed after the operator."""
    while True:
        try:
            await client.request("GET", f"/apis/{GROUP}/{VERSION}/{PLURAL}", query={"limit": "1"})
            return
        except (ApiError, Unreachable) as error:
            if isinstance(error, ApiError) and error.code == 403:  # it is there; one namespace may still be ours
                return
            log.warning("TrainingJobs are not served yet, is the CRD installed? %s", error)
        alive()
        await asyncio.sleep(1.0)


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Whole lines of any length; aiohttp's own readline gives up at 64 KiB, and a pod may be larger."""
    pending = b""
    async for chunk in content.iter_any():
        *whole, pending = (pending + chunk).split(b"\n")
        for line in whole:
            yield line
    if pending:
        raise ValueError("the last line was cut short")


def _raise_unless_done(content: bytes, errors: bytes) -> None:
    """`content` is the Status that a command in a pod ends with."""
    status = _decode(content)
    if status.get("status") != "Success":
        last = errors.decode(errors="replace").strip().rpartition("\n")[2]
        raise CommandFailed(last or status.get("message", ""))


def _decode(data: bytes) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(data) if data else {}
    return document


def _error(response: aiohttp.ClientResponse, data: bytes) -> ApiError:
    try:
        status = _decode(data)
    except ValueError:  # something before the API server answered
        status = {"message": data.decode(errors="replace")[:500]}
    retry_after = response.headers.get("Retry-After", "")
    return ApiError(
        response.status,
        status.get("message", response.reason or ""),
        status.get("reason", ""),
        float(retry_after) if retry_after.isdecimal() else None,
    )
