"""What is wrong with a file or a row, said so that the reader can mend it. Sentences are translated where they are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SHOWN_CHARS = 80


def _(sentence: str) -> str:
    """Mark a sentence for the message catalogue; it stays English until it is shown."""
    return sentence


def shorten(value: object, limit: int = SHOWN_CHARS) -> str:
    """A cell as text of at most ``limit`` characters, on one line."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    text = " ".join(text[: 4 * limit].split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(sentence: str) -> str:
    return sentence


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence with its parts (``say % parts``) and, separately, how to mend it."""

    say: str
    mend: str = ""
    parts: Mapping[str, Any] = field(default_factory=dict)

    def reason(self, translate: Callable[[str], str] = plain) -> str:
        return translate(self.say) % self._shown(translate)

    def remedy(self, translate: Callable[[str], str] = plain) -> str:
        return translate(self.mend) % self._shown(translate) if self.mend else ""

    def _shown(self, translate: Callable[[str], str]) -> dict[str, Any]:
        """The parts; groups of words (``[["E-mail", "Phone"], ["Time"]]``) are translated word by word."""
        return {
            name: "; ".join(" / ".join(map(translate, group)) for group in part) if isinstance(part, list) else part
            for name, part in self.parts.items()
        }

    def as_json(self) -> dict[str, Any]:
        return {"say": self.say, "mend": self.mend, "parts": dict(self.parts)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Problem":
        return cls(stored["say"], stored.get("mend", ""), stored.get("parts", {}))


class FileRefused(Exception):
    """The file is bad as a whole: nothing of it is taken. ``line`` is 1-based, 0 where no line is at fault."""

    def __init__(self, say: str, mend: str = "", *, line: int = 0, column: str = "", **parts: Any) -> None:
        # The sentence may name the place too.
        self.problem = Problem(say, mend, {"line": line, "column": column} | parts)
        self.line, self.column = line, column
        super().__init__(self.problem.reason())


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was not taken: where, the cell at fault, why, and the row's cells as the file had them."""

    line: int
    column: str
    value: str
    problem: Problem
    cells: tuple[Any, ...] = ()
