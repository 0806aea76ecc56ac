"""A rule of the programme is one declaration: a frozen, slotted dataclass whose fields say how they are written, checked,
shown and filled in. From it follow the parser of documents, their plain form and JSON Schema, the console's form, the view
and what differs between two versions::

    @dataclass(frozen=True, slots=True)
    class PerAmount:
        title: ClassVar[Says] = Says("Points per amount", "消费送积分")

        id: str = declare(Id(), Says("Id", "标识"))
        points: int = declare(Whole(1, 1_000_000), Says("Points", "积分"))
        per: int = declare(Money(minimum=1), Says("for every", "每消费"))
        when: Condition | None = declare(When(ORDER), Says("if", "条件"), default=None)

    programme = parse(Programme, load(text), Context("CNY"))

A class may have ``check(self, path, context) -> Iterable[Fault]`` for fields that are good each but not together.
"""

from regulars.core.declarations.amounts import Money, Quantity, Share, Whole
from regulars.core.declarations.declare import Declared, declare, declared
from regulars.core.declarations.documents import DEPTH_MOST, PARTS_MOST, knowing, parse, plain, schema
from regulars.core.declarations.forms import FormField, form, from_form, to_form
from regulars.core.declarations.kinds import Context, Definitions, Input, Kind, Plain, join
from regulars.core.declarations.parts import EMPTY, Lookup, Parts, Table
from regulars.core.declarations.records import Localised, Part, Record, Term
from regulars.core.declarations.texts import BYTES_MOST, dump, load
from regulars.core.declarations.times import Day, Instant
from regulars.core.declarations.views import Change, Shown, diff, view
from regulars.core.declarations.when import When
from regulars.core.declarations.words import Choice, Flag, Id, Ids, Ref, Words

__all__ = [
    "BYTES_MOST",
    "DEPTH_MOST",
    "EMPTY",
    "PARTS_MOST",
    "Change",
    "Choice",
    "Context",
    "Day",
    "Declared",
    "Definitions",
    "Flag",
    "FormField",
    "Id",
    "Ids",
    "Input",
    "Instant",
    "Kind",
    "Localised",
    "Lookup",
    "Money",
    "Part",
    "Parts",
    "Plain",
    "Quantity",
    "Record",
    "Ref",
    "Share",
    "Shown",
    "Table",
    "Term",
    "When",
    "Whole",
    "Words",
    "declare",
    "declared",
    "diff",
    "dump",
    "form",
    "from_form",
    "join",
    "knowing",
    "load",
    "parse",
    "plain",
    "schema",
    "to_form",
    "view",
]
