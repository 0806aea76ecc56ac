"""One history, four ways: the database's own half with and without its short way, the book alone, and batches must write the
same to the byte.

And on both databases: the golden digests say what the chain of a history is, whichever database keeps it.
"""

import hashlib

import pytest

from regulars.ledger.actions import commit, commit_many, postgresql
from regulars.ledger.facts import Operation
from regulars.ledger.rows import COLUMNS, posting_of
from tests.ledger.conftest import empty
from tests.ledger.play import history, rows, said

pytestmark = pytest.mark.usefixtures("books")

# What a history of 300 operations writes, of these seeds.
GOLDEN = {1: "923df32528d57f94", 2: "59e092f7d7af1376", 3: "1f4e0567f6a1ccf8"}
TABLES = {
    "posting": ", ".join(COLUMNS),
    "operation": "id, digest, at, reason, actor, about",
    "account": "id, kind, unit, reference, subject, guarded, in_lots, balance, held, granted, seq, head, closed",
    "lot": "id, account_id, remaining, held, active_at, expires_at",
    "hold": "posting_id, hold_id, account_id, target_id, lot_id, remaining, until",
    "message": "id, operation_id, name, content, at, sent_at",
}


def written() -> dict[str, list[str]]:
    """Every row of the ledger, in no order of its own."""
    return {table: sorted(map(repr, rows(columns, table))) for table, columns in TABLES.items()}


def one_by_one(told: list[tuple[Operation, bool]]) -> tuple[list[object], dict[str, list[str]]]:
    empty()
    answers = []
    for operation, _ in told:
        answer = said(commit, operation)
        answers.append(answer if isinstance(answer, tuple) else answer.postings)
    return answers, written()


def compare(seed: int, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    told = history(seed, length)
    assert 0.25 < sum(good for _, good in told) / length < 0.99  # refusals too
    answers, kept = one_by_one(told)
    assert [not isinstance(answer[0] if answer else None, str) for answer in answers] == [good for _, good in told]
    for name, nothing in (("HOT", frozenset()), ("_spent", lambda legs: ())):
        with monkeypatch.context() as without:
            without.setattr(postgresql, name, nothing)
            otherwise, kept_otherwise = one_by_one(told)
        assert otherwise == answers
        assert kept_otherwise == kept
    empty()
    good = [operation for operation, good in told if good]
    commit_many(good, size=7)
    assert written() == kept | {"account": written()["account"]}
    # An account that nothing was ever posted to may exist or not.
    assert [row for row in written()["account"] if row not in kept["account"]] == []


def test_all_ways_to_write_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch):
    compare(11, 150, monkeypatch)


@pytest.mark.proof
def test_all_ways_to_write_give_the_same_bytes_for_many_histories(monkeypatch: pytest.MonkeyPatch, effort: int):
    for seed in range(100, 100 + 5 * effort):
        compare(seed, 300, monkeypatch)


@pytest.mark.parametrize("seed", GOLDEN)
def test_a_history_has_one_chain_on_every_database(seed: int):
    for operation, _ in history(seed, 300):
        said(commit, operation)
    chain = sorted(map(posting_of, rows(", ".join(COLUMNS), "posting")))
    told = repr([(p.id, p.debit_seq, p.credit_seq, p.hash) for p in chain])
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == GOLDEN[seed]
