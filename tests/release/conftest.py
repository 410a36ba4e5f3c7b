"""Helm, which packages the chart."""

import pytest

from localcluster.binaries import ensure


@pytest.fixture(scope="session")
def helm() -> str:
    """Helm in the pinned version."""
    return str(ensure(["helm"])["helm"])
