"""The few requests that the local cluster itself makes to its API server, as its administrator.

Must not grow into a client: tests and people have kubectl.
"""

import http.client
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .certificates import Pair
from .errors import ClusterError

_FIELD_MANAGER = "localcluster"
_WATCH_SECONDS = 10  # then it is asked anew: a line that went dead in between is noticed by that


@dataclass(frozen=True)
class Api:
    """One API server."""

    host: str
    port: int
    authority: Path
    identity: Pair

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    def get(self, path: str) -> Any:
        """The object at `path`; None when there is none or nobody answers."""
        try:
            status, body = self._request("GET", path)
        except OSError:
            return None
        return json.loads(body) if status == http.client.OK else None

    def watch(self, path: str, since: str) -> Iterator[Any]:
        """What happens to the objects at `path` after this resourceVersion, for some seconds.

        Raises OSError or HTTPException when the API server falls silent.
        """
        connection = self._connection(timeout=_WATCH_SECONDS + 2)
        try:
            connection.request("GET", f"{path}?watch=true&timeoutSeconds={_WATCH_SECONDS}&resourceVersion={since}")
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise http.client.HTTPException(answer.reason)
            for line in answer:
                yield json.loads(line)
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Whether all of the API server's own checks pass."""
        try:
            return self._request("GET", "/readyz")[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def apply(self, path: str, wanted: dict[str, Any]) -> None:
        """The object at `path` is as wanted; made if it was not there."""
        query = f"?fieldManager={_FIELD_MANAGER}&force=true"
        self._must("PATCH", path + query, wanted, "application/apply-patch+yaml")

    def merge(self, path: str, changes: dict[str, Any]) -> None:
        """Those fields of an object, or of its subresource, are as given."""
        self._must("PATCH", path, changes, "application/merge-patch+json")

    def delete(self, path: str) -> None:
        """There is no object at `path`, or soon none."""
        try:
            self._request("DELETE", path)
        except OSError as error:
            raise self._silent(error) from None

    def _silent(self, error: OSError) -> ClusterError:
        return ClusterError(f"the API server at {self.url} does not answer ({error}): run `up` again")

    def _must(self, method: str, path: str, body: dict[str, Any], content_type: str) -> None:
        try:
            status, answer = self._request(method, path, json.dumps(body), content_type)
        except OSError as error:
            raise self._silent(error) from None
        if status >= http.client.BAD_REQUEST:
            raise ClusterError(f"{method} {path} was refused: {json.loads(answer).get('message', answer)}")

    def _request(
        self, method: str, path: str, body: str | None = None, content_type: str = "application/json"
    ) -> tuple[int, str]:
        connection = self._connection(timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": content_type})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def _connection(self, timeout: float) -> http.client.HTTPSConnection:
        trust = ssl.create_default_context(cafile=str(self.authority))
        trust.load_cert_chain(str(self.identity.certificate), str(self.identity.key))
        return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=trust)
