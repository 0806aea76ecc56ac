"""The small shop, recorded and refreshed."""

from datetime import datetime
from typing import Any

import pytest

from tests.facts import SmallShop


@pytest.fixture
def refreshed(recorded: SmallShop, at: datetime) -> Any:
    """The small shop with its marts and profiles in force, told for the day of its newest order; the report."""
    from regulars.flows.refresh import refresh

    return refresh(at)
