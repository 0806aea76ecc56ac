"""Behaviour events as a source states them, with the customers they name."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from regulars.core.facts import EventFact, Tally
from regulars.customers import actions
from regulars.customers.queries import deeds
from regulars.flows.settling import request_settling
from regulars.membership import queries as membership
from regulars.membership.actions import waiting
from regulars.shop import queries as shop_queries
from regulars.storage.transactions import run_tx


def record_events(facts: Sequence[EventFact], *, source: str, at: datetime) -> Tally:
    """Record a batch of events of one source; customers nobody knows yet become prospects. Raises NotSetUp before set-up."""
    country = shop_queries.require_shop().country

    def record() -> Tally:
        told_by, left_out = {fact.customer: fact for fact in facts}, Tally()
        wanted = {customer: ("", fact.identities) for customer, fact in told_by.items()}
        ids = actions.ensure_customers(wanted, source=source, at=at, country=country, tally=left_out)
        tally = actions.record_events(facts, ids, source=source, at=at)
        if tally.created and (rewarded := membership.rewarded_events()):
            told = [fact.source_id for fact in facts if fact.name in rewarded]
            if told and waiting.note(waiting.DEED, lambda: deeds.recorded_deeds(source, told, rewarded, at)):
                request_settling()
        tally.warnings += [replace(one, source_id=told_by[one.source_id].source_id) for one in left_out.warnings]
        return tally

    return run_tx(record, finds_its_rows=True)
