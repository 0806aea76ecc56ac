"""The rewards desk: staff sees what is to be handed over, redeems for a customer, imports codes, makes gift cards."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regulars.flows.gift_cards import into_credit
from regulars.flows.redeem import Refused, redeem
from regulars.ledger.models import Account
from regulars.membership.actions.codes import import_codes
from regulars.membership.models import Claim, GiftCard, GiftCardBatch
from regulars.membership.queries import cards, claims
from regulars.shop.models import AuditEntry
from tests.flows.rewarding import balance, customer, earn, purse, put_in_force

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def member(recorded: Any, at: datetime) -> UUID:
    put_in_force(at)
    who = customer()
    earn(who, 100_000)
    return who


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_the_desk_lists_finds_and_exports_claims(member: UUID, sign_in: SignIn, at: datetime) -> None:
    client = sign_in("agent", language="en")
    assert "Nothing was redeemed yet" in text(client, "/rewards/")
    claim = redeem(member, "mug", key="a", at=at, order="#77")
    redeem(member, "voucher", key="b", at=at)
    assert "1 waits to be handed over" in text(client, "/rewards/")
    waiting = text(client, "/rewards/?state=confirmed")
    assert "Mug" in waiting and "Redeemed for 100 points" in waiting and ">Voucher<" not in waiting.split("<tbody")[1]
    for wanted in (claim.id.hex[:8], "%2377", "李伟"):
        assert "Mug" in text(client, f"/rewards/?q={wanted}").split("<tbody")[1], wanted
    exported = b"".join(client.get("/rewards/?export=csv&state=confirmed").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Mug" in exported and "#77" in exported and str(claim.id) in exported
    assert "马克杯" in text(sign_in("reader"), "/rewards/")


def test_the_list_asks_no_more_for_more_rows(
    member: UUID, sign_in: SignIn, at: datetime, django_assert_max_num_queries: Any
) -> None:
    client = sign_in("agent")
    rows = [
        Claim(customer_id=member, reward="mug", gives="goods", version=1, state="confirmed", at=at) for _ in range(25)
    ]
    Claim.objects.bulk_create(rows)
    client.get("/rewards/")
    with django_assert_max_num_queries(30) as many:
        client.get("/rewards/")
    Claim.objects.exclude(pk=rows[0].pk).delete()
    with django_assert_max_num_queries(30) as one:
        client.get("/rewards/")
    assert len(many) == len(one)


def test_a_claim_is_fulfilled_and_another_cancelled(member: UUID, sign_in: SignIn, at: datetime) -> None:
    client = sign_in("agent", language="en")
    first, second = (redeem(member, "mug", key=key, at=at) for key in "ab")
    page = text(client, f"/rewards/{first.id}/")
    assert "Hand it over" in page and "Cancel it" in page
    client.post(f"/rewards/{first.id}/settle/", {"do": "fulfil", "note": "SF 1"})
    done = claims.claim(first.id)
    assert done is not None and (done.state, done.note) == ("fulfilled", "SF 1")
    client.post(f"/rewards/{second.id}/settle/", {"do": "cancel", "note": "broken"})
    assert balance(purse(member)) == (99_900, 0)
    assert "broken" in text(client, f"/rewards/{second.id}/")
    statement = text(client, f"/ledger/{UUID(purse(member).id)}/")
    assert f'href="/rewards/{first.id}/">Mug</a>' in statement and "A reward was cancelled" in statement
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"claim.fulfil", "claim.cancel"}
    told = client.post(f"/rewards/{second.id}/settle/", {"do": "fulfil"}, follow=True).content.decode()
    assert "Only what is confirmed" in told


def test_staff_cancels_a_coupon_that_was_not_used(member: UUID, sign_in: SignIn, at: datetime) -> None:
    client = sign_in("agent", language="en")
    coupon = redeem(member, "voucher", key="a", at=at)
    assert 'name="unused"' in text(client, f"/rewards/{coupon.id}/")
    told = client.post(f"/rewards/{coupon.id}/settle/", {"do": "cancel", "note": "x"}, follow=True).content.decode()
    assert "See that it was not used" in told
    client.post(f"/rewards/{coupon.id}/settle/", {"do": "cancel", "note": "x", "unused": "on"})
    assert balance(purse(member)) == (100_000, 0)
    assert claims.code_of(coupon.id) in text(client, f"/rewards/{coupon.id}/"), "to be voided"
    assert claims.code_of(coupon.id) not in text(sign_in("analyst"), f"/rewards/{coupon.id}/")


def test_staff_redeems_for_a_customer(member: UUID, sign_in: SignIn) -> None:
    client = sign_in("agent", language="en")
    assert f"/customers/{member}/redeem/" in text(client, f"/customers/{member}/")
    page = text(client, f"/customers/{member}/redeem/")
    assert "Mug" in page and "None are left." in page and "李伟 has 100,000 points." in page
    sent = {"form": "f1", "reward": "mug"}
    first = client.post(f"/customers/{member}/redeem/", sent)
    again = client.post(f"/customers/{member}/redeem/", sent)
    assert first["Location"] == again["Location"] and Claim.objects.count() == 1, "a second click does nothing more"
    told = client.post(f"/customers/{member}/redeem/", {"form": "f2", "reward": "film"}).content.decode()
    assert "None are left." in told
    assert sign_in("reader").get(f"/customers/{member}/redeem/").status_code == 403


def test_a_role_without_the_right_reads_no_codes(member: UUID, sign_in: SignIn, at: datetime) -> None:
    import_codes("film", ["FILM-77"], warn_below=0, at=at)
    claim = redeem(member, "film", key="a", at=at)
    assert "FILM-77" in text(sign_in("agent"), f"/rewards/{claim.id}/")
    for role in ("reader", "analyst"):
        assert "FILM-77" not in text(sign_in(role), f"/rewards/{claim.id}/") + text(sign_in(role), "/rewards/")
    assert "FILM-77" not in text(sign_in("owner"), "/rewards/codes/")


def test_codes_are_imported_and_warned_about(member: UUID, sign_in: SignIn) -> None:
    client = sign_in("marketer", language="en")
    file = SimpleUploadedFile("codes.csv", "\ufeffA-1,x\nA-2,y\nA-1,z\n".encode())
    sent = {"reward": "film", "file": file, "text": "A-3", "warn_below": 10}
    told = client.post("/rewards/codes/", sent, follow=True).content.decode()
    assert "3 codes were added." in told and "1 was there already." in told and "running out" in told
    assert "Codes for A month of films are running out." in text(client, "/")
    bad = SimpleUploadedFile("codes.csv", "é".encode("latin-1"))
    refused = client.post("/rewards/codes/", {"reward": "film", "file": bad, "warn_below": 1}).content.decode()
    assert "not UTF-8" in refused and claims.pools()[0].total == 3


def test_gift_cards_are_made_exported_once_and_activated(member: UUID, sign_in: SignIn) -> None:
    client = sign_in("owner", language="en")
    sent = {"name": "Spring", "count": "3", "value": "50.00", "prefix": "sp", "last_day": "2030-12-31", "moves": "part"}
    made = client.post("/rewards/gift-cards/", sent)
    batch = GiftCardBatch.objects.get()
    assert made["Location"] == f"/rewards/gift-cards/{batch.pk}/" and batch.value == 5_000
    assert "Export the codes" in text(client, made["Location"])
    file = client.post(f"{made['Location']}export/").content.decode("utf-8-sig").split()
    assert file[0] == "Code" and len(file) == 4 and all(code.startswith("SP-") for code in file[1:])
    again = client.post(f"{made['Location']}export/", follow=True).content.decode()
    assert "exported already" in again and file[1] not in again and GiftCard.objects.count() == 3
    assert "3 cards are active now." in client.post(f"{made['Location']}activate/", follow=True).content.decode()
    card = cards.by_code(file[1])
    assert card is not None and balance(card.account) == (5_000, 0)
    wrong = client.post("/rewards/gift-cards/", sent | {"count": "0"}).content.decode()
    assert GiftCardBatch.objects.count() == 1 and "is-invalid" in wrong
    assert "Spring" in text(sign_in("marketer"), "/rewards/gift-cards/")
    assert sign_in("marketer").post(f"{made['Location']}export/").status_code == 403


@pytest.fixture
def batch(member: UUID, sign_in: SignIn) -> list[str]:
    """Five active cards; their codes."""
    client = sign_in("owner", language="en")
    sent = {"name": "Spring", "count": "5", "value": "50.00", "prefix": "", "last_day": "2030-12-31", "moves": "part"}
    made = client.post("/rewards/gift-cards/", sent)["Location"]
    codes = client.post(f"{made}export/").content.decode("utf-8-sig").split()[1:]
    client.post(f"{made}activate/")
    return codes


def test_a_card_is_found_by_its_ending_or_its_code(batch: list[str], sign_in: SignIn) -> None:
    client = sign_in("agent", language="en")
    assert 'href="/rewards/gift-cards/single/"' in text(client, "/rewards/")
    found = text(client, f"/rewards/gift-cards/single/?q={batch[2][-4:].lower()}")
    assert batch[2][-4:] in found.split("<tbody")[1] and found.count("Ending in") == 1 and batch[2] not in found
    card = cards.by_code(batch[2])
    sent = client.post("/rewards/gift-cards/single/", {"code": f" {batch[2].lower().replace('-', '')} "})
    assert card is not None and sent["Location"] == f"/rewards/gift-cards/single/{card.id}/"
    page = text(client, sent["Location"])
    assert f"Gift card ending in {card.ending}" in page and "¥50.00 of ¥50.00 left" in page and batch[2] not in page
    told = client.post("/rewards/gift-cards/single/", {"code": "7K2M-0000-0000-0000"}, follow=True).content.decode()
    assert "No gift card has this code" in told
    for role in ("analyst", "reader"):
        assert sign_in(role).get("/rewards/gift-cards/single/").status_code == 403
        assert sign_in(role).post(f"{sent['Location']}block/", {"do": "block", "note": "x"}).status_code == 403


def test_a_card_is_blocked_with_a_reason_and_unblocked(batch: list[str], member: UUID, sign_in: SignIn) -> None:
    client = sign_in("agent", language="en")
    card = cards.by_code(batch[0])
    assert card is not None
    page, block = f"/rewards/gift-cards/single/{card.id}/", f"/rewards/gift-cards/single/{card.id}/block/"
    assert "Say why the card is blocked" in client.post(block, {"do": "block"}, follow=True).content.decode()
    assert GiftCard.objects.get(pk=card.id).state == "active"
    told = client.post(block, {"do": "block", "note": "stolen on the train"}, follow=True).content.decode()
    assert "Unblock the card" in told and "Block the card" not in told
    with pytest.raises(Refused):
        into_credit(batch[0], member, 100, key="k", at=datetime.now(UTC))
    assert balance(card.account) == (5_000, 0), "what is on it stays"
    [noted] = AuditEntry.objects.filter(action="gift_card.blocked")
    assert noted.details == {"note": "stolen on the train"}
    listed = text(client, "/rewards/gift-cards/single/?state=blocked").split("<tbody")[1]
    assert listed.count("Ending in") == 1 and card.ending in listed
    client.post(block, {"do": "unblock"})
    assert "Block the card" in text(client, page)
    assert into_credit(batch[0], member, 100, key="k", at=datetime.now(UTC))[1] == 100


def test_the_list_of_cards_asks_no_more_for_more_rows(batch: list[str], sign_in: SignIn) -> None:
    client = sign_in("agent")
    client.get("/rewards/gift-cards/single/")
    with CaptureQueriesContext(connection) as many:
        client.get("/rewards/gift-cards/single/")
    GiftCard.objects.exclude(digest=cards.digest_of(batch[0])).delete()
    with CaptureQueriesContext(connection) as one:
        client.get("/rewards/gift-cards/single/")
    assert len(many) == len(one)


def test_a_customers_limits_are_told_in_words_while_they_last(member: UUID, sign_in: SignIn, at: datetime) -> None:
    """The catalogue lets a member have two mugs a year; what last year's limit held is not shown."""
    redeem(member, "mug", key="a", at=at)
    page = text(sign_in("agent", language="en"), f"/customers/{member}/")
    chinese = text(sign_in("agent"), f"/customers/{member}/")
    [limit] = Account.objects.filter(kind="limit")
    left = limit.balance
    said = f"{left} {'piece' if left == 1 else 'pieces'} may still be redeemed"
    assert "Limit for “Mug”" in page and said in page and "club:mug" not in page
    assert "“马克杯”的限额" in chinese and f"还可兑换 {left} 件" in chinese
    over = limit.reference.rpartition(":")[0] + ":1"
    Account.objects.filter(pk=limit.pk).update(reference=over)
    assert "Limit for" not in text(sign_in("agent", language="en"), f"/customers/{member}/")
