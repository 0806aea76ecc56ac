"""A programme as a page of sections: sentences, each with what can be done to the part that it tells of."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse

from regulars.core.declarations.declare import titled
from regulars.core.programme import Plan, Programme
from regulars.core.programme.sentences import programme_view
from regulars.core.says import Says
from regulars.flows.pages.programme.parts import GENERAL, LISTS, SINGLE, next_place


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence. ``edit`` leads to its form; ``path`` is set where the part can be moved or removed."""

    name: Says
    says: Says
    edit: str = ""
    path: str = ""
    first: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Adding:
    """Something that can be added to a section."""

    label: Says
    href: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section of the programme."""

    name: str
    title: Says
    lines: tuple[Line, ...]
    adding: tuple[Adding, ...] = ()


_TITLES = {
    "units": Says("Points", "积分"),
    "rules": Says("Earning", "如何获得"),
    "ladder": Says("Tiers", "会员等级"),
    "rewards": Says("Rewards", "积分商城"),
    "referral": Says("Referral", "推荐有礼"),
}
_LISTED = {"units": "units", "rules": "rules", "ladder": "ladder.tiers", "rewards": "rewards"}
_WORDS = {
    "units": Says("Point type", "积分类型"),
    "ladder.tiers": Says("Tier", "等级"),
    "rewards": Says("Reward", "奖品"),
    "automatic": Says("Automatic redemption", "自动兑换"),
    "referral": Says("Referral", "推荐有礼"),
}
_GENERAL = {"basis", "on_return"}


def part_address(path: str, kind: str = "") -> str:
    """Where a part is edited."""
    return f"{reverse('programme_part')}?{urlencode({'path': path, **({'kind': kind} if kind else {})})}"


def chapters(plan: Plan, *, editing: bool = False) -> list[Chapter]:
    """The programme chapter by chapter; with ``editing`` also the empty ones, and what can be done."""
    told = {section.path: section for section in programme_view(plan)}
    found = []
    for name, title in _TITLES.items():
        section = told.get(name)
        lines: list[Line] = []
        for one in section.told if section else ():
            line = _line(one.path, one.name, one.says, plan.programme, editing)
            # Several sentences about one part have its buttons once.
            again = any(before.edit == line.edit for before in lines)
            lines.append(replace(line, edit="", path="") if again else line)
        if lines or editing:
            found.append(Chapter(name, title, tuple(lines), tuple(_adding(name, plan.programme)) if editing else ()))
    return found


def _line(path: str, name: Says, says: Says, programme: Programme, editing: bool) -> Line:
    if not editing:
        return Line(name, says)
    if path in _GENERAL:
        return Line(name, says, part_address(GENERAL))
    listed, _, place = path.partition("[")
    if listed in LISTS:
        end = int(next_place(programme, listed).partition("[")[2][:-1]) - 1
        here = int(place[:-1])
        return Line(name, says, part_address(path), path, here == 0, here == end)
    return Line(
        name,
        says,
        part_address(path) if path in SINGLE else "",
        path if path in SINGLE and path != "ladder" else "",
        True,
        True,
    )


def _adding(name: str, programme: Programme) -> list[Adding]:
    """What can be added to a section."""
    if listed := _LISTED.get(name):
        place = next_place(programme, listed)
        added = [
            Adding(titled(cls, kind) if kind else _WORDS[listed], part_address(place, kind))
            for kind, cls in LISTS[listed].items()
        ]
        if name == "rewards" and programme.rewards and programme.automatic is None:
            added.append(Adding(_WORDS["automatic"], part_address("automatic")))
        return added
    return [] if programme.referral else [Adding(_WORDS["referral"], part_address("referral"))]
