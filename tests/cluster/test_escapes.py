"""What a tenant may not do with a TrainingJob: refused by the API server, or without effect (FAULTS 33, 34, 62, 63).

The schema has no word for most of it; the rest is the chart's ValidatingAdmissionPolicies. What they keep whoever has
the operator's token from is in test_operators_token.py.
"""

from dataclasses import replace

import pytest
import yaml

from cluster.api import DRY_RUN, MERGE, Api, Object, Refused, path_of
from cluster.escaping import BY_THE_POLICY, BY_THE_SCHEMA, BY_THE_STRICT_POLICY, HARMLESS
from cluster.installation import SYSTEM
from cluster.objects import UNSEEN, a_job, name_of
from cluster.policing import OWN_VOLUMES, SETTINGS, judges, pods_of, tokened
from cluster.space import Space
from cluster.tables import Case, job_of
from cluster.waiting import until
from deploy.chart import CHART
from lsml_operator.desired.network_policy import network_policy
from lsml_operator.observe.read import read_job

pytestmark = pytest.mark.usefixtures("no_operator", "policies")

OWN_LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/component", "app.kubernetes.io/instance", "lsml.dev/job")
REFUSED = {**BY_THE_SCHEMA, **BY_THE_POLICY}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(spaces: tuple[Space, Space], case: Case) -> None:
    """When the job is created, and when one that stands is edited."""
    with pytest.raises(Refused) as refusal:
        spaces[0].create(job_of(case), dry_run=True)
    assert case.sentence in refusal.value.message


@pytest.mark.parametrize("case", BY_THE_STRICT_POLICY.values(), ids=BY_THE_STRICT_POLICY)
def test_it_is_refused_where_the_administrator_says_so(spaces: tuple[Space, Space], case: Case) -> None:
    """And only there."""
    plain, strict = spaces
    plain.create(job_of(case), dry_run=True)
    with pytest.raises(Refused) as refusal:
        strict.create(job_of(case), dry_run=True)
    assert case.sentence in refusal.value.message


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_it_cannot_be_edited_in(spaces: tuple[Space, Space], standing: Object, case: Case) -> None:
    """What is refused at first is refused afterwards."""
    with pytest.raises(Refused):
        spaces[0].edit("TrainingJob", standing["metadata"]["name"], {"spec": job_of(case)["spec"]}, dry_run=True)


@pytest.fixture(scope="module")
def standing(spaces: tuple[Space, Space]) -> Object:
    """A job of which nothing is wrong."""
    return spaces[0].create(a_job("standing"))


@pytest.mark.parametrize("case", BY_THE_SCHEMA.values(), ids=BY_THE_SCHEMA)
def test_a_client_that_asks_for_no_strictness_gains_nothing(spaces: tuple[Space, Space], case: Case) -> None:
    """What the schema does not know is pruned where a client does not want it refused: the pods do not have it."""
    space = spaces[0]
    query = DRY_RUN | {"fieldValidation": "Ignore"}
    try:
        stored = space.api.request("POST", path_of("TrainingJob", space.name), job_of(case), query=query)
    except Refused:
        return
    assert_harmless(space, stored)


@pytest.mark.parametrize("template", HARMLESS.values(), ids=HARMLESS)
def test_it_has_no_effect(spaces: tuple[Space, Space], template: Object) -> None:
    """The job is taken; its pods have no power that the others' lack."""
    assert_harmless(spaces[0], spaces[0].create(a_job(workers={"template": template}), dry_run=True))


def test_a_program_of_ones_own_has_no_more_power(spaces: tuple[Space, Space]) -> None:
    """It is another program, in the same pod."""
    program = {"container": {"image": "theirs", "command": ["sh", "-c", "id"]}}
    assert_harmless(spaces[0], spaces[0].create(a_job(algorithm=program), dry_run=True))


def test_a_status_of_ones_own_making_is_not_stored(spaces: tuple[Space, Space]) -> None:
    """Nobody makes the operator delete, or believe, by what he creates."""
    forged = a_job() | {"status": {"phase": "Succeeded", "coordinator": {"attempt": 0, "address": "10.6.6.6"}}}
    assert spaces[0].create(forged, dry_run=True).get("status", UNSEEN) == UNSEEN


def assert_harmless(space: Space, stored: Object) -> None:
    """The pods that the operator makes of it are admitted by the restricted standard, and are the operator's own."""
    plain = pods_of(stored | {"spec": stored["spec"] | {"workers": {"replicas": 1}}})
    for pod, usual in zip(pods_of(stored), plain, strict=True):
        admitted = space.create(tokened(pod), dry_run=True)["spec"]
        assert admitted["automountServiceAccountToken"] is False
        assert admitted["serviceAccountName"] == "default"
        assert [pod["metadata"]["labels"][name] for name in OWN_LABELS] == [
            usual["metadata"]["labels"][name] for name in OWN_LABELS
        ]
        assert {kind for volume in admitted.get("volumes", []) for kind in volume} <= OWN_VOLUMES
        (container,), (usual_container,) = pod["spec"]["containers"], usual["spec"]["containers"]
        assert container["securityContext"] == usual_container["securityContext"]
        assert [v for v in container["env"] if "$(" in v.get("value", "").replace("$$", "")] == []
        assert container["env"][-len(usual_container["env"]) :] == usual_container["env"]


def test_a_job_is_fenced_as_the_chart_says(spaces: tuple[Space, Space], standing: Object) -> None:
    """The NetworkPolicy with the chart's default rules is one that the API server takes, word for word (FAULTS 62)."""
    rules = yaml.safe_load((CHART / "values.yaml").read_text())["jobs"]["networkPolicy"]
    settings = replace(SETTINGS, namespace=SYSTEM, ingress=rules["ingress"], egress=rules["egress"])
    policy = network_policy(read_job(standing), settings)
    assert spaces[0].create(policy, dry_run=True)["spec"] == policy["spec"]


def test_the_policies_know_the_types_that_they_judge(api: Api) -> None:
    """The API server found no mistake in them."""
    policies = api.request("GET", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies")["items"]
    assert {name_of(policy): policy["status"]["typeChecking"] for policy in policies} == {
        f"{release}-{judged}": {} for release in ("lsml", "strict-lsml") for judged in ("jobs", "operator", "secrets")
    }


def test_a_stricter_policy_lets_what_stands_be(spaces: tuple[Space, Space], api: Api) -> None:
    """It judges when what it judges is changed: an older job can still be suspended, and scaled."""
    _, strict = spaces
    binding = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/strict-lsml-jobs"
    forbidden = BY_THE_STRICT_POLICY["somebody's registry"]
    api.request("PATCH", binding, {"spec": {"validationActions": ["Audit"]}}, MERGE)
    try:
        until("it only audits", lambda: not judges(strict, BY_THE_STRICT_POLICY))
        strict.create(job_of(forbidden))
    finally:
        api.request("PATCH", binding, {"spec": {"validationActions": ["Deny"]}}, MERGE)
    until("it judges again", lambda: judges(strict, BY_THE_STRICT_POLICY))

    strict.edit("TrainingJob", "iris", {"spec": {"suspend": True, "workers": {"replicas": 1}}})
    with pytest.raises(Refused):
        strict.edit("TrainingJob", "iris", {"spec": {"workers": {"template": {"labels": {"a": "b"}}}}})
