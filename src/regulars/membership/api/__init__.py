"""Members and the programme, as programs read them. What writes is in ``flows``, in the same words."""

from regulars.membership.api.members import router as members
from regulars.membership.api.programme import context_of
from regulars.membership.api.programme import router as programme
from regulars.membership.api.words import ChangeOut, MoveOut, TierOut, decision_out, tier_out

__all__ = [
    "ChangeOut",
    "MoveOut",
    "TierOut",
    "context_of",
    "decision_out",
    "members",
    "programme",
    "tier_out",
]
