"""``regulars offers`` and ``regulars quote``: what is said of offers and carts that are written as files; the guide is true."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from typer.testing import CliRunner, Result

from regulars.core.declarations import load
from regulars.core.offers.document import OFFERS
from regulars.promotions.models import Version
from regulars.shop.models import AuditEntry
from regulars.site.cli import app, terminal
from tests.facts import OPENED_AT, SmallShop
from tests.flows.test_programme import put_in_force as put_programme_in_force

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "offers"
GUIDE = (ROOT / "docs" / "guides" / "offers.md").read_text(encoding="utf-8")
HERE = ("--currency", "CNY", "--zone", "Asia/Shanghai")
FRIDAY = ("--at", "2026-11-13T21:00:00+08:00")
BLOCK = re.compile(r"^```(\w+)(?: ([\w.]+))?\n(.*?)^```", re.M | re.S)
BAD = """
id = "bad"
name = "Bad"

[[offers]]
kind = "discount"
id = "half"
name = "Half"
off = { percent = "150%" }

[[offers]]
kind = "discount"
id = "neither"
name = "Neither"
of = { percent = "10%" }
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data folder, so no shop."""
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "none"))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


def told(done: Result, code: int = 0) -> dict[str, Any]:
    assert done.exit_code == code, (done.stdout, done.stderr, done.exception)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _shown() -> Iterator[tuple[str, str, str, str]]:
    """Of each example in the guide: its name, the offers, the cart, the result."""
    blocks = [found.groups() for found in BLOCK.finditer(GUIDE)]
    for (_, offers, text), (_, cart, basket), (kind, _, result) in zip(blocks, blocks[1:], blocks[2:], strict=False):
        if offers and cart == offers.replace(".toml", ".cart.toml") and kind == "text":
            yield offers.removesuffix(".toml"), text, basket, result


SHOWN = {each[0]: each[1:] for each in _shown()}


@pytest.mark.parametrize("name", SHOWN)
def test_the_guide_shows_what_happens(write: Callable[[str, str], Path], name: str) -> None:
    offers, cart, result = SHOWN[name]
    assert offers == (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    assert cart.startswith((EXAMPLES / f"{name}.cart.toml").read_text(encoding="utf-8"))
    done = run("quote", write("c.toml", cart), "--offers", write("o.toml", offers), *FRIDAY, "--zone", "Asia/Shanghai")
    assert (done.exit_code, done.stdout) == (0, result), done.stderr


def test_the_guide_shows_every_kind_of_offer() -> None:
    assert SHOWN.keys() == {cls.kind for cls in OFFERS} | {"together"}


def test_the_guides_cart_with_a_member_is_one(write: Callable[[str, str], Path]) -> None:
    cart = next(text for _, name, text in BLOCK.findall(GUIDE) if not name and "member" in text)
    offers = EXAMPLES / "member_price.toml"
    done = told(run("quote", write("c.toml", cart), "--offers", offers, "--json", *HERE))
    assert [each["offer"] for each in done["applied"]] == ["gold-price"]


def test_a_quote_as_data_says_why_in_both_languages() -> None:
    done = told(
        run("quote", EXAMPLES / "member_price.cart.toml", "--offers", EXAMPLES / "member_price.toml", "--json", *HERE)
    )
    assert (done["total"], done["version"]) == (23_330, 0)
    [reason] = done["reasons"]
    assert (reason["code"], reason["says"]) == ("only_for", {"en": "only for gold", "zh": "仅限 gold"})


def test_json_carts_are_taken_and_chinese_is_spoken(write: Callable[[str, str], Path]) -> None:
    cart = write(
        "c.json", '{"currency": "CNY", "lines": [{"id": "1", "product": "cup", "price": "9.90", "tax": "13%"}]}'
    )
    done = run("quote", cart, "--offers", EXAMPLES / "steps.toml", "--language", "zh", *HERE)
    assert (
        "合计" in done.stdout
        and "税额" in done.stdout
        and "未享优惠\n  每满 300 减 50: 再消费 290.10 元可享" in done.stdout
    )


@pytest.mark.parametrize(
    ("cart", "path"),
    [
        ('currency = "USD"', "currency"),
        ('currency = "CNY"\nlines = [{ id = "1", price = "1.001" }]', "lines[0].price"),
        ('currency = "CNY"\nlines = [{ id = "1", price = "1.00", quantity = 0 }]', "lines[0].quantity"),
        ('currency = "CNY"\nlines = [{ id = "1", price = 1.5 }]', "lines[0].price"),
        ('currency = "CNY"\nlines = [{ id = "1", price = 1 }, { id = "1", price = 1 }]', "lines[1].id"),
        ('currency = "CNY"\nmember = { tier = 5 }', "member.tier"),
        ('currency = "CNY"\nmembers = {}', "members"),
        ('currency = "CNY\n', "1:16"),
    ],
)
def test_a_faulty_cart_is_refused_with_path_reason_and_mend(
    write: Callable[[str, str], Path], cart: str, path: str
) -> None:
    done = run("quote", write("c.toml", cart), "--offers", EXAMPLES / "steps.toml", "--json", *HERE)
    [fault] = told(done, 2)["faults"]
    assert fault["path"] == path and fault["reason"] and fault["mend"]


def test_what_cannot_be_quoted_says_why(write: Callable[[str, str], Path]) -> None:
    cart = EXAMPLES / "steps.cart.toml"
    assert "Here is no shop" in run("quote", cart).stderr
    assert "no day or instant" in run("quote", cart, "--offers", EXAMPLES / "steps.toml", "--at", "soon").stderr
    faulty = run("quote", cart, "--offers", write("bad.toml", BAD), *HERE)
    assert faulty.exit_code == 2 and "offers[0].off.percent" in faulty.stderr
    member = write("m.toml", 'currency = "CNY"\nmember = { tier = "gold" }')
    both = run("quote", member, "--offers", EXAMPLES / "steps.toml", "--customer", "shopify:1")
    assert both.exit_code == 2 and "describes its member already" in both.stderr


def test_faulty_offers_are_refused_with_all_their_faults(write: Callable[[str, str], Path]) -> None:
    done = told(run("offers", "check", write("bad.toml", BAD), "--json", *HERE), 2)
    assert {fault["path"] for fault in done["faults"]} == {"offers[0].off.percent", "offers[1].of", "offers[1].off"}
    assert all(fault["reason"] and fault["mend"] for fault in done["faults"])
    well = run("offers", "check", EXAMPLES / "steps.toml", *HERE)
    assert (well.exit_code, well.stdout) == (0, f"{EXAMPLES / 'steps.toml'}: no faults\n")


def test_offers_are_shown_and_compared_in_either_language(write: Callable[[str, str], Path]) -> None:
    text = (EXAMPLES / "steps.toml").read_text(encoding="utf-8")
    path = EXAMPLES / "steps.toml"
    assert (
        run("offers", "show", path, "--language", "zh", *HERE).stdout
        == "满减\n  每满 300 减 50: 每满 300 减 50.00 元\n"
    )
    assert told(run("offers", "show", path, "--json", *HERE))["offers"][0]["kind"] == "steps"
    after = write("next.toml", text.replace('spend = "300.00"', 'spend = "200.00"'))
    [change] = told(run("offers", "diff", path, after, "--json", *HERE))["changes"]
    assert (change["path"], change["before"], change["after"]) == (
        "offers[0].steps[0].spend",
        "300.00 CNY",
        "200.00 CNY",
    )
    assert run("offers", "diff", path, path, *HERE).stdout == "The two say the same.\n"
    for command in ("show", "diff"):
        assert run("offers", command, *([] if command == "show" else [path]), *HERE).exit_code == 2


def test_the_schema_takes_the_examples_and_refuses_what_they_are_not() -> None:
    valid = jsonschema_rs.validator_for(json.loads(run("offers", "schema").stdout))
    for kind in OFFERS:
        document = load((EXAMPLES / f"{kind.kind}.toml").read_text(encoding="utf-8"))
        assert [str(error) for error in valid.iter_errors(json.loads(json.dumps(document, default=str)))] == []
    assert not valid.is_valid({"id": "x", "name": "X", "offer": []})


def test_examples_are_printed_as_the_files_to_look_at_are() -> None:
    names = run("offers", "example").stdout.split()
    assert {f"{name}.toml" for name in names} == {path.name for path in EXAMPLES.iterdir()}
    for name in names:
        assert run("offers", "example", name).stdout == (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    assert "choose one of" in run("offers", "example", "free").stderr


@pytest.fixture
def on_the_shop(recorded: SmallShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands work on the recorded shop."""
    monkeypatch.setattr(terminal, "open_shop", lambda data_dir: None)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))


@pytest.mark.usefixtures("on_the_shop")
def test_published_offers_are_quoted_shown_and_compared() -> None:
    path = EXAMPLES / "discount.toml"
    assert "No offers are published" in run("offers", "show", "--published").stderr
    since = OPENED_AT.isoformat()
    assert told(run("offers", "publish", path, "--since", since, "--note", "opening", "--json")) == {
        "version": 1,
        "since": since,
    }
    assert Version.objects.get().note == "opening"
    assert AuditEntry.objects.get(action="offers.published").actor == "terminal"
    assert "20% off" in run("offers", "show", "--published").stdout
    assert run("offers", "diff", path, "--published").stdout == "The two say the same.\n"
    done = told(run("quote", EXAMPLES / "discount.cart.toml", "--customer", "test:c1", "--json"))
    assert (done["version"], done["total"]) == (1, 31_000)
    before = told(run("quote", EXAMPLES / "discount.cart.toml", "--at", "2026-01-01", "--json"))
    assert (before["version"], before["discount"]) == (0, 0)
    assert "no customer has this id" in run("quote", EXAMPLES / "discount.cart.toml", "--customer", "test:x").stderr


@pytest.mark.usefixtures("on_the_shop")
def test_what_cannot_be_published_changes_nothing(write: Callable[[str, str], Path]) -> None:
    assert told(run("offers", "publish", write("bad.toml", BAD), "--json"), 2)["faults"]
    assert not Version.objects.exists()
    assert run("offers", "publish", EXAMPLES / "steps.toml").exit_code == 0
    late = run("offers", "publish", EXAMPLES / "gift.toml", "--since", "2026-03-01")
    assert late.exit_code == 2 and "in the past" in late.stderr and Version.objects.count() == 1


@pytest.mark.usefixtures("on_the_shop")
def test_offers_for_a_tier_that_the_programme_has_not_are_refused(at: Any, write: Callable[[str, str], Path]) -> None:
    put_programme_in_force(at)
    text = (EXAMPLES / "member_price.toml").read_text(encoding="utf-8")
    assert "only for Gold" in run("offers", "show", write("gold.toml", text)).stdout
    path = write("golden.toml", text.replace('tiers = ["gold"]', 'tiers = ["golden"]'))
    for command in ("check", "publish"):
        [fault] = told(run("offers", command, path, "--json"), 2)["faults"]
        assert fault["path"] == "offers[0].tiers[0]"
    assert not Version.objects.exists()
