"""Who asks, and what they may see: both are the API server's to say. Answers are kept for a while."""

import hashlib
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from lsml_operator.api import GROUP, PLURAL
from lsml_operator.client import Client
from lsml_operator.paths import collection

KEPT_SECONDS = 30.0
"""A right that is taken away, or a token that is revoked, shows what it showed for so long."""
MOST_KEPT = 10_000

Value = TypeVar("Value")


@dataclass(frozen=True)
class User:
    """Whom a token belongs to, as the API server says."""

    name: str
    uid: str
    groups: tuple[str, ...]
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Resource(NamedTuple):
    """Something that is listed."""

    group: str
    plural: str


JOBS = Resource(GROUP, PLURAL)
PODS = Resource("", "pods")
EVENTS = Resource("", "events")


class Kept(Generic[Value]):
    """Answers that are young enough; the oldest make room."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: dict[Hashable, tuple[float, Value]] = {}

    def get(self, key: Hashable) -> Value | None:
        """The answer, if there is a young one."""
        until, answer = self._answers.get(key, (0.0, None))
        return answer if self._clock() < until else None

    def put(self, key: Hashable, answer: Value) -> None:
        """Keep an answer."""
        self._answers.pop(key, None)
        self._answers[key] = (self._clock() + KEPT_SECONDS, answer)
        if len(self._answers) > MOST_KEPT:
            del self._answers[next(iter(self._answers))]


class Access:
    """Asks the API server; raises ApiError or Unreachable where it does not say."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._users: Kept[User] = Kept(clock)
        self._rights: Kept[bool] = Kept(clock)

    async def user_of(self, token: str) -> User | None:
        """Whose token this is; None for nobody's."""
        key = hashlib.sha256(token.encode()).digest()  # tokens themselves are not kept
        known = self._users.get(key)
        if known is not None:
            return known
        status = await self._review("TokenReview", {"token": token})
        if not status.get("authenticated"):
            return None
        user = _user(status.get("user") or {})
        self._users.put(key, user)
        return user

    async def may_list(self, user: User, resource: Resource, namespace: str | None) -> bool:
        """Whether the user may list these objects in a namespace, or with None in all."""
        key = (user, resource, namespace)
        known = self._rights.get(key)
        if known is None:
            known = bool((await self._review("SubjectAccessReview", _question(*key))).get("allowed"))
            self._rights.put(key, known)
        return known

    async def namespaces(self, user: User, namespaces: Iterable[str]) -> set[str]:
        """Those of the namespaces in which the user may list jobs."""
        if await self.may_list(user, JOBS, None):
            return set(namespaces)
        return {namespace for namespace in namespaces if await self.may_list(user, JOBS, namespace)}

    async def _review(self, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
        group = "authentication" if kind == "TokenReview" else "authorization"
        body = {"apiVersion": f"{group}.k8s.io/v1", "kind": kind, "spec": spec}
        status: dict[str, Any] = (await self._client.request("POST", collection(kind, None), body)).get("status") or {}
        return status


def _user(user: dict[str, Any]) -> User:
    extra = tuple(sorted((name, tuple(values)) for name, values in (user.get("extra") or {}).items()))
    return User(user.get("username", ""), user.get("uid", ""), tuple(user.get("groups") or ()), extra)


def _question(user: User, resource: Resource, namespace: str | None) -> dict[str, Any]:
    asked = {"verb": "list", "group": resource.group, "resource": resource.plural}
    return {
        "user": user.name,
        "uid": user.uid,
        "groups": list(user.groups),
        "extra": {name: list(values) for name, values in user.extra},
        "resourceAttributes": asked | ({"namespace": namespace} if namespace else {}),
    }
