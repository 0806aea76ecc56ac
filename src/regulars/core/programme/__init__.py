"""The loyalty programme: what an operator writes, and ``decide``, which says what an event means under it."""

from regulars.core.programme.dayend import next_due
from regulars.core.programme.deciding import decide, scene
from regulars.core.programme.document import Programme
from regulars.core.programme.folding import Versions, advanced, folded
from regulars.core.programme.outcome import Gift, Move, Note, Outcome
from regulars.core.programme.plan import Plan

__all__ = [
    "Gift",
    "Move",
    "Note",
    "Outcome",
    "Plan",
    "Programme",
    "Versions",
    "advanced",
    "decide",
    "folded",
    "next_due",
    "scene",
]
