"""Why the ledger refuses. Each says what is in the way; nothing was written."""

from dataclasses import dataclass


class Refused(Exception):
    """An operation that cannot be done as asked; the same request may succeed later only where that is said."""


@dataclass
class Insufficient(Refused):
    """Less is there than asked for: ``left`` of what ``kind`` and ``reference`` name. May succeed later."""

    account_id: str
    kind: str
    unit: str
    reference: str
    asked: int
    left: int

    def __str__(self) -> str:
        what = f"{self.kind} {self.reference}".strip()
        return f"{what}: {self.left} {self.unit} left, {self.asked} asked for"


@dataclass
class Closed(Refused):
    """The account is closed."""

    account_id: str
    kind: str
    reference: str

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}".strip() + " is closed"


@dataclass
class HoldOver(Refused):
    """A hold that is not there (any more): ``why`` is unknown, settled, timed_out, or less (only ``left`` is still held)."""

    hold_id: str
    why: str
    left: int = 0

    def __str__(self) -> str:
        return {
            "unknown": f"there is no hold {self.hold_id}",
            "settled": f"hold {self.hold_id} was captured or released already",
            "timed_out": f"hold {self.hold_id} has timed out",
            "less": f"hold {self.hold_id} holds {self.left} only",
        }[self.why]


@dataclass
class KeyReused(Refused):
    """The id of the operation was used for another request before."""

    operation_id: str

    def __str__(self) -> str:
        return f"operation {self.operation_id} was something else when it was first asked for"


@dataclass
class InProgress(Refused):
    """The same operation is being done at this moment. Sent again, it gets the answer."""

    operation_id: str

    def __str__(self) -> str:
        return f"operation {self.operation_id} is being done at this moment"


@dataclass
class Impossible(Refused):
    """A request that makes no sense: ``why`` says which part."""

    why: str

    def __str__(self) -> str:
        return self.why
