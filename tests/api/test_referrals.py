"""Referrals over the API: a code is made, used, looked at and decided on; and guessed in vain."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from regulars.flows.referral import settle_referrals
from regulars.membership.models import Referral
from tests.api.program import Program, make_key
from tests.flows.bringing import buy, days, meet, open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(shop: Any, program: Program) -> UUID:
    """A member who can bring friends, in a shop that is open now."""
    now = timezone.now()
    open_shop(shop, now)
    return meet("ann", now - days(60), ("phone", "13800000091"))


def code(program: Program, who: str) -> str:
    return str(program.put(f"/referrals/codes/{who}", None).data["code"])


def test_a_code_is_made_once_and_read(program: Program, ann: UUID) -> None:
    assert program.get("/referrals/codes/web:ann").status_code == 404
    first = code(program, "web:ann")
    assert code(program, str(ann)) == first
    assert program.get("/referrals/codes/web:ann").data == {"customer": str(ann), "code": first}
    assert program.get("/referrals/codes/web:nobody").status_code == 404


def test_a_friend_joins_once_however_often_it_is_told(program: Program, ann: UUID) -> None:
    ben = meet("ben", timezone.now())
    body = {"code": code(program, "web:ann"), "friend": "web:ben", "device": "phone-7"}
    made = program.post("/referrals", body)
    assert made.status_code == 200, made.data
    assert (made.data["state"], made.data["advocate"], made.data["friend"]) == ("waiting", str(ann), str(ben))
    assert program.post("/referrals", body, **{"Idempotency-Key": "x"}).data == made.data
    assert program.get("/referrals?customer=web:ann").data["items"] == [made.data]
    assert program.get("/referrals?state=rewarded").data["items"] == []


def test_every_failure_of_a_code_is_one_answer(program: Program, ann: UUID) -> None:
    meet("ben", timezone.now())
    own, theirs = code(program, "web:ben"), code(program, "web:ann")
    answers = [
        program.post("/referrals", {"code": told, "friend": "web:ben"})
        for told in (own, *(f"0000-0000-0000-000{number}" for number in range(9)), theirs)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.data["detail"], answer.data["reason"]["zh"]) for answer in answers}) == 1
    assert not Referral.objects.exists()


def test_pages_hold_every_referral_once(program: Program, ann: UUID) -> None:
    own = code(program, "web:ann")
    for number in range(5):
        meet(f"f{number}", timezone.now())
        assert program.post("/referrals", {"code": own, "friend": f"web:f{number}"}).status_code == 200
    seen, cursor = [], ""
    while cursor is not None:
        page = program.get(f"/referrals?limit=2{f'&cursor={cursor}' if cursor else ''}").data
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 5


def in_review(program: Program, at: datetime, name: str) -> str:
    meet(name, at)
    made = program.post("/referrals", {"code": code(program, "web:ann"), "friend": f"web:{name}", "payment": "card-1"})
    buy(name, timezone.now())
    settle_referrals(timezone.now() + days(8))
    assert program.get("/referrals?state=in_review").data["items"][0]["reasons"][0]["name"] == "payment"
    return str(made.data["id"])


def test_a_person_accepts_or_refuses_and_says_why(program: Program, ann: UUID, monkeypatch: Any) -> None:
    now = timezone.now()
    buy("ann", now - days(3), number="0", attributes={"payment_fingerprint": "card-1"})
    one, other = in_review(program, now, "ben"), in_review(program, now, "cat")
    monkeypatch.setattr(timezone, "now", lambda: now + days(9))
    done = program.post(f"/referrals/{one}/accept", {"note": "sisters"})
    assert (done.status_code, done.data["state"], done.data["note"]) == (200, "rewarded", "sisters")
    gone = program.post(f"/referrals/{other}/refuse", {})
    assert (gone.data["state"], [reason["name"] for reason in gone.data["reasons"]]) == (
        "refused",
        ["payment", "staff"],
    )
    again = program.post(f"/referrals/{other}/accept", {})
    assert (again.status_code, again.data["reason"]["zh"]) == (409, "只能通过待审核的推荐。")
    assert program.post(f"/referrals/{uuid4()}/accept", {}).status_code == 404


def test_a_storefronts_key_cannot_decide(program: Program, ann: UUID) -> None:
    make_key("referrals:write", "referrals:read", secret="storefront")
    storefront = Program("storefront")
    assert storefront.put("/referrals/codes/web:ann", None).status_code == 200
    assert storefront.post(f"/referrals/{uuid4()}/accept", {}).status_code == 403
    make_key("referrals:read", secret="reader")
    assert Program("reader").put("/referrals/codes/web:ann", None).status_code == 403
