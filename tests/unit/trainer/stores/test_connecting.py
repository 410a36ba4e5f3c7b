"""What a store says becomes a sentence without what the environment keeps secret."""

import pytest

from lsml_trainer.stores.connecting import words_of

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "somebody",
    "AWS_SECRET_ACCESS_KEY": "very-hidden",
    "USE_KEYS": "true",
    "HOME": "/root/somewhere",
}
SAID = {
    "the key of whom it refuses": ("somebody may not write", "*** may not write"),
    "the secret, on two lines": ("very-hidden\nis no key", "*** is no key"),
    "a word that is no secret": ("true is not in /root/somewhere", "true is not in /root/somewhere"),
    "what tells requests apart": ("AWS Error SLOW_DOWN (Request ID: a1B2)", "AWS Error SLOW_DOWN"),
    "the object, which the sentence names already": (
        "When uploading object with key 'a' in bucket 'b': AWS Error SLOW_DOWN",
        "AWS Error SLOW_DOWN",
    ),
}


@pytest.mark.parametrize(("said", "wanted"), SAID.values(), ids=SAID)
def test_secrets_are_taken_out(said: str, wanted: str) -> None:
    """66"""
    assert words_of(OSError(said), ENVIRONMENT) == wanted
