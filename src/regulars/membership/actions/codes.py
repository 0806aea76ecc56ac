"""Codes that somebody else made: put into a reward's pool, taken from it one by one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from regulars.core.codes import CODE_MAX, key
from regulars.membership.actions.publishing import Refused
from regulars.membership.models import Code, CodePool
from regulars.storage.bulk import insert, new_hex, select_in

# At once; larger files come in parts.
CODES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list of codes: ``refused`` are (line, why), of which a page shows some."""

    added: int
    known: int
    twice: int
    refused: tuple[tuple[int, str], ...]


def import_codes(reward: str, lines: Iterable[str], *, warn_below: int, at: datetime) -> Imported:
    """Put codes, one a line, into a reward's pool; in the caller's transaction. What is there already stays as it is.

    The first cell of a line counts, where it has several. Raises Refused for more than ``CODES_MAX``, and for none.
    """
    pool, _made = CodePool.objects.select_for_update().update_or_create(
        reward=reward, defaults={"warn_below": warn_below, "changed_at": at}
    )
    found: dict[str, str] = {}
    twice, refused = 0, []
    for number, line in enumerate(lines, 1):
        code = _cell(line)
        if not code:
            continue
        if len(code) > CODE_MAX or not code.isprintable():
            refused.append((number, _("A code has at most %(most)d printable characters.") % {"most": CODE_MAX}))
        elif found.setdefault(key(code), code) is not code:
            twice += 1
        if len(found) > CODES_MAX:
            raise Refused(_("More than %(most)s codes at once: import the file in parts.") % {"most": f"{CODES_MAX:,}"})
    if not found and not refused:
        raise Refused(_("There is no code in it. Give one code a line."))
    known = {
        row[0]
        for row in select_in("SELECT key FROM membership_code WHERE pool_id = %s AND key IN ({marks})", found, reward)
    }
    fresh = [(new_hex(), pool.pk, same, code) for same, code in found.items() if same not in known]
    insert(Code, ("id", "pool_id", "key", "code"), fresh)
    return Imported(len(fresh), len(known), twice, tuple(refused))


def take(reward: str, claim: UUID) -> bool:
    """Take a code for a claim, in the caller's transaction; False where the pool is empty. Once taken it stays the claim's."""
    if Code.objects.filter(claim_id=claim).exists():
        return True
    free = Code.objects.filter(pool=reward, claim_id=None).order_by("id")
    if connection.vendor == "postgresql":
        free = free.select_for_update(skip_locked=True)
    own = free.values_list("pk", flat=True).first()
    return own is not None and bool(Code.objects.filter(pk=own, claim_id=None).update(claim_id=claim))


def give_back(claim: UUID) -> None:
    """Put back the code that was set aside for a claim, which nobody has seen."""
    Code.objects.filter(claim_id=claim).update(claim_id=None)


def _cell(line: str) -> str:
    """The first cell of a line of text or CSV."""
    cell = line.strip().lstrip("\ufeff").split("\t")[0].split(";")[0].split(",")[0]
    return cell.strip().strip('"').strip()
