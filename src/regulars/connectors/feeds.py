"""Where batches come from: a mapped file, or the sample shop. The same input always gives the same batches."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from regulars.connectors.tabular.converting import Batch, Options, converter_for
from regulars.connectors.tabular.mapping import DATE_QUESTION, check_mapping, date_question
from regulars.connectors.tabular.problems import FileRefused, shorten
from regulars.connectors.tabular.reading import Table, check_whole, open_table
from regulars.connectors.tabular.sniff import Format


@dataclass(frozen=True, slots=True)
class Feed:
    """``names`` are the columns a rejected row has; ``size`` is where ``Batch.position`` ends; ``products`` those that the
    run's batches have looked up already."""

    names: list[str]
    size: int
    batches: Callable[[], Iterator[Batch]]
    appends: bool = False
    products: dict[str, str] = field(default_factory=dict)


def check_plan(table: Table, dataset: str, mapping: Mapping[str, str], date_order: str) -> str:
    """The date order to read a file by, "" where none is needed. Raises FileRefused for a mapping that cannot be run, and
    where day and month could be either way and nobody has said which."""
    check_mapping(dataset, table.names, mapping)
    if date_order:
        return date_order
    rows = table.sample()
    column, orders = date_question(dataset, table.names, mapping, rows)
    if column:
        at = table.names.index(column)
        value = shorten(next(row[at] for row in rows if row[at]))
        raise FileRefused(DATE_QUESTION.say, DATE_QUESTION.mend, line=1, column=column, value=value)
    return next(iter(orders)) if len(orders) == 1 else ""


def file_feed(
    path: Path, form: Format, dataset: str, mapping: Mapping[str, str], options: Options, *, whole: bool = True
) -> Feed:
    """The batches of a file, checked as a whole before the first one unless only its beginning is wanted. Raises FileRefused."""
    table = open_table(path, form)
    options = replace(options, date_order=check_plan(table, dataset, mapping, options.date_order))
    if whole:
        check_whole(table)
    converter = converter_for(dataset, table.names, mapping, options)

    def batches() -> Iterator[Batch]:
        for block in table.blocks():
            batch = converter.convert(block)
            batch.dataset = dataset
            batch.rejections += block.unread
            batch.warnings += [one for one in block.doubts if not one.column or mapping.get(one.column)]
            batch.rows += len(block.unread)
            yield batch
        last = converter.finish()
        last.dataset, last.position = dataset, table.size
        yield last

    return Feed(table.names, table.size, batches, converter.appends)
