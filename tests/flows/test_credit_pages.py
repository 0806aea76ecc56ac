"""Staff passes store credit on: finds who gets it, says how much and why; a large sum waits for a colleague."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from tests.flows.rewarding import balance, credit, customer
from tests.flows.test_credit import rich

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
__all__ = ["rich"]


def page_of(who: UUID) -> str:
    return f"/ledger/{UUID(credit(who).id)}/pass-on/"


def sent(client: Client, address: str, **told: str) -> Any:
    form = re.search(r'name="form" value="([^"]+)"', client.get(address).content.decode())
    assert form is not None, address
    return client.post(address, {"form": form[1], "note": "her sister", **told}, follow=True)


def test_credit_is_passed_on_to_who_was_found(rich: UUID, sign_in: SignIn) -> None:
    client, other = sign_in("agent", language="en"), customer("c2")
    statement = client.get(f"/ledger/{UUID(credit(rich).id)}/").content.decode()
    assert f'href="{page_of(rich)}"' in statement
    name = client.get(f"/customers/{other}/").context["name"]
    found = client.get(page_of(rich), {"q": name}).content.decode()
    assert f'href="?to={other}"' in found
    own = client.get(f"/customers/{rich}/").context["name"]
    assert f"?to={rich}" not in client.get(page_of(rich), {"q": own}).content.decode(), "not to oneself"
    done = sent(client, f"{page_of(rich)}?to={other}", amount="60.00")
    assert "Done." in done.content.decode() and balance(credit(other)) == (6_000, 0)


def test_what_cannot_be_says_how_to_mend_it(rich: UUID, sign_in: SignIn) -> None:
    client, to = sign_in("owner", language="en"), f"{page_of(rich)}?to={customer('c2')}"
    for amount in ("0", "-5", "1.001", "x", ""):
        assert sent(client, to, amount=amount).context["form"].errors["amount"], amount
    assert not sent(client, to, amount="5.00", note="").context["form"].is_valid()
    for nobody in (rich, "x", "01890000-0000-7000-8000-000000000000"):
        assert client.get(page_of(rich), {"to": nobody}).context["form"] is None
    assert balance(credit(rich)) == (30_000, 0)


def test_a_large_sum_waits_for_a_colleague_who_sees_to_whom_it_goes(rich: UUID, sign_in: SignIn) -> None:
    client, other = sign_in("agent", language="en"), customer("c2")
    waits = sent(client, f"{page_of(rich)}?to={other}", amount="150.00")
    assert "waits for a colleague" in waits.content.decode() and balance(credit(other)) == (0, 0)
    asked = sign_in("owner", language="en").get("/ledger/approvals/")
    assert [one.to for one in asked.context["waiting"]] == [client.get(f"/customers/{other}/").context["name"]]


@pytest.mark.parametrize("role", ["marketer", "analyst", "reader"])
def test_who_may_not_adjust_may_not_pass_on(rich: UUID, sign_in: SignIn, role: str) -> None:
    client = sign_in(role)
    assert client.get(page_of(rich)).status_code == 403
    assert "pass-on" not in client.get(f"/ledger/{UUID(credit(rich).id)}/").content.decode()
