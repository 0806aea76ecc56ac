"""Take what sources say of customers: facts in batches, each record once, empty fields erasing nothing."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from regulars.core.facts import ConsentFact, CustomerFact, EventFact, IdentityFact, Refusal, Tally
from regulars.customers.models import Consent, Customer, Event, Identity, new_subject_key
from regulars.customers.queries import ids_by_source, normalise
from regulars.storage.bulk import as_hex, insert, instant, new_hex, select_in, to_json, update

_TEXTS = ("name", "gender", "language", "country", "region", "city", "postcode")
_COLUMNS = (
    *("id", "subject_key", "source", "source_id", "digest", *_TEXTS, "birthday", "tags", "attributes"),
    *("first_seen_at", "source_updated_at", "recorded_at"),
)
_UPDATED = ("digest", *_TEXTS, "birthday", "tags", "attributes", "first_seen_at", "source_updated_at", "recorded_at")


def record_customers(facts: Sequence[CustomerFact], *, source: str, at: datetime, country: str = "CN") -> Tally:
    """Create or update customers with their identities and consents. An older ``updated_at`` never overwrites a newer one."""
    tally, latest = Tally(), {fact.source_id: fact for fact in facts}
    tally.unchanged += len(facts) - len(latest)
    known = {row.source_id: row for row in Customer.objects.filter(source=source, source_id__in=list(latest))}
    created: list[tuple[Any, ...]] = []
    updated: list[tuple[Any, ...]] = []
    ids: dict[str, str] = {}
    for source_id, fact in latest.items():
        digest = _digest(fact)
        row = known.get(source_id)
        if row is None:
            ids[source_id] = new_hex()
            created.append((ids[source_id], new_subject_key(), source, source_id, digest, *_values(fact, None, at)))
        elif bytes(row.digest) == digest or _is_older(fact.updated_at, row.source_updated_at):
            tally.unchanged += 1
        else:
            ids[source_id] = row.pk.hex
            ids[source_id] = row.pk.hex
            updated.append((digest, *_values(fact, row, at), row.pk.hex))
    insert(Customer, _COLUMNS, created)
    update(Customer, "id", _UPDATED, updated)
    tally.created, tally.updated = len(created), len(updated)
    tally.refused = _record_identities({i: latest[i].identities for i in ids}, ids, source, at, country)
    _record_consents_of({ids[i]: latest[i].consents for i in ids}, source)
    return tally


def ensure_customers(
    wanted: Mapping[str, tuple[str, tuple[IdentityFact, ...]]],
    *,
    source: str,
    at: datetime,
    country: str = "CN",
    tally: Tally | None = None,
) -> dict[str, str]:
    """Ids (32 digits) of the customers an order or event names; unknown ones are made from their name and identities.

    ``wanted`` maps the source's customer id to (name, identities). A known customer gains identities, nothing else.
    Identities that are left out are added to the warnings of ``tally``, each with the source's customer id.
    """
    ids = ids_by_source(source, wanted)
    # In one order for everybody: two who make the same customers wait for each other instead of locking each other out.
    fresh = {source_id: new_hex() for source_id in sorted(wanted.keys() - ids.keys())}
    empty = CustomerFact("")
    rows = []
    for source_id, identifier in fresh.items():
        fact = CustomerFact(source_id, name=wanted[source_id][0]) if wanted[source_id][0] else empty
        rows.append((identifier, new_subject_key(), source, source_id, b"", *_values(fact, None, at)))
    insert(Customer, _COLUMNS, rows)
    ids.update(fresh)
    left_out = _record_identities({i: wanted[i][1] for i in wanted}, ids, source, at, country)
    if tally is not None:
        tally.warnings += left_out
    return ids


def record_consents(customer: str, consents: Iterable[ConsentFact], *, source: str) -> None:
    """Append decisions of one customer (id of 32 digits); the same decision twice stays one row."""
    _record_consents_of({customer: tuple(consents)}, source)


def record_events(facts: Sequence[EventFact], ids: Mapping[str, str], *, source: str, at: datetime) -> Tally:
    """Append behaviour events; ``ids`` maps the source's customer ids to ours. A known source id is left as it is."""
    latest = {fact.source_id: fact for fact in facts}
    sql = "SELECT source_id FROM customers_event WHERE source = %s AND source_id IN ({marks})"
    known = {row[0] for row in select_in(sql, latest, source)}
    rows = [
        (new_hex(), ids[f.customer], f.name, instant(f.at), to_json(f.properties), source, f.source_id, instant(at))
        for f in latest.values()
        if f.source_id not in known
    ]
    insert(Event, ("id", "customer_id", "name", "at", "properties", "source", "source_id", "recorded_at"), rows)
    return Tally(created=len(rows), unchanged=len(facts) - len(rows))


def _values(fact: CustomerFact, old: Customer | None, at: datetime) -> tuple[Any, ...]:
    """The stored values after ``fact``: what it says, and what was known where it is silent."""
    texts = [getattr(fact, name) or (getattr(old, name) if old else "") for name in _TEXTS]
    attributes = {**(old.attributes if old else {}), **fact.attributes}
    tags = list(fact.tags) or (old.tags if old else [])
    earliest = min((t for t in (fact.first_seen_at, old and old.first_seen_at) if t), default=None)
    updated_at = fact.updated_at or (old.source_updated_at if old else None)
    birthday = fact.birthday or (old.birthday if old else None)
    born = birthday.isoformat() if birthday else None
    return (*texts, born, to_json(tags), to_json(attributes), instant(earliest), instant(updated_at), instant(at))


def _record_identities(
    wanted: Mapping[str, tuple[IdentityFact, ...]],
    ids: Mapping[str, str],
    source: str,
    at: datetime,
    country: str,
) -> list[Refusal]:
    """Add identities that are new to their customer. Answers those that are no address or number; the rest is kept."""
    refused: list[Refusal] = []
    rows: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for source_id, identities in wanted.items():
        customer = ids[source_id]
        for fact in identities:
            try:
                value = normalise(fact.kind, fact.value, country)
            except ValueError as error:
                refused.append(Refusal(source_id, fact.kind, str(error), fact.value))
                continue
            verified = instant(fact.verified_at)
            rows[customer, fact.kind, value] = (
                new_hex(),
                customer,
                fact.kind,
                value,
                fact.value,
                verified,
                source,
                instant(at),
            )
    if not rows:
        return refused
    sql = "SELECT customer_id, kind, value FROM customers_identity WHERE customer_id IN ({marks})"
    for customer, kind, value in select_in(sql, {key[0] for key in rows}):
        rows.pop((as_hex(customer), kind, value), None)
    insert(
        Identity,
        ("id", "customer_id", "kind", "value", "shown", "verified_at", "source", "recorded_at"),
        list(rows.values()),
    )
    return refused


def _record_consents_of(wanted: Mapping[str, tuple[ConsentFact, ...]], source: str) -> None:
    rows = {}
    for customer, consents in wanted.items():
        for c in consents:
            source_id = f"{customer}/{c.channel}/{c.purpose}/{c.at.isoformat()}"
            rows[source_id] = (
                *(
                    new_hex(),
                    customer,
                    c.channel,
                    c.purpose,
                    c.granted,
                    instant(c.at),
                    source,
                    source_id,
                    to_json(c.proof),
                ),
            )
    if not rows:
        return
    sql = "SELECT source_id FROM customers_consent WHERE source = %s AND source_id IN ({marks})"
    for (source_id,) in select_in(sql, rows, source):
        rows.pop(source_id)
    columns = ("id", "customer_id", "channel", "purpose", "granted", "at", "source", "source_id", "proof")
    insert(Consent, columns, list(rows.values()))


def _is_older(new: datetime | None, old: datetime | None) -> bool:
    return new is not None and old is not None and new < old


def _digest(fact: CustomerFact) -> bytes:
    return hashlib.blake2b(repr(fact).encode(), digest_size=16).digest()
