"""A job's token is in one Secret, and in its pods as a file."""

import json

import pytest

from lsml_operator.desired.coordinator import coordinator_pod
from lsml_operator.desired.pod import worker_pod
from lsml_operator.desired.token_secret import token_secret, with_token
from lsml_operator.job_token import job_token
from lsml_operator.settings import Settings
from lsml_operator.world import Job, Object
from unit.operator.builders import KEY, SETTINGS, TOKEN_KEY, TOKEN_SECRET, Json, a_coordinator, a_job, a_worker

TOKEN = job_token(TOKEN_KEY, KEY)
TEAM = a_job(replicas=2)
FOREIGN = a_job(replicas=2, raw_spec={"algorithm": {"container": {"image": "theirs"}}, "workers": {"replicas": 2}})

PODS: dict[str, Object] = {
    "a worker alone": worker_pod(a_job(), a_worker(), SETTINGS),
    "a member of a team": worker_pod(TEAM, a_worker(), SETTINGS, "10.96.0.7"),
    "a program of its user's own": worker_pod(FOREIGN, a_worker(), SETTINGS, "10.96.0.7"),
    "a coordinator": coordinator_pod(TEAM, a_coordinator(), SETTINGS),
}


@pytest.mark.parametrize("job", [a_job(), TEAM], ids=["alone", "a team"])
def test_the_secret_goes_with_its_job(job: Job) -> None:
    secret = token_secret(job, TOKEN_KEY)
    assert secret["metadata"]["ownerReferences"] == PODS["a coordinator"]["metadata"]["ownerReferences"]
    assert (secret["metadata"]["name"], secret["metadata"]["namespace"]) == (TOKEN_SECRET, KEY.namespace)
    assert (secret["type"], secret["immutable"], secret["stringData"]) == ("lsml.dev/token", True, {"token": TOKEN})


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_a_pod_has_it_as_a_file_that_its_user_may_only_read(pod: Object) -> None:
    body = with_token(pod, TOKEN_SECRET, SETTINGS)
    volume = {"name": "lsml-token", "secret": {"secretName": TOKEN_SECRET, "defaultMode": 0o440}}
    assert body["spec"]["volumes"] == [*pod["spec"]["volumes"], volume]
    assert body["spec"]["securityContext"]["fsGroup"] == body["spec"]["securityContext"]["runAsGroup"]
    (container,), (before,) = body["spec"]["containers"], pod["spec"]["containers"]
    mount = {"name": "lsml-token", "mountPath": "/mnt/lsml", "readOnly": True}
    assert container["volumeMounts"] == [*before.get("volumeMounts", []), mount]
    assert container["env"] == [*before["env"], {"name": "LSML_TOKEN_FILE", "value": "/mnt/lsml/token"}]
    assert TOKEN not in json.dumps(body)


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_without_one_a_pod_is_as_before(pod: Object) -> None:
    assert with_token(pod, None, SETTINGS) == pod


def test_where_prometheus_asks_the_pods_it_needs_no_token() -> None:
    watched = Settings(trainer_image=SETTINGS.trainer_image, open_metrics=True)
    variables: list[Json] = with_token(PODS["a worker alone"], TOKEN_SECRET, watched)["spec"]["containers"][0]["env"]
    assert variables[-1] == {"name": "LSML_OPEN_METRICS", "value": "true"}
