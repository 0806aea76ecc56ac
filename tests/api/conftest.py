"""A program whose key may do everything. Django is set up after this file is read: hence the late imports."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.api.program import Program


@pytest.fixture
def program(shop: Any) -> "Program":
    from regulars.web.access import Scope
    from tests.api.program import Program, make_key

    make_key(*Scope.values)
    return Program()


@pytest.fixture(autouse=True)
def fresh_buckets() -> None:
    """Each test begins with a full rate limit."""
    from regulars.site.api import api

    api.throttle.buckets._levels.clear()
