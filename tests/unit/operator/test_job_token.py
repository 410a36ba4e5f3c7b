"""A token follows from the operator's key and the job, and nothing else."""

import hashlib
import hmac

from lsml_operator.job_token import job_token, secret_name
from lsml_operator.world import JobKey
from unit.operator.builders import KEY, TOKEN_KEY

OTHERS = {
    "its successor of the same name": JobKey("team", "iris", "uid-next"),
    "another of its namespace": JobKey("team", "digits", "uid-iris"),
    "one of its name in another namespace": JobKey("others", "iris", "uid-iris"),
    "one whose names only look the same when put together": JobKey("team-iris", "uid", "iris"),
}


def test_it_is_an_hmac_of_who_the_job_is() -> None:
    assert job_token(TOKEN_KEY, KEY) == hmac.new(TOKEN_KEY, b"team/iris/uid-iris", hashlib.sha256).hexdigest()


def test_no_other_job_and_no_other_key_has_it() -> None:
    jobs = (KEY, *OTHERS.values())
    tokens = [job_token(key, job) for key in (TOKEN_KEY, bytes(32)) for job in jobs]
    assert len({*tokens}) == len(tokens)
    names = [secret_name(key, job) for key in (TOKEN_KEY, bytes(32)) for job in jobs]
    assert len({*names}) == len(names)


def test_its_secret_has_a_name_of_the_jobs_that_fits_and_tells_nothing_of_it() -> None:
    name = secret_name(TOKEN_KEY, KEY._replace(name="a" * 50))
    stem, _, mark = name.rpartition("-token-")
    assert (stem, len(mark)) == ("a" * 50, 8)
    assert mark not in job_token(TOKEN_KEY, KEY._replace(name="a" * 50))
