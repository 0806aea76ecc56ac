"""Writing the programme down, and putting a version of it into force."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from regulars.core.faults import Fault, Faulty
from regulars.core.programme import Plan, Programme
from regulars.core.says import Says
from regulars.membership.actions.waiting import PUBLISHING
from regulars.membership.models import Award, Backfill, Decision, Draft, Member, Version
from regulars.membership.queries.versions import programme_of
from regulars.storage import versions as kept
from regulars.storage.transactions import lock_name
from regulars.storage.versions import Refused


def save_draft(text: str, *, revision: int, by: str, at: datetime) -> int:
    """Keep what is being written; answers its new revision. ``revision`` is the one that was changed, 0 for none.

    Raises Refused where somebody else changed it meanwhile.
    """
    return kept.save_draft(Draft, text, revision=revision, by=by, at=at)


def publish(
    text: str,
    *,
    since: datetime,
    note: str,
    zone: str,
    currency: str,
    by: str,
    at: datetime,
    numbered: int | None = None,
) -> int:
    """Put a programme into force from ``since`` on; answers the version's number. In the caller's transaction.

    The first version may begin in the past: the history since then is gone through. ``numbered``: the number that whoever
    publishes expects it to have, so that two who publish at once are told. Raises Faulty and Refused.
    """
    lock_name(PUBLISHING)
    programme = programme_of(text, currency, zone)
    if last := kept.newest(Version):
        if faults := tuple(_against(programme, programme_of(last.text, last.currency, last.zone))):
            raise Faulty(faults)
        if last.currency != currency:
            raise Refused(
                _("Points were given for %(currency)s: a programme keeps its currency.") % {"currency": last.currency}
            )
    number = kept.add(
        Version, text, since=since, at=at, numbered=numbered, programme=programme.id, note=note, zone=zone,
        currency=currency, published_by=by,
    )  # fmt: skip
    # What the clock has to do may be another under the new version: everybody is looked at as it begins.
    Member.objects.filter(due__gt=(day := Plan(programme, ZoneInfo(zone), currency).day(since))).update(due=day)
    return number


def withdraw(number: int, *, at: datetime) -> None:
    """Take back the newest version before it begins. In the caller's transaction. Raises Refused, and LookupError.

    Without a version the history is gone through anew by the next first one.
    """
    lock_name(PUBLISHING)
    used = any(rows.objects.filter(version=number).exists() for rows in (Award, Decision))
    kept.withdraw(Version, number, at=at, used=used)
    if not Version.objects.exists():
        Backfill.objects.all().delete()


def _against(new: Programme, old: Programme) -> Iterable[Fault]:
    """What may not change from version to version: members' accounts are named after it."""
    if new.id != old.id:
        yield Fault(
            "id",
            Says(
                "The programme's id cannot change: balances are kept under it.",
                "计划标识不能修改：会员余额记在它名下。",
            ),
            Says(f'Write id = "{old.id}".', f'请填写 id = "{old.id}"。'),
        )
    kept = {unit.id: unit for unit in new.units}
    for unit in old.units:
        if unit.id not in kept or kept[unit.id].purse is not unit.purse:
            yield Fault(
                "units",
                Says(f"The point type {unit.id} is gone or has become something else; members may hold some.",
                     f"积分类型 {unit.id} 被删除或改了类型，但会员可能仍持有。"),
                Says("Keep it; without earning rules nobody gets more of it.", "请保留该类型；不设积分规则就不会再发放。"),
            )  # fmt: skip
