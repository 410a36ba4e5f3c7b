"""Enforces NetworkPolicies on one node, as network plugins do and CNI's own bridge does not.

    watch policies, pods, namespaces --> fences of this node's pods --> one table of the node's firewall

Every cluster with nodes has it, so that whatever is tried there is tried behind policies; it is one process a node, and
sleeps most of the time. It learns a pod's address from the API server, a moment after the pod has it: until then there
is no fence around the pod, and its peers refuse it. Rules stay when it dies, and go with the node's network. Must not
decide anything: that is `policies`.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import NoReturn

from .api import Api
from .certificates import Pair
from .commands import run
from .firewall import table
from .policies import Object, World, fences

_WATCHED = ("/apis/networking.k8s.io/v1/networkpolicies", "/api/v1/pods", "/api/v1/namespaces")
_PAUSE_SECONDS = 0.5


def enforce(api: Api, node_address: str) -> NoReturn:
    """The firewall of the network that this process is in says what the policies say, from now on."""
    news = threading.Event()
    mirrors = [Mirror(api, path, news.set) for path in _WATCHED]
    for mirror in mirrors:
        threading.Thread(target=mirror.follow, daemon=True).start()
    applied = ""
    while True:
        news.wait()
        news.clear()
        policies, pods, namespaces = (mirror.objects for mirror in mirrors)
        if policies is None or pods is None or namespaces is None:
            continue
        wanted = table(fences(World(policies.values(), pods.values(), namespaces.values()), node_address))
        if wanted != applied:
            run(["nft", "-f", "-"], stdin=wanted)
            applied = wanted


class Mirror:
    """All objects of one kind, as the API server tells of them."""

    def __init__(self, api: Api, path: str, changed: Callable[[], None]) -> None:
        self.objects: dict[str, Object] | None = None
        """By their uid; None: not known yet. Replaced, never changed."""
        self._api, self._path, self._changed = api, path, changed

    def follow(self) -> NoReturn:
        """Lists, then watches until the API server ends that, and again."""
        while True:
            try:
                self._once()
            except (OSError, HTTPException, ValueError):  # ValueError: a line cut short
                time.sleep(_PAUSE_SECONDS)

    def _once(self) -> None:
        listed = self._api.get(self._path)
        if listed is None:
            raise ConnectionError(self._path)
        self._become({one["metadata"]["uid"]: one for one in listed["items"]})
        for event in self._api.watch(self._path, listed["metadata"]["resourceVersion"]):
            uid = event["object"].get("metadata", {}).get("uid")
            if event["type"] == "ERROR" or self.objects is None:
                return
            others = {known: one for known, one in self.objects.items() if known != uid}
            self._become(others if event["type"] == "DELETED" else {**others, uid: event["object"]})

    def _become(self, objects: dict[str, Object]) -> None:
        self.objects = objects
        self._changed()


def _give_up(failed: threading.ExceptHookArgs) -> None:
    """Nobody goes on who hears of half of the objects."""
    print(f"{failed.exc_type.__name__}: {failed.exc_value}", file=sys.stderr, flush=True)
    os._exit(1)


if __name__ == "__main__":
    threading.excepthook = _give_up
    host, port, authority, certificate, key, own_address = sys.argv[1:]
    enforce(Api(host, int(port), Path(authority), Pair(Path(certificate), Path(key))), own_address)
