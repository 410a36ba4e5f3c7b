"""What all tests share: a test's mark follows from its folder."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
MARKED = ("cluster", "e2e", "faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests below cluster/, e2e/ and faults/."""
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in MARKED:
            item.add_marker(folder)
