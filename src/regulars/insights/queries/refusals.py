"""Why the figures could not be brought up to date, told beside those in force until a refresh succeeds."""

import json
from dataclasses import dataclass
from pathlib import Path

from regulars.insights.queries.marts import marts_folder


@dataclass(frozen=True, slots=True)
class Refusal:
    """A figure of ``mart`` leaves 64 bits. The order to look at, by id and as people call it: ``value`` is the largest of
    ``column``, in minor units or thousandths."""

    mart: str
    column: str
    order_id: str
    number: str
    value: int


def refusal() -> Refusal | None:
    """Why the last refresh was refused; None where it succeeded."""
    try:
        return Refusal(**json.loads(refusal_path().read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def refusal_path() -> Path:
    return marts_folder() / "refused.json"
