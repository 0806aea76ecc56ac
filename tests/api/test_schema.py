"""What the OpenAPI document says is what the API does: requests made from it by the thousand, good ones and bad ones."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.serializers.json import DjangoJSONEncoder
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from ninja import Schema
from schemathesis import GenerationMode, checks

from regulars.site.api import api
from regulars.site.wsgi import application
from regulars.web.api_limits import Buckets
from tests.api.program import Program
from tests.api.test_orders import EVENT, ORDER
from tests.api.test_quotes import OFFERS

DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(), cls=DjangoJSONEncoder))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = application
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
# JSON Schema cannot say all that we ask: that amounts add up, that an order is not in the future, that a batch loses its
# bad items alone. So a request that fits the document may be refused (422) or taken in part (207).
LEFT_OUT = [checks.positive_data_acceptance, checks.negative_data_rejection]
EXAMPLES = 12


@pytest.fixture
def populated(program: Program, monkeypatch: Any) -> Iterator[Program]:
    """A shop with a customer, a product, an order, an event and offers, and a key without a limit."""
    monkeypatch.setattr(api.throttle, "buckets", Buckets(capacity=10**9))
    assert program.put("/orders/api:1", ORDER).status_code == 201
    assert program.post("/events", EVENT).status_code == 201
    assert program.post("/offers/versions", {"text": OFFERS}).status_code == 201
    for signal in (request_started, request_finished):  # they would close the connection of the test's transaction
        signal.disconnect(close_old_connections)
    yield program
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


GOOD_AND_BAD = [(label, mode) for label in OPERATIONS for mode in GenerationMode if label != "GET /api/v1/health"]


@pytest.mark.parametrize(("operation", "mode"), [("GET /api/v1/health", GenerationMode.POSITIVE), *GOOD_AND_BAD])
def test_requests_made_from_the_document(populated: Program, operation: str, mode: GenerationMode) -> None:
    @given(case=OPERATIONS[operation].as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Any) -> None:
        headers = {"Authorization": f"Bearer {populated.secret}", "Accept-Encoding": "identity"}
        case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)

    holds()


def test_the_document_names_every_problem_and_every_scope(program: Program) -> None:
    served = program.get("/openapi.json").data
    assert served["openapi"].startswith("3.1")
    for path, operations in served["paths"].items():
        for method, operation in operations.items():
            assert {"500", "503"} <= operation["responses"].keys(), (method, path)
            assert bool(operation.get("security")) == (path != "/api/v1/health"), (method, path)
            assert operation["summary"], (method, path)


def test_no_two_bodies_or_answers_share_a_name() -> None:
    """The document keeps one schema under a name: another's answers would not be what it says."""
    named: dict[str, set[type]] = {}
    waiting = [Schema]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.__name__.endswith(("In", "Out")) and cls.__name__ in DOCUMENT["components"]["schemas"]:
                named.setdefault(cls.__name__, set()).add(cls)
    assert [name for name, classes in named.items() if len(classes) > 1] == []
