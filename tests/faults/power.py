"""A disk that loses power: it remembers every write, and shows what could be left of them at any moment.

Until a file is synced, any of the writes since may have reached the disk or not, whole or in part (a disk writes sectors of
512 bytes), in any order; a new file may have no name yet.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512


@dataclass
class Event:
    """What was done to a file: write, truncate (``offset`` is the size), sync, delete; or, with no file, an acknowledgement."""

    what: str
    file: str = ""
    offset: int = 0
    data: bytes = b""


@dataclass
class Recording(apsw.VFS):
    """SQLite's own files, with a list of what was done to them."""

    name: str
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> "Recorded":  # noqa: N802  SQLite's own name
        return Recorded(self.events, name, flags)

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802
        super().xDelete(name, sync_folder)
        self.events.append(Event("delete", Path(name).name))


class Recorded(apsw.VFSFile):
    """One file."""

    def __init__(self, events: list[Event], name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.events = events
        self.name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "temporary").name

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self.events.append(Event("write", self.name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self.events.append(Event("truncate", self.name, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self.events.append(Event("sync", self.name))


def cuts(events: list[Event], start: dict[str, bytes], count: int, seed: int) -> Iterator[tuple[int, dict[str, bytes]]]:
    """``count`` moments at which the power fails: how much had been acknowledged, and what is left of each file."""
    chance = random.Random(seed)
    moments = sorted(chance.randrange(len(events) + 1) for _ in range(count))
    safe = {name: bytearray(content) for name, content in start.items()}
    pending: dict[str, list[Event]] = {}
    acknowledged = position = 0
    for moment in moments:
        for event in events[position:moment]:
            if event.what == "acknowledged":
                acknowledged += 1
            elif event.what == "sync":
                for done in pending.pop(event.file, []):
                    _do(safe, done)
                safe.setdefault(event.file, bytearray())
            else:
                pending.setdefault(event.file, []).append(event)
        position = moment
        left = {name: bytearray(content) for name, content in safe.items()}
        for waiting in pending.values():
            for done in _survivors(waiting, chance):
                _do(left, done)
        yield acknowledged, {name: bytes(content) for name, content in left.items()}


def _survivors(waiting: list[Event], chance: random.Random) -> Iterator[Event]:
    """Those writes since the last sync, or those sectors of them, that reached the disk."""
    share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
    match chance.choice(("first", "some", "torn")):
        case "first":
            yield from waiting[: round(len(waiting) * chance.random())]
        case "some":
            yield from (event for event in waiting if chance.random() < share)
        case _:
            for event in waiting:
                if event.what != "write":
                    yield from [event] if chance.random() < share else []
                    continue
                for at in range(0, len(event.data), SECTOR):
                    if chance.random() < share:
                        yield Event("write", event.file, event.offset + at, event.data[at : at + SECTOR])


def _do(files: dict[str, bytearray], event: Event) -> None:
    if event.what == "delete":
        files.pop(event.file, None)
        return
    content = files.setdefault(event.file, bytearray())
    if event.what == "truncate":
        del content[event.offset :]
        return
    content.extend(bytes(max(0, event.offset + len(event.data) - len(content))))
    content[event.offset : event.offset + len(event.data)] = event.data
