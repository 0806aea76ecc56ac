"""Writing the programme in the console: begun, changed by form and as text, checked, compared, published, tried out."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from regulars.catalog.models import Product
from regulars.flows.programme import backfill
from regulars.ledger.models import Posting
from regulars.membership.models import Decision, Draft, Member, Version
from regulars.orders.models import Order
from regulars.shop.models import AuditEntry
from tests.browser.filled import filled

WRITING = [
    "/programme/draft/",
    "/programme/draft/text/",
    "/programme/draft/part/?path=rules[0]",
    "/programme/draft/publish/",
]
TRY = {"try": "1"}
READING = ["/programme/", "/programme/preview/", "/programme/progress/"]


def begin(client: Any, source: str = "b2c") -> Any:
    return client.post("/programme/begin/", {"source": source, "revision": 0}, follow=True)


def publish(client: Any, **told: str) -> Any:
    return client.post("/programme/draft/publish/", {"numbered": "1", "begins": "history", "note": "", **told})


def change(client: Any, path: str, **told: str | list[str]) -> Any:
    """What a browser would post of a part's form after some answers were changed."""
    page = client.get("/programme/draft/part/", {"path": path})
    assert page.status_code == 200, path
    return client.post(f"/programme/draft/part/?path={path}", {**filled(page.content.decode()), **told})


@pytest.mark.parametrize("source", ["b2c", "stamps", "steel"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_template_opens_as_a_draft_without_faults(sign_in, source, language):
    page = begin(sign_in("marketer", language=language), source)
    assert page.status_code == 200
    assert page.context["draft"].faults == ()
    assert page.context["chapters"]


@pytest.mark.parametrize("source", ["b2c", "stamps", "steel"])
def test_a_form_saved_untouched_changes_nothing(sign_in, source):
    client = sign_in("marketer")
    page = begin(client, source)
    before = page.context["draft"].programme
    paths = {
        line.edit.partition("path=")[2] for chapter in page.context["chapters"] for line in chapter.lines if line.edit
    }
    for path in sorted(paths):
        assert change(client, unquote(path)).status_code == 302, path
    assert client.get("/programme/draft/").context["draft"].programme == before


def test_a_rule_is_changed_added_moved_and_removed_by_form(sign_in):
    client = sign_in("marketer")
    begin(client, "b2c")
    assert change(client, "rules[2]", points="250").status_code == 302
    new = "/programme/draft/part/?path=rules[8]&kind=per_order"
    answers = filled(client.get(new).content.decode())
    answers |= {"id": "party", "name-en": "Party", "name-zh": "派对", "points": "7", "nth": "5"}
    assert client.post(new, answers).status_code == 302
    rules = client.get("/programme/draft/").context["draft"].programme.rules
    assert (rules[2].points, rules[8].id) == (250, "party")

    def arrange(path: str, verb: str) -> None:
        client.post("/programme/draft/arrange/", {"path": path, "verb": verb, "revision": Draft.objects.get().revision})

    arrange("rules[8]", "up")
    assert client.get("/programme/draft/").context["draft"].programme.rules[7].id == "party"
    arrange("rules[7]", "remove")
    kept = client.get("/programme/draft/").context["draft"].programme.rules
    assert [rule.id for rule in kept] == [rule.id for rule in rules if rule.id != "party"]


def test_a_wrong_answer_stands_beside_its_field_and_nothing_is_saved(sign_in):
    client = sign_in("marketer", language="en")
    begin(client, "b2c")
    answer = change(client, "rules[2]", points="-3")
    assert answer.status_code == 422
    points = next(one for one in answer.context["questions"] if one.field.name == "points")
    assert points.faults and points.field.value == "-3"
    assert re.search(r'name="points" value="-3".*?class="fault"', answer.content.decode(), re.DOTALL)
    assert client.get("/programme/draft/").context["draft"].programme.rules[2].points == 100


def test_a_reward_that_a_tier_gives_is_not_taken_out(sign_in):
    client = sign_in("marketer", language="en")
    begin(client, "b2c")
    told = {"path": "rewards[1]", "verb": "remove", "revision": Draft.objects.get().revision}
    page = client.post("/programme/draft/arrange/", told, follow=True)
    assert any("voucher-20" in str(message) for message in page.context["messages"])
    assert page.context["draft"].programme.reward("voucher-20")


def test_two_who_edit_are_told_and_no_work_is_lost(sign_in):
    one, other = sign_in("marketer", language="en"), sign_in("owner", language="en")
    begin(one, "b2c")
    stale = filled(one.get("/programme/draft/part/", {"path": "rules[2]"}).content.decode())
    assert change(other, "rules[0]", points="2").status_code == 302
    answer = one.post("/programme/draft/part/?path=rules[2]", {**stale, "points": "333"})
    assert answer.status_code == 200
    assert "333" in answer.content.decode()
    assert any("Owner" in str(message) for message in answer.context["messages"])
    assert one.post("/programme/draft/part/?path=rules[2]", filled(answer.content.decode())).status_code == 302
    rules = one.get("/programme/draft/").context["draft"].programme.rules
    assert (rules[0].points, rules[2].points) == (2, 333)


def test_text_is_kept_with_its_faults_and_says_line_and_column(sign_in):
    client = sign_in("marketer", language="en")
    begin(client, "stamps")
    revision = Draft.objects.get().revision
    broken = 'id = "club"\nname = {\n'
    page = client.post("/programme/draft/text/", {"text": broken, "revision": revision}, follow=True)
    assert Draft.objects.get().text == broken
    assert re.search(r"Line \d+, column \d+", page.content.decode())
    assert client.get("/programme/draft/part/?path=rules[0]").status_code == 302
    assert client.get("/programme/draft/publish/").status_code == 302
    assert not Version.objects.exists()


def test_text_over_somebody_elses_is_not_saved(sign_in):
    client = sign_in("marketer", language="en")
    begin(client, "stamps")
    kept = Draft.objects.get().text
    page = client.post("/programme/draft/text/", {"text": "id = 1", "revision": 99})
    assert "id = 1" in page.content.decode()
    assert Draft.objects.get().text == kept


@pytest.mark.parametrize("path", ["rules[99]", "rules[-1]", "rules[0].points", "nothing", "units[1", "ladder.tiers[7]"])
def test_a_part_that_there_is_not_leads_back_to_the_draft(sign_in, path):
    client = sign_in("marketer")
    begin(client, "stamps")
    assert client.get("/programme/draft/part/", {"path": path}).status_code == 302


def test_the_first_version_counts_from_the_first_order(recorded, sign_in, at):
    client = sign_in("marketer", language="en")
    begin(client)
    page = client.get("/programme/draft/publish/")
    assert "from the first order on" in page.content.decode()
    assert publish(client, note="Hello").status_code == 302
    version = Version.objects.get()
    assert version.since <= Order.objects.order_by("placed_at")[0].placed_at
    entry = AuditEntry.objects.get(action="programme.published")
    assert (entry.actor, entry.details["note"]) == ("Marketer", "Hello")
    backfill(at)
    assert Member.objects.exists()
    assert client.get("/programme/progress/").context["progress"] is None


def test_a_version_cannot_begin_in_the_past_and_is_compared_with_the_one_before(recorded, sign_in):
    client = sign_in("owner", language="en")
    begin(client)
    assert publish(client, begins="now").status_code == 302
    change(client, "rules[2]", points="321")
    yesterday = f"{timezone.now() - timedelta(days=2):%Y-%m-%d}"
    late = publish(client, numbered="2", begins="at", day=yesterday)
    assert late.status_code == 422 and "cannot begin in the past" in late.content.decode()
    assert publish(client, numbered="1", begins="now").status_code == 422, "somebody published meanwhile"
    assert publish(client, numbered="2", begins="at", day="").status_code == 422
    assert "321" in client.get("/programme/draft/publish/").content.decode()
    tomorrow = f"{timezone.now() + timedelta(days=2):%Y-%m-%d}"
    assert publish(client, numbered="2", begins="at", day=tomorrow, hour="08:30").status_code == 302
    changes = client.get("/programme/compare/", {"before": 1, "after": 2})
    assert [change.path for change in changes.context["changes"]] == ["rules[2].points"]
    assert "321" in changes.content.decode()
    assert "Version 1, in force" in client.get("/programme/").content.decode(), "version 2 begins later"


def test_an_identical_draft_is_not_offered_for_publishing(recorded, sign_in):
    client = sign_in("owner", language="en")
    begin(client)
    publish(client)
    assert "nothing to publish" in client.get("/programme/draft/publish/").content.decode()


@pytest.mark.parametrize("query", ["before=1&after=9", "before=x&after=1", "", "before=1&after=draft"])
def test_comparing_what_there_is_not_is_not_found(recorded, sign_in, query):
    owner = sign_in("owner")
    begin(owner)
    publish(owner)
    reader = sign_in("reader")
    assert reader.get(f"/programme/compare/?{query}").status_code == 404


@pytest.mark.parametrize("role", ["agent", "analyst", "reader"])
@pytest.mark.parametrize("published", [False, True])
def test_who_does_not_write_reads_the_programme_and_not_its_draft(recorded, sign_in, role, published):
    owner = sign_in("owner")
    begin(owner)
    if published:
        publish(owner)
    client = sign_in(role, language="en")
    for path in WRITING:
        assert client.get(path).status_code == 403, path
    for path in (
        "/programme/begin/",
        "/programme/draft/arrange/",
        "/programme/draft/publish/",
        "/programme/draft/text/",
    ):
        assert client.post(path, {}).status_code == 403, path
    for path in READING:
        page = client.get(path)
        assert page.status_code == 200, path
        assert "/programme/draft/" not in page.content.decode()
    assert [title for title, _plan in client.get("/programme/preview/").context["plans"]] == (
        ["Version 1"] if published else []
    )


# ---- trying out --------------------------------------------------------------------------------------------------------


@pytest.fixture
def tried(recorded, sign_in, at):
    """The club in force over the history, and a draft that gives twice as much."""
    client = sign_in("owner", language="en")
    begin(client)
    publish(client)
    backfill(at)
    change(client, "rules[0]", points="2")
    return client


def test_an_order_is_tried_in_the_published_version_and_in_the_draft_and_nothing_is_written(tried):
    member = Member.objects.exclude(tier="").order_by("pk")[0]
    order = Order.objects.filter(customer_id=member.pk).order_by("-placed_at")[0]
    before = (Decision.objects.count(), Posting.objects.count(), Member.objects.get(pk=member.pk).state)
    page = tried.get("/programme/preview/", {**TRY, "customer": member.pk, "what": "order", "order": order.pk.hex})
    live, draft = page.context["sides"]
    said = [[one.en for step in side.tried.steps for one in step.says] for side in (live, draft)]
    assert said[0] and said[1] and said[0] != said[1]
    assert live.tried.steps[0].not_applied
    assert (Decision.objects.count(), Posting.objects.count(), Member.objects.get(pk=member.pk).state) == before


@pytest.mark.parametrize(
    "told",
    [
        {"what": "made", "other": "100.00"},
        {"what": "deed", "event": "Survey Answered"},
        {"what": "day", "day": "2027-12-31"},
    ],
)
def test_whatever_can_happen_is_answered_for_both(tried, told):
    member = Member.objects.exclude(tier="").order_by("pk")[0]
    page = tried.get("/programme/preview/", {**TRY, "customer": member.pk, **told})
    assert len(page.context["sides"]) == 2
    assert page.context["sides"][0].tried.steps


def test_a_return_of_one_line_takes_back_less_than_that_of_all(tried):
    order = next(one for one in Order.objects.order_by("-placed_at") if one.line_count > 1 and one.state == "completed")
    asked = {**TRY, "customer": order.customer_id, "what": "return", "order": order.pk.hex}
    some = tried.get("/programme/preview/", {**asked, "back": "1"}).context["sides"][0].tried
    every = tried.get("/programme/preview/", asked).context["sides"][0].tried
    assert some.steps != every.steps
    assert any("went back" in one.en for one in every.steps[0].says)


@pytest.mark.parametrize(
    "told",
    [
        {"what": "made"},
        {"what": "made", "other": "x"},
        {"what": "made", "other": "1.001"},
        {"what": "order", "order": "zz"},
        {"what": "return", "order": ""},
        {"what": "day", "day": "0001-01-01"},
        {"what": "day"},
        {"what": "nothing"},
    ],
)
def test_a_preview_that_cannot_be_says_why(tried, told):
    member = Member.objects.order_by("pk")[0]
    page = tried.get("/programme/preview/", {**TRY, "customer": member.pk, **told})
    assert page.status_code == 200 and page.context["sides"] == []
    basket = page.context["basket"]
    assert basket.fault if basket else page.context["form"].errors


def test_products_are_found_put_in_and_counted_by_what_the_rules_say_of_them(tried):
    """Search, put in, change, take out: each a button of the form, so that it works without a script."""
    member = Member.objects.order_by("pk")[0]
    tea, cup = Product.objects.order_by("pk")[:2]
    asked = {"customer": member.pk, "what": "made"}
    page = tried.get("/programme/preview/", {**asked, "find": tea.title[:4].lower(), "look": "1"})
    assert f'name="add" value="{tea.pk}"' in page.content.decode() and page.context["sides"] == []
    by_number = tried.get("/programme/preview/", {**asked, "find": cup.source_id, "look": "1"})
    assert f'value="{cup.pk}"' in by_number.content.decode()
    [row] = tried.get("/programme/preview/", {**asked, "add": tea.pk}).context["basket"].rows
    assert (row.title, row.quantity) == (tea.title, "1")
    two = {"product": [tea.pk, cup.pk], "quantity": ["2", "1.5"], "price": ["30.00", "8.00"]}
    kept = tried.get("/programme/preview/", {**asked, **two, "drop": "0"}).context["basket"].rows
    assert [row.title for row in kept] == [cup.title]
    both = tried.get("/programme/preview/", {**TRY, **asked, **two})
    assert [line.amount for line in both.context["basket"].lines()] == [6000, 1200]
    assert "72" in both.context["sides"][0].tried.steps[0].says[0].en, "a point for each yuan of both"
    short = tried.get("/programme/preview/", {**TRY, **asked, **two, "price": ["", "8.00"]})
    assert [bool(row.fault) for row in short.context["basket"].rows] == [True, False] and short.context["sides"] == []
    unknown = {"product": [cup.pk.hex[::-1], "x"], "quantity": ["1"] * 2, "price": ["1"] * 2}
    assert tried.get("/programme/preview/", {**TRY, **asked, **unknown}).context["basket"].rows == []


def test_the_queries_of_the_draft_do_not_grow_with_its_rules(sign_in):
    client = sign_in("marketer")
    begin(client, "stamps")
    with CaptureQueriesContext(connection) as few:
        client.get("/programme/draft/")
    Draft.objects.all().delete()
    begin(client, "b2c")
    with CaptureQueriesContext(connection) as many:
        client.get("/programme/draft/")
    assert len(many) == len(few)
