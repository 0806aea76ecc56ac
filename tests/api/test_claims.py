"""Programs redeem rewards: once per key, whole or not at all, with a reason in both languages where it cannot be."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from regulars.flows import gift_cards as cards_flow
from regulars.ledger.queries import statement
from regulars.membership.actions.codes import import_codes
from regulars.membership.models import CardTry, Claim, GiftCard
from regulars.membership.queries import cards
from regulars.membership.queries.cards import BatchFacts
from regulars.web.access import Actor
from tests.api.program import Program, make_key
from tests.flows.rewarding import balance, credit, customer, earn, purse, put_in_force, wrong

pytestmark = pytest.mark.django_db
OWNER = Actor("Owner", "user:1", "owner")


@pytest.fixture
def member(program: Program, recorded: Any, at: datetime) -> UUID:
    put_in_force(at)
    who = customer()
    earn(who, 250)
    return who


def claim(program: Program, who: UUID, reward: str, key: str | None = "k", **body: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return program.post("/claims", {"customer": str(who), "reward": reward, **body}, **headers)


def test_the_catalogue_for_all_and_for_one(program: Program, member: UUID) -> None:
    plain = {one["id"]: one for one in program.get("/rewards").data["items"]}
    assert plain["mug"]["prices"] == {"gold": 80} and plain["mug"]["left"] == 3 and plain["mug"]["offer"] is None
    assert plain["mug"]["limit"] == {"amount": 2, "per": "month"} and plain["mug"]["unit"] == "points"
    assert "welcome" not in plain, "a gift is not for sale"
    own = {one["id"]: one["offer"] for one in program.get(f"/rewards?customer={member}").data["items"]}
    assert own["mug"] == {"price": 100, "can_have": True, "missing": 0, "why_not": None}
    assert own["film"]["why_not"] == {"en": "None are left.", "zh": "已兑完。"}
    assert program.get("/rewards?customer=test:nobody").status_code == 422
    assert program.get("/rewards?custommer=x").status_code == 422


def test_a_claim_is_made_once_and_fulfilled(program: Program, member: UUID) -> None:
    made = claim(program, member, "mug", order="#1001")
    assert made.status_code == 200, made.data
    assert (made.data["state"], made.data["price"], made.data["order"]) == ("confirmed", 100, "#1001")
    assert claim(program, member, "mug", order="#1001").data == made.data
    other = claim(program, member, "voucher")
    assert (other.status_code, other.data["type"]) == (422, "/api/docs#key-reused")
    assert balance(purse(member)) == (150, 0)
    done = program.post(f"/claims/{made.data['id']}/fulfil", {"note": "parcel 7"})
    assert (done.data["state"], done.data["note"]) == ("fulfilled", "parcel 7")
    listed = program.get(f"/claims?customer={member}&state=fulfilled&reward=mug").data["items"]
    assert [one["id"] for one in listed] == [made.data["id"]]
    assert program.get("/claims?state=held").data["items"] == []


def test_what_is_held_is_confirmed_or_cancelled(program: Program, member: UUID) -> None:
    held = claim(program, member, "mug", hold=True).data
    assert held["state"] == "held" and held["held_until"]
    assert balance(purse(member)) == (250, 100)
    assert program.send("POST", f"/claims/{held['id']}/confirm").data["state"] == "confirmed"
    back = program.post(f"/claims/{held['id']}/cancel", {"note": "sold out"})
    assert (back.status_code, back.data["state"]) == (200, "cancelled")
    assert balance(purse(member)) == (250, 0) and wrong() == []
    late = program.send("POST", f"/claims/{held['id']}/confirm")
    assert (late.status_code, late.data["type"]) == (409, "/api/docs#refused")
    assert set(late.data["reason"]) == {"en", "zh"}


def test_a_refusal_says_why_in_both_languages(program: Program, member: UUID) -> None:
    refused = claim(program, customer("c2"), "mug")
    assert (refused.status_code, refused.data["type"]) == (409, "/api/docs#refused")
    assert refused.data["reason"] == {"en": "Short by 100 points.", "zh": "还差 100 积分。"}
    assert claim(program, member, "mug", key=None).status_code == 422
    assert program.post(f"/claims/{UUID(int=1)}/cancel", {}).status_code == 404
    nobody = program.post("/claims", {"customer": "test:nobody", "reward": "mug"}, **{"Idempotency-Key": "x"})
    assert nobody.status_code == 404


def test_codes_are_for_keys_that_may_redeem(program: Program, member: UUID, at: datetime) -> None:
    import_codes("film", ["FILM-1"], warn_below=0, at=at)
    made = claim(program, member, "film").data
    assert made["code"] == "FILM-1" and made["state"] == "fulfilled"
    card = claim(program, member, "card", "k2").data
    assert cards.by_code(card["code"]).claim_id == UUID(card["id"])  # type: ignore[union-attr]
    make_key("rewards:read", secret="reader")
    reader = Program("reader")
    assert reader.get(f"/claims/{made['id']}").data["code"] is None
    assert "FILM-1" not in str(reader.get("/claims").data) + str(program.get("/claims").data)
    assert program.get(f"/claims/{made['id']}").data["code"] == "FILM-1"


def test_a_cancelled_coupon_goes_on_showing_its_code(program: Program, member: UUID) -> None:
    """So that the shop can void it."""
    made = claim(program, member, "voucher").data
    refused = program.post(f"/claims/{made['id']}/cancel", {})
    assert refused.status_code == 409 and "优惠券" in refused.data["reason"]["zh"]
    done = program.post(f"/claims/{made['id']}/cancel", {"unused": True})
    assert (done.status_code, done.data["state"], done.data["code"]) == (200, "cancelled", made["code"])
    assert made["code"] and program.get(f"/claims/{made['id']}").data["code"] == made["code"]


def test_claims_are_read_page_by_page(program: Program, member: UUID, at: datetime) -> None:
    rows = [
        Claim(
            customer_id=member,
            reward="mug",
            gives="goods",
            version=1,
            state="confirmed",
            at=at - timedelta(hours=n // 2),
        )
        for n in range(5)
    ]
    Claim.objects.bulk_create(rows)
    seen, cursor = [], ""
    while cursor is not None:
        page = program.get(f"/claims?limit=2{cursor and f'&cursor={cursor}'}").data
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    expected = sorted(rows, key=lambda row: (row.at, row.pk), reverse=True)
    assert seen == [str(row.pk) for row in expected]


UNTIL = datetime(2027, 12, 31, 16, tzinfo=UTC)


def made(at: datetime, moves: str = "part") -> list[str]:
    """The codes of three active cards of 50.00."""
    batch = BatchFacts(UUID(int=0), "Spring", 3, 5_000, "CNY", "SP", UNTIL, moves, "", at, "", None, {})
    key = cards_flow.make_batch(batch, by=OWNER, at=at)
    codes = cards_flow.export(key, by=OWNER, at=at)
    cards_flow.activate(key, by=OWNER, at=at)
    return codes


@pytest.fixture
def codes(member: UUID, at: datetime) -> list[str]:
    return made(at)


def check(program: Program, code: str, asked_by: str) -> Any:
    return program.post("/gift-cards/check", {"code": code, "asked_by": asked_by})


def redeem(program: Program, code: str, who: UUID, key: str = "g", **body: Any) -> Any:
    return program.post("/gift-cards/redeem", {"code": code, "customer": str(who), **body}, **{"Idempotency-Key": key})


def test_a_gift_card_becomes_credit_in_parts(program: Program, member: UUID, codes: list[str]) -> None:
    told = check(program, codes[0].lower(), "session-1")
    assert (told.status_code, told.data["spendable"], told.data["value"]) == (200, 5_000, 5_000)
    part = redeem(program, codes[0], member, amount=1_200)
    assert (part.status_code, part.data["amount"]) == (200, 1_200)
    assert redeem(program, codes[0], member, amount=1_200).data == part.data
    assert redeem(program, codes[0], member, amount=1_300).data["type"] == "/api/docs#key-reused"
    assert balance(credit(member)) == (1_200, 0)
    more = redeem(program, codes[0], member, "h", amount=4_000)
    assert (more.status_code, more.data["reason"]["en"]) == (409, "38.00 CNY is left on it. Ask for no more.")
    assert redeem(program, codes[0], member, "i").data["amount"] == 3_800
    assert balance(credit(member)) == (5_000, 0) and wrong() == []
    assert {lot.expires_at for lot in statement.lots(credit(member).id)} == {UNTIL}, "the credit keeps the card's dates"


def test_a_batch_says_what_of_its_cards_may_become_credit(program: Program, member: UUID, at: datetime) -> None:
    whole, none = made(at, "whole")[0], made(at, "none")[0]
    part = redeem(program, whole, member, amount=100)
    assert (part.status_code, part.data["reason"]["en"]) == (409, "This card moves as a whole only: 50.00 CNY.")
    assert redeem(program, whole, member).data["amount"] == 5_000
    assert redeem(program, none, member, "n").data["reason"]["en"] == "This card is spent at the checkout only."
    assert balance(credit(member)) == (5_000, 0)


def test_nobody_learns_whether_a_code_exists(program: Program, member: UUID, codes: list[str]) -> None:
    card = cards.by_code(codes[1])
    assert card is not None
    cards_flow.block(card.id, blocked=True, by=OWNER, at=datetime.fromisoformat("2026-07-01T04:00:00+00:00"))
    redeem(program, codes[2], member)
    answers = []
    for number, code in enumerate((codes[1], codes[2], "SP-0000-0000-0000-0000")):
        refused = check(program, code, f"s{number}")
        answers.append((refused.status_code, {k: v for k, v in refused.data.items() if k != "instance"}))
    assert answers[0] == answers[1] == answers[2] and answers[0][0] == 404
    assert redeem(program, codes[1], member, "x").data["detail"] == answers[0][1]["detail"]


def test_ten_tries_an_hour(program: Program, member: UUID, codes: list[str]) -> None:
    for _try in range(10):
        assert check(program, "SP-WRONG", "thief").status_code == 404
    throttled = check(program, codes[0], "thief")
    assert throttled.status_code == 404, "a good code is refused the eleventh time, in the same words"
    assert check(program, codes[0], "other").status_code == 200
    CardTry.objects.update(since=CardTry.objects.first().since - timedelta(hours=1))  # type: ignore[union-attr]
    assert check(program, codes[0], "thief").status_code == 200
    assert GiftCard.objects.count() == 3
