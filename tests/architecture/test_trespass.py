"""Each contract and each house rule is trespassed in a copy of the tree, and the checker of the tree sees it."""

import shutil
import tomllib
from pathlib import Path

import pytest

from tests.architecture.imports import broken, check_contracts
from tests.architecture.trespasses import CONTRACTS, LAWFUL, SHAPES, Trespass
from tools.shape import RULES, Tree, breaches


@pytest.fixture(scope="module")
def copy(root, tmp_path_factory):
    """The tree without its history and surroundings."""
    to = tmp_path_factory.mktemp("copy")
    shutil.copytree(root / "src", to / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "*.mo"))
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(root / name, to / name)
    return to


@pytest.fixture
def planted(copy, request):
    """The copy with the files of one trespass in it, for one test."""
    trespass: Trespass = request.param
    new_folders: list[Path] = []
    before: dict[Path, str | None] = {}
    for name, text in trespass.files.items():
        path = copy / name
        new_folders += [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        before[path] = path.read_text(encoding="utf-8") if path.exists() else None
        path.write_text((before[path] or "") + text, encoding="utf-8")
    yield trespass
    for path, text in before.items():
        path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    for folder in sorted(set(new_folders), reverse=True):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("planted", CONTRACTS, ids=str, indirect=True)
def test_contract_catches(planted, copy):
    found = broken(check_contracts(copy))
    assert planted.rule in found, f"{planted} went unseen; broken were {sorted(found)}"
    assert planted.module in found[planted.rule]


@pytest.mark.parametrize("planted", SHAPES, ids=str, indirect=True)
def test_shape_catches(planted, copy):
    found = breaches(Tree(copy), planted.rule)
    assert any(planted.path.startswith(breach.path) for breach in found), f"{planted} went unseen"


@pytest.mark.parametrize("planted", LAWFUL, ids=str, indirect=True)
def test_lawful_code_is_left_alone(planted, copy):
    """The rules bite on trespass alone: a new domain built as the house asks for raises nothing."""
    assert not [text for text in broken(check_contracts(copy)).values() if planted.module in text]
    assert not [breach for breach in breaches(Tree(copy)) if any(breach.path == path for path in planted.files)]


def test_every_contract_and_rule_is_trespassed(root):
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]
    assert {trespass.rule for trespass in CONTRACTS} == set(contracts)
    assert len(CONTRACTS) >= len(contracts) == len(set(contracts))
    assert {trespass.rule for trespass in SHAPES} == set(RULES)
