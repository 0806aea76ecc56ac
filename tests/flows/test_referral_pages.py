"""Staff sees who was brought by whom, reviews what looks odd, and what it was worth."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from regulars.flows.referral import settle_referrals
from regulars.membership.models import Referral
from tests.flows.bringing import bring, buy, days, meet, open_shop
from tests.flows.rewarding import purse

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def ann(shop: Any) -> UUID:
    """A member who brought ben, who brought dan; and cat, who uses her device."""
    at = timezone.now() - days(20)
    open_shop(shop, at)
    who = meet("ann", at - days(60))
    ben = meet("ben", at)
    bring(who, ben, at)
    cat = meet("cat", at)
    buy("ann", at - days(50), attributes={"device": "tablet-9"})
    bring(who, cat, at, device="tablet-9")
    bring(ben, meet("dan", at + days(1)), at + days(1))
    for name, amount in (("ben", 12_300), ("cat", 20_000), ("dan", 5_000)):
        buy(name, at + days(2), amount=amount)
    settle_referrals(at + days(10))
    return who


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def rows(page: str) -> str:
    return page.split("<tbody")[1].split("</tbody", maxsplit=1)[0]


def test_the_list_filters_finds_and_exports(ann: UUID, sign_in: SignIn) -> None:
    client = sign_in("agent", language="en")
    everything = text(client, "/referrals/")
    assert "1 referral is to be reviewed" in everything and all(
        name in rows(everything) for name in ("Ben", "Cat", "Dan")
    )
    reviewed = rows(text(client, "/referrals/?state=in_review"))
    assert "Cat" in reviewed and "Both used the same device." in reviewed and "Dan" not in reviewed
    found = rows(text(client, "/referrals/?q=ben"))
    assert "Ben" in found and "Dan" in found and "Cat" not in found
    exported = b"".join(client.get("/referrals/?export=csv&state=in_review").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Cat" in exported and "Both used the same device." in exported
    assert "双方使用过同一台设备。" in text(sign_in("reader"), "/referrals/?state=in_review")


def test_a_referral_is_accepted_by_who_may(ann: UUID, sign_in: SignIn) -> None:
    one = Referral.objects.get(state="in_review")
    reader = sign_in("reader", language="en")
    assert "Reward both" not in text(reader, f"/referrals/{one.pk}/")
    assert reader.post(f"/referrals/{one.pk}/settle/", {"do": "accept"}).status_code == 403
    client = sign_in("agent", language="en")
    assert "Both used the same device." in text(client, f"/referrals/{one.pk}/")
    client.post(f"/referrals/{one.pk}/settle/", {"do": "accept", "note": "sisters"})
    page = text(client, f"/referrals/{one.pk}/")
    assert "Rewarded" in page and "sisters" in page and "Reward both" not in page
    client.post(f"/referrals/{one.pk}/settle/", {"do": "refuse", "note": "x"})
    assert "This referral is settled already." in text(client, f"/referrals/{one.pk}/")
    assert client.post(f"/referrals/{one.pk}/settle/", {"do": "nonsense"}).status_code == 404


def test_the_tree_and_the_advocates_say_what_it_was_worth(ann: UUID, sign_in: SignIn) -> None:
    client = sign_in("analyst", language="en")
    page = text(client, f"/customers/{ann}/referrals/")
    names = [name for part in rows(page).split("<tr>")[1:] for name in ("Ben", "Cat", "Dan") if f">{name}</a>" in part]
    assert names == ["Ben", "Dan", "Cat"] and "¥373.00" in page
    best = rows(text(client, "/referrals/advocates/"))
    assert best.index("Ann") < best.index("Ben") and "¥373.00" in best and "¥50.00" in best
    nobody = Referral.objects.get(state="in_review").friend_id
    assert "Nobody yet" in text(client, f"/customers/{nobody}/referrals/")


def test_the_members_page_says_why_both_got_points(ann: UUID, sign_in: SignIn) -> None:
    ben = Referral.objects.filter(advocate_id=ann, state="rewarded").get().friend_id
    for who, amount in ((ann, "200"), (ben, "50")):
        page = text(sign_in("agent", language="en"), f"/customers/{who}/membership/")
        assert "Referral" in page and amount in page


def test_statement_and_membership_name_the_friend(ann: UUID, sign_in: SignIn) -> None:
    one = Referral.objects.get(advocate_id=ann, state="rewarded")
    client = sign_in("reader", language="en")
    membership = text(client, f"/customers/{ann}/membership/")
    assert f'href="/referrals/{one.pk}/"' in membership and "Brought Ben" in membership
    assert "Brought by Ann" in text(client, f"/customers/{one.friend_id}/membership/")
    assert "推荐好友：Ben" in text(sign_in("reader"), f"/customers/{ann}/membership/")
    for who, said in ((ann, "brought Ben"), (one.friend_id, "brought by Ann")):
        statement = text(client, f"/ledger/{UUID(purse(who).id)}/")
        assert f'href="/referrals/{one.pk}/">{said}</a>' in statement and "automatically" in statement


def test_a_customers_page_leads_to_whom_they_brought(ann: UUID, sign_in: SignIn) -> None:
    client = sign_in("reader", language="en")
    page = text(client, f"/customers/{ann}/")
    assert f'href="/customers/{ann}/referrals/"' in page and "Brought 2 friends" in page
    nobody = Referral.objects.get(state="in_review").friend_id
    assert "/referrals/" not in text(client, f"/customers/{nobody}/").split("<main")[1]


def test_the_list_asks_no_more_for_more_rows(ann: UUID, sign_in: SignIn, django_assert_max_num_queries: Any) -> None:
    client = sign_in("agent")
    client.get("/referrals/")
    with django_assert_max_num_queries(30) as few:
        client.get("/referrals/")
    now: datetime = timezone.now()
    for number in range(15):
        bring(ann, meet(f"f{number}", now), now)
    with django_assert_max_num_queries(30) as many:
        client.get("/referrals/")
    assert len(many) == len(few)
