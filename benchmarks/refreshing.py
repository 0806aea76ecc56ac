"""Refreshing the full sample, against the same SQL on the same Parquet files in bare DuckDB."""

from collections.abc import Iterator

from benchmarks.harness import Result, open_in_this_process, sample_shop, seconds


def run() -> Iterator[Result]:
    open_in_this_process(sample_shop())
    from django.utils import timezone

    from regulars.flows.refresh import refresh
    from regulars.insights import actions

    refresh(timezone.now())
    bare = "the marts' SQL in bare DuckDB"
    floor = seconds(bare_duckdb)
    whole = seconds(lambda: actions.refresh(timezone.now(), everything=True))
    idle = seconds(lambda: refresh(timezone.now()))
    yield Result("refresh of the full sample", whole, floor, "s", bare, 3)
    yield Result("refresh with nothing changed", idle, floor, "s", bare, 0.1)


def bare_duckdb() -> None:
    """Every mart's SELECT into a table in memory, from the files as they are."""
    from django.utils import timezone

    from regulars.insights.actions.refresh import inputs_and_settings
    from regulars.science.engine import INPUTS, DuckDB, marts

    inputs, settings = inputs_and_settings(timezone.now(), "bench")
    with DuckDB() as engine:
        engine.settle(settings)
        for name, schema in INPUTS.items():
            engine.load(name, inputs.get(name, ()), schema)
        for mart in marts():
            engine.connection.execute(f"CREATE TABLE {mart.name} AS {mart.sql}")
