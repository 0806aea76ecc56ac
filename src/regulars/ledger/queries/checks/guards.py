"""Whether the triggers that keep history final stand as they were made."""

import re
from pathlib import Path

from django.db import connection

_SCHEMA = Path(__file__).resolve().parents[2] / "schema"
_MEND = "Something can be changed that must not; find out who did this, then make it anew from"


def findings() -> list[str]:
    """A sentence for each trigger that is missing, altered or disabled."""
    schema = (_SCHEMA / f"{connection.vendor}.sql").read_text(encoding="utf-8")
    wanted = _on_postgresql(schema) if connection.vendor == "postgresql" else _on_sqlite(schema)
    return [f"trigger {name} is {why}. {_MEND} ledger/schema/{connection.vendor}.sql." for name, why in wanted.items()]


def _on_sqlite(schema: str) -> dict[str, str]:
    wanted = {name: sql for sql, name in re.findall(r"(CREATE TRIGGER (\w+).*?END);", schema, re.DOTALL)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = dict(cursor.fetchall())
    return {
        name: "not as it was made" if name in found else "missing"
        for name, sql in wanted.items()
        if found.get(name, "").rstrip(";") != sql
    }


def _on_postgresql(schema: str) -> dict[str, str]:
    wanted = re.findall(r"CREATE TRIGGER (\w+) BEFORE ([A-Z ]+?) ON (\w+)", schema)
    body = re.search(r"regulars_ledger_is_final\(\) .*?\$\$(.*?)\$\$", schema, re.DOTALL)
    assert body, "the schema says what refuses changes"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, t.tgenabled::text, c.relname::text, p.prosrc, pg_get_triggerdef(t.oid) FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = ANY(ARRAY(SELECT"
            " to_regclass(name) FROM unnest(%s::text[]) name))",
            [sorted({table for _name, _verbs, table in wanted})],
        )
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    told = {}
    for name, verbs, table in wanted:
        enabled, on, source, definition = found.get(name, ("", "", "", ""))
        if not on:
            told[name] = "missing"
        elif enabled not in "OA":
            told[name] = "disabled"
        elif on != table or source != body[1] or any(f"{verb}" not in definition for verb in verbs.split(" OR ")):
            told[name] = "not as it was made"
    return told
