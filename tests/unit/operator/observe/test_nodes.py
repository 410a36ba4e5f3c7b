"""Of nodes the cache knows the labels that prices name, and of those that are gone nothing."""

import pytest

from lsml_operator.observe.cache import Cache
from lsml_operator.observe.nodes import keep_nodes
from unit.operator.builders import KEY, NOW, Json, a_job_body, a_pod_body
from unit.operator.fake_client import Done, FakeClient

SPOT = "karpenter.sh/capacity-type"


def a_node(name: str, **labels: str) -> Json:
    return {"metadata": {"name": name, "resourceVersion": "5", "labels": {"kubernetes.io/os": "linux", **labels}}}


def event(type_: str, body: Json) -> Json:
    return {"type": type_, "object": body}


async def test_labels_come_and_go_with_their_nodes() -> None:
    listed = {"items": [a_node("a", **{SPOT: "spot"}), a_node("b")], "metadata": {"resourceVersion": "10"}}
    changes = [event("ADDED", a_node("c", **{SPOT: "on-demand"})), event("DELETED", a_node("b")), Done()]
    client, cache = FakeClient(listed, watches=(changes,)), Cache(lambda _: None)
    cache.put_job(a_job_body())
    pod = a_pod_body()
    cache.replace_pods([{**pod, "spec": {"nodeName": "a"}}])
    with pytest.raises(Done):
        await keep_nodes(client, cache, frozenset({SPOT}))
    assert cache.nodes == {"a": {SPOT: "spot"}, "c": {SPOT: "on-demand"}}
    assert client.requests[0].path == "/api/v1/nodes"
    world = cache.observe(KEY, NOW)
    assert world is not None
    assert world.nodes == {"a": {SPOT: "spot"}}, "of its own machines only"
