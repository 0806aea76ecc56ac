"""Runs the import contracts of pyproject.toml on a tree, in this process and without a cache."""

import sys
from pathlib import Path

import pytest
from importlinter import configuration
from importlinter.application import use_cases
from importlinter.application.ports.reporting import Report


def check_contracts(root: Path) -> Report:
    """The report of import-linter for the tree at ``root``, whatever ``regulars`` this process has imported."""
    configuration.configure()
    options = use_cases.read_user_options(config_filename=str(root / "pyproject.toml"))
    use_cases._register_contract_types(options)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "regulars", raising=False)
        patch.syspath_prepend(str(root / "src"))
        return use_cases.create_report(options, cache_dir=None)


def broken(report: Report) -> dict[str, str]:
    """Name of each broken contract -> what import-linter found."""
    return {
        contract.name: repr(check.metadata) for contract, check in report.get_contracts_and_checks() if not check.kept
    }
