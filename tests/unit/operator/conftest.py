"""What the operator's tests share."""

from collections.abc import AsyncIterator

import pytest

from unit.operator.api_server import ApiServer, running


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    """An API server that says what the test writes down."""
    async with running() as server:
        yield server
