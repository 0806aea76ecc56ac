"""A ledger for faults to befall."""

from tests.ledger.conftest import books

__all__ = ["books"]
