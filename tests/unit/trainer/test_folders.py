"""Where URIs of models lead, and where they must not."""

from pathlib import Path

import pytest

from lsml_trainer.errors import InvalidModel, OutputUnavailable
from lsml_trainer.folders import OutsideOfClaim, folder_of


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    (tmp_path / "claims" / "models").mkdir(parents=True)
    return tmp_path / "claims"


def test_a_uri_is_a_folder_of_its_claim_a_file_uri_and_a_path_are_themselves(claims: Path) -> None:
    assert folder_of("pvc://models/a/b", claims) == claims / "models" / "a" / "b"
    assert folder_of("file:///srv/a", claims) == Path("/srv/a")
    assert folder_of("../a", claims) == Path("../a")


@pytest.mark.parametrize("uri", ["pvc://models/../other", "pvc://models/a/../../b", "file:///srv/../etc"])
def test_a_way_up_is_refused(claims: Path, uri: str) -> None:
    """36"""
    with pytest.raises(OutsideOfClaim, match=r"'\.\.' is not allowed"):
        folder_of(uri, claims)


def test_a_link_out_of_the_claim_is_refused_and_one_inside_is_followed(claims: Path) -> None:
    """36"""
    (claims / "models" / "real").mkdir()
    (claims / "models" / "inside").symlink_to("real")
    (claims / "models" / "outside").symlink_to(claims.parent)
    assert folder_of("pvc://models/inside/a", claims) == claims / "models" / "real" / "a"
    with pytest.raises(OutsideOfClaim, match="a link in it leads out of the claim models"):
        folder_of("pvc://models/outside/a", claims)


def test_a_claim_that_is_not_mounted_and_a_scheme_that_is_none_are_named(claims: Path) -> None:
    with pytest.raises(OutputUnavailable, match="the claim nowhere is not mounted at"):
        folder_of("pvc://nowhere/a", claims)
    with pytest.raises(InvalidModel, match="s3://bucket/a: a model is at pvc://CLAIM/FOLDER"):
        folder_of("s3://bucket/a", claims)
