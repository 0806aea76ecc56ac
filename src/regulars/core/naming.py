"""Ids that follow from what they name, so that the same thing told twice has the same id."""

import hashlib


def operation_id(*parts: str) -> str:
    """An id for an operation that follows from what it is about, so that a repeated event names the same operation."""
    return uuid8("\x1f".join(("operation", *parts)))


def posting_id(operation: str, number: int) -> str:
    """The id of an operation's posting, known before it is written; a lot has the id of the posting that makes it."""
    return within(operation, f"{number}")


def within(operation: str, name: str) -> str:
    """An id that begins as its operation's does, so that what belongs together stands together in an index."""
    return operation[:16] + hashlib.md5(f"{operation}:{name}".encode(), usedforsecurity=False).hexdigest()[:16]


def uuid8(name: str) -> str:
    """A UUIDv8 (32 hex digits) of a name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{digest[:12]}8{digest[13:16]}8{digest[17:32]}"
