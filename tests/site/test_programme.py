"""``regulars programme``: what is said of programmes that are written as files."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from typer.testing import CliRunner, Result

from regulars.core.declarations import load
from regulars.membership.queries.examples import example, examples
from regulars.shop.queries import ShopFacts
from regulars.site.cli import app, terminal

EXAMPLES = Path(__file__).parents[2] / "examples" / "programmes"
HERE = ("--currency", "CNY", "--zone", "Asia/Shanghai")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data folder, so no shop."""
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "none"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["programme", *map(str, arguments)])


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """The b2c example with some text replaced."""

    def edit(*pairs: tuple[str, str], name: str = "mine.toml") -> Path:
        text = example("b2c")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return edit


@pytest.mark.parametrize("name", ["b2c", "stamps", "steel"])
def test_examples_pass_the_check_without_a_word_of_advice(name: str) -> None:
    done = run("check", EXAMPLES / f"{name}.toml", "--margin", "30%", "--json", *HERE)
    assert (done.exit_code, json.loads(done.stdout)) == (
        0,
        {"ok": True, "file": str(EXAMPLES / f"{name}.toml"), "faults": [], "advice": []},
    )


def test_a_faulty_file_is_refused_with_all_its_faults(edited: Callable[..., Path]) -> None:
    path = edited(("points = 1", "ponts = 1"), ('multiplier = "150%"', 'multiplier = "2500%"'))
    done = run("check", path, "--json", *HERE)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ok"], told["advice"]) == (2, False, [])
    assert {fault["path"] for fault in told["faults"]} == {
        "rules[0].ponts",
        "rules[0].points",
        "ladder.tiers[1].multiplier",
    }
    assert all(fault["reason"] and fault["mend"] for fault in told["faults"])
    plainly = run("check", path, *HERE)
    assert (plainly.exit_code, plainly.stdout) == (2, "")
    assert (
        "3 wrong" in plainly.stderr
        and "rules[0].ponts: Nothing is called “ponts” here. Did you mean “points”?" in plainly.stderr
    )


def test_a_file_that_breaks_off_says_line_and_column(edited: Callable[..., Path]) -> None:
    path = edited(("[[units]]", "[[units]"))
    line = path.read_text(encoding="utf-8").splitlines().index("[[units]") + 1
    done = run("check", path, "--json", *HERE)
    [fault] = json.loads(done.stdout)["faults"]
    assert (done.exit_code, fault["line"], fault["column"]) == (2, line, len("[[units]"))


def test_advice_is_no_refusal(edited: Callable[..., Path]) -> None:
    path = edited(("validity = { count = 12", "# validity = { count = 12"))
    done = run("check", path, *HERE)
    assert done.exit_code == 0
    assert "no faults, 1 worth a second look" in done.stdout and "units[0].validity: Without an end" in done.stdout
    chinese = run("check", path, "--language", "zh", *HERE)
    assert "没有错误，1 条建议" in chinese.stdout and "永久有效" in chinese.stdout


def test_the_margin_is_held_against_what_is_paid_out(edited: Callable[..., Path]) -> None:
    done = run("check", edited(), "--margin", "5%", "--json", *HERE)
    assert [one["path"] for one in json.loads(done.stdout)["advice"]] == ["rules"]


def test_show_reads_the_programme_in_either_language(edited: Callable[..., Path]) -> None:
    path = edited()
    shown = run("show", path, *HERE)
    assert "Earning\n  Points for purchases: 1 point for every 1.00 CNY; multiplied by the tier\n" in shown.stdout
    assert (
        "  消费积分: 每消费 1.00 元得 1 积分；按等级倍数发放\n" in run("show", path, "--language", "zh", *HERE).stdout
    )
    told = json.loads(run("show", path, "--json", *HERE).stdout)
    assert (told["id"], [section["path"] for section in told["sections"]]) == (
        "club",
        ["units", "rules", "ladder", "rewards", "referral"],
    )


def test_diff_says_what_changed(edited: Callable[..., Path]) -> None:
    before, after = edited(), edited(("points = 1\n", "points = 2\n"), name="next.toml")
    assert run("diff", before, after, *HERE).stdout == "Earning rules › Points for purchases › Points: 1 → 2\n"
    [change] = json.loads(run("diff", before, after, "--json", *HERE).stdout)["changes"]
    assert (change["path"], change["before"], change["after"]) == ("rules[0].points", "1", "2")
    assert run("diff", before, before, *HERE).stdout == "The two say the same.\n"
    gone = edited(("[referral]\n", "[other]\n"), name="bad.toml")
    assert run("diff", before, gone, *HERE).exit_code == 2


def test_the_schema_takes_the_examples_and_refuses_what_they_are_not(edited: Callable[..., Path]) -> None:
    schema = json.loads(run("schema").stdout)
    valid = jsonschema_rs.validator_for(schema)
    for name in examples():
        assert [str(error) for error in valid.iter_errors(load(example(name)))] == []
    assert not valid.is_valid({**load(example("b2c")), "rule": []})
    assert (
        json.loads(run("schema", "--language", "zh").stdout)["$defs"]["Programme"]["properties"]["units"]["title"]
        == "积分类型"
    )


def test_examples_are_listed_and_printed_as_they_are() -> None:
    assert run("example").stdout.split() == ["b2c", "stamps", "steel"]
    assert json.loads(run("example", "--json").stdout) == {"examples": ["b2c", "stamps", "steel"]}
    assert run("example", "steel").stdout == (EXAMPLES / "steel.toml").read_text(encoding="utf-8")
    assert json.loads(run("example", "steel", "--json").stdout) == {"steel": example("steel")}
    assert "choose one of b2c, stamps, steel" in run("example", "gold").stderr
    with pytest.raises(KeyError):
        example("gold")


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--currency", "RMB"), "--currency RMB is unknown"),
        (("--zone", "Peking"), "--zone Peking is unknown"),
        (("--language", "fr"), "--language fr is unknown"),
        (("--margin", "lots"), "--margin lots is no percentage"),
        (("--margin", "0%"), "--margin 0% is no percentage"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    option: tuple[str, str], sentence: str, edited: Callable[..., Path]
) -> None:
    done = run("check", edited(), *option)
    assert (done.exit_code, sentence in done.stderr) == (2, True)


def test_text_of_another_encoding_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "gbk.toml"
    path.write_bytes('id = "club"\nname = "会员"\n'.encode("gbk"))
    done = run("check", path, *HERE)
    assert (done.exit_code, "save it as UTF-8" in done.stderr) == (2, True)


def test_without_a_shop_nothing_is_made_and_yuan_are_meant(edited: Callable[..., Path], tmp_path: Path) -> None:
    done = run("show", edited())
    assert "1 point for every 1.00 CNY" in done.stdout
    assert not (tmp_path / "none").exists()


def test_a_shop_lends_its_currency_and_zone(
    edited: Callable[..., Path], shop: ShopFacts, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "var").mkdir()
    monkeypatch.setattr(terminal, "open_shop", lambda data_dir: None)
    done = run("show", edited(), "--data-dir", tmp_path / "var")
    assert f"1 point for every 1.00 {shop.currency}" in done.stdout
    other = run("show", edited(), "--data-dir", tmp_path / "var", "--currency", "GBP")
    assert "1 point for every 1.00 GBP" in other.stdout


def test_a_missing_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "regulars", "programme", "check", str(tmp_path / "none.toml"), *HERE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.toml: No such file or directory" in done.stderr
