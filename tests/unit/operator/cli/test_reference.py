"""The page that is generated is the one that is committed."""

from pathlib import Path

from lsml_operator.cli.reference import page

FILE = Path(__file__).parents[4] / "manifests" / "examples" / "README.md"


def test_the_page_is_up_to_date() -> None:
    assert FILE.read_text() == page(), "run `make generate`"
