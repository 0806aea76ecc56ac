"""Time-ordered random ids (UUIDv7): new rows land at the end of an index, and no counter is shared."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh UUIDv7, as the standard library's UUID."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
