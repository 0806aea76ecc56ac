"""What expires when: whole schedules over ten zones, with a clock that jumps, in the book's memory."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.expiry import Aligned, Span, Validity, expires_at
from regulars.core.naming import operation_id
from regulars.ledger.book import Book
from regulars.ledger.facts import Account, Expire, Operation, Post, world
from regulars.ledger.refusals import Impossible, Insufficient

ZONES = (
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Beirut",
    "America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu", "America/St_Johns",
)  # fmt: skip
POINTS = Account("points", "points:club", "club", "a" * 32)
ISSUED, REDEEMED = world("points:club", "issued"), world("points:club", "redeemed")
# Around the last days of February and the clocks' changes, where days are lost.
STARTS = st.sampled_from([(2024, 2, 28), (2026, 3, 7), (2026, 10, 24), (2028, 2, 29)])
EARNED = st.builds(
    lambda day, minutes: datetime(*day, tzinfo=UTC) + timedelta(minutes=minutes), STARTS, st.integers(0, 6000)
)
VALIDITIES = st.builds(Validity, st.integers(0, 14), st.sampled_from(Span), st.sampled_from(Aligned))


@settings(max_examples=1_000)
@given(EARNED, VALIDITIES, st.sampled_from(ZONES), st.lists(st.integers(-3 * 1440, 3 * 1440), min_size=1, max_size=8))
def test_no_wrong_expiry(earned_at: datetime, validity: Validity, zone: str, jumps: Sequence[int]) -> None:
    """Spent at instants around the end, in any order: possible as long as the wall clock shows a day that counts."""
    local = ZoneInfo(zone)
    ends = expires_at(earned_at, validity, local)
    last_day = (ends - timedelta(microseconds=1)).astimezone(local).date()
    book = Book()
    earn = Operation(operation_id("earn"), earned_at, [Post(ISSUED, POINTS, 100, expires_at=ends)], "earned")
    lot = book.apply(earn, b"")[0].id
    for number, minutes in enumerate([*jumps, 0]):
        at = max(earned_at, ends + timedelta(minutes=minutes))
        spend = Operation(operation_id("spend", str(number)), at, [Post(POINTS, REDEEMED, 1)], "spent")
        try:
            spent = bool(book.apply(spend, b""))
        except Insufficient:
            spent = False
        assert spent == (at.astimezone(local).date() <= last_day)
        try:
            expired = bool(book.apply(Operation(operation_id("end", str(number)), at, [Expire(lot)], "expired"), b""))
        except Impossible:
            assert at < ends
        else:
            assert at >= ends
            assert not expired or book.lots[lot].remaining == 0
            break
