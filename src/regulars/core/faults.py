"""What is wrong with a document: where, why, and how to mend it."""

from dataclasses import dataclass

from regulars.core.says import Says


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``path`` leads to the place: ``earning[2].when.all[0].value``; ``mend`` says what would be right."""

    path: str
    reason: Says
    mend: Says

    def to(self, language: str) -> str:
        """One line: place, reason, mend."""
        return f"{self.path or '.'}: {self.reason.to(language)} {self.mend.to(language)}".rstrip()


class Faulty(ValueError):
    """A document that is refused whole, with every fault that was found."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(fault.to("en") for fault in faults))
