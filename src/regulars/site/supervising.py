"""Processes that belong together: ``serve`` keeps its workers running, and none of them outlives it."""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Set for the processes of ``serve``: its process number.
PARENT = "REGULARS_PARENT"
LOOKS_EVERY_SECONDS = 1.0
# A worker that has run this long is restarted at once; one that ended sooner waits, longer each time.
STEADY_SECONDS = 60.0
PAUSE_MAX_SECONDS = 60.0
# What a process may take to finish what it does once it should end: less than the ten seconds after which containers are
# killed. What is cut short is taken up again by the next worker.
GRACE_SECONDS = 8


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on an address. Raises OSError for one that is not this machine's, or not allowed."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    try:
        # Servers that share a port (SO_REUSEPORT) would both start, each answering some of the requests.
        socket.create_server((host, port), family=family, reuse_port=False).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    return True


@contextmanager
def workers(count: int) -> Iterator[None]:
    """Keep so many workers running until left: one that dies is replaced."""
    os.environ[PARENT] = str(os.getpid())
    stopping = threading.Event()
    places = [_Place() for _ in range(count)]

    def watch() -> None:
        while not stopping.wait(LOOKS_EVERY_SECONDS):
            for place in places:
                place.look()

    watcher = threading.Thread(target=watch, name="workers", daemon=True)
    for place in places:
        place.look()
    watcher.start()
    try:
        yield
    finally:
        stopping.set()
        watcher.join()
        for place in places:
            place.stop()
        for place in places:
            place.end()


class _Place:
    """Where one worker runs, and after it the next."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.due = time.monotonic()
        self.pause = 0.0

    def look(self) -> None:
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self.process = None
            steady = now - self.started >= STEADY_SECONDS
            self.pause = 0.0 if steady else min(PAUSE_MAX_SECONDS, max(1.0, self.pause * 2))
            self.due = now + self.pause
        if self.process is None and now >= self.due:
            self.process, self.started = subprocess.Popen([sys.executable, "-m", "regulars", "worker"]), now

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def end(self) -> None:
        if self.process is not None:
            try:
                self.process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()


def end_with_parent() -> None:
    """In a process of ``serve``: end soon after ``serve`` has, even where it was killed and could tell nobody."""
    if parent := os.environ.get(PARENT):
        threading.Thread(target=_watch_parent, args=[int(parent)], name="parent", daemon=True).start()


def leave_terminal() -> None:
    """In a web process of ``serve``: hear of Ctrl+C from ``serve`` alone. Told twice, by the terminal and by ``serve``, its
    server may wait for itself for good: a handler that interrupts itself asks for the lock it holds."""
    if PARENT in os.environ:
        os.setpgrp()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOKS_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)
