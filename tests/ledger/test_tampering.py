"""Whoever changes the ledger's history, however they cover it up, is found."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from regulars.ledger.actions import commit, commit_many
from regulars.ledger.actions.sealing import seal
from regulars.ledger.queries.checks import inconsistencies
from tests.ledger.histories import BEGIN, history
from tests.ledger.tampering import COVERED_UP, NotHere, tamper

KEY = b"a key that is not in the database"
TABLES = ("posting", "operation", "seal", "seal_line")
SEALED_AT = BEGIN + timedelta(days=30)


@pytest.fixture
def kept(books: None) -> Iterator[None]:
    """A ledger over all verbs, sealed twice, with every guard that a shop's database has."""
    _guard("ENABLE")
    operations = list(history(11, 200, 25))
    for operation in operations[:60]:
        commit(operation)
    commit_many(operations[60:140])
    seal(SEALED_AT, KEY)
    commit_many(operations[140:])
    seal(SEALED_AT + timedelta(days=1), KEY)
    yield
    _guard("DISABLE")


def _guard(verb: str) -> None:
    """The suite's own database can be emptied (tests/conftest.py); a shop's cannot."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE ledger_{table} {verb} TRIGGER ledger_{table}_is_not_emptied")


def _tamper(seed: int) -> tuple[str, str, list[str]]:
    """Tamper once, in a transaction that is undone: what class, where, and what was found."""
    chance = random.Random(seed)
    while True:
        try:
            with transaction.atomic():
                name, where = tamper(chance)
                found = inconsistencies(KEY)
                transaction.set_rollback(True)
            return name, where, found
        except (NotHere, IntegrityError, DataError):
            continue  # what the tables themselves refuse (a key twice, a debt) nobody needs to find


def _tampered(count: int) -> None:
    assert inconsistencies(KEY) == []
    told: Counter[str] = Counter()
    missed = []
    for seed in range(count):
        name, where, found = _tamper(seed)
        told[name] += 1
        if not found or (name in COVERED_UP and not all("seal" in sentence for sentence in found)):
            missed.append((seed, name, where, found))
    print(f"\n{connection.vendor}: {count - len(missed)} of {count} found: {dict(told.most_common())}")
    assert not missed, missed[:10]
    assert inconsistencies(KEY) == []


def test_tampering_is_found(kept: None):
    _tampered(300 if connection.vendor == "sqlite" else 100)


@pytest.mark.proof
def test_a_thousand_tamperings_are_found(kept: None):
    _tampered(1_000 if connection.vendor == "sqlite" else 300)
