"""How a programme's sentences speak of its parts, of days and of amounts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from regulars.core import conditions, says
from regulars.core.conditions import Condition, Names, Vocabulary
from regulars.core.programme.document import Purse
from regulars.core.programme.earning import PERIODS, Cap
from regulars.core.programme.plan import Plan
from regulars.core.says import Says, joined, same

COMMA = Says(", ", "，")
SEMICOLON = Says("; ", "；")
LISTED = Says(", ", "、")
_MONTHS = "January February March April May June July August September October November December".split()
_LATIN, _CHINESE = "[A-Za-z0-9%×]", "[\u4e00-\u9fff]"
_TOUCHING = re.compile(f"(?<={_CHINESE})(?={_LATIN})|(?<={_LATIN})(?={_CHINESE})")
_IDLE = re.compile(f"(?<={_CHINESE}) (?={_CHINESE})")


@dataclass(frozen=True, slots=True)
class Speech:
    """The words of one plan. ``near`` is a day (ordinal): days of its year are said without the year."""

    plan: Plan
    near: int = 0
    names: Names | None = None

    def amount(self, unit: str, amount: int) -> Says:
        """So much of a point type: ``128 points``, ``5.00 CNY store credit``."""
        found = next((one for one in self.plan.programme.units if one.id == unit or not unit), None)
        if found is None:
            return same(f"{amount:,} {unit}")
        if found.purse is Purse.CREDIT:
            worth = self.money(amount)
            return Says(f"{worth.en} {found.name.en}", f"{worth.zh}{found.name.zh}")
        return Says(
            f"{amount:,} {_singular(found.name.en) if amount == 1 else found.name.en}", f"{amount:,}{found.name.zh}"
        )

    def money(self, minor: int) -> Says:
        return says.money(minor, self.plan.currency)

    def quantity(self, milli: int) -> Says:
        """How much was bought, in the programme's own measure."""
        measure = self.plan.programme.quantity_unit or Says("unit" if milli == 1000 else "units", "件")
        return Says(f"{number(milli)} {measure.en}", f"{number(milli)} {measure.zh}")

    def day(self, day: int) -> Says:
        """A day in words: ``9 March``, ``31 March 2027``."""
        on = date.fromordinal(day)
        said = Says(f"{on.day} {_MONTHS[on.month - 1]}", f"{on.month} 月 {on.day} 日")
        if self.near and date.fromordinal(self.near).year == on.year:
            return said
        return Says(f"{said.en} {on.year}", f"{on.year} 年 {said.zh}")

    def cap(self, cap: Cap, amount: Says) -> Says:
        """``at most 500 points a month``; ``amount`` is the cap's, worded."""
        return Says("at most {n} {per}", "{per}最多 {n}").filled(n=amount, per=PERIODS[cap.per])

    def rule(self, named: str) -> Says:
        if named == "referral":
            return Says("Referral", "推荐有礼")
        return next((rule.name for rule in self.plan.programme.rules if rule.id == named), same(named))

    def tier(self, named: str) -> Says:
        tier = self.plan.programme.tier(named)
        return tier.name if tier else same(named) if named else Says("no tier", "无等级")

    def reward(self, named: str) -> Says:
        reward = self.plan.programme.reward(named)
        return reward.name if reward else same(named)

    def condition(self, condition: Condition, vocabulary: Vocabulary) -> Says:
        return conditions.sentence(condition, vocabulary, self.plan.currency, self.named)

    def named(self, source: str, named: str) -> Says:
        """The name of what a condition names by its id."""
        if source == "tiers":
            return self.tier(named)
        return self.names(source, named) if self.names else same(named)


def number(milli: int) -> str:
    """Thousandths as a number without idle zeros."""
    return f"{Decimal(milli).scaleb(-3):,f}".rstrip("0").rstrip(".")


def spaced(said: Says) -> Says:
    """The sentence with a space in Chinese wherever a Chinese character and a Latin one or a digit touch, and nowhere else."""
    return Says(said.en, _IDLE.sub("", _TOUCHING.sub(" ", said.zh)))


def clauses(parts: Iterable[Says], word: Says = SEMICOLON) -> Says:
    """Clauses as one sentence."""
    return spaced(joined(list(parts), word))


def _singular(name: str) -> str:
    """One of what a name in the plural names; names that are not plainly a plural stay as they are."""
    return name[:-1] if re.fullmatch("[A-Za-z ]*[A-Za-z][^siu]s|[A-Za-z ]*[^iosxz]es", name) else name
