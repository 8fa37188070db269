"""A run that is stopped, or that lacks memory or disk: what stays, what is said, and with which status it ends."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from audit.problem import Problem

SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT])(i?)B", re.IGNORECASE)
LEAST = 128_000_000  # bytes: below, even small cases cannot be sorted
SHARE, OWN = 0.7, 130_000_000  # the engine holds up to four tenths more than it counts; bytes that Python takes beside it
THREADS = 1024


def engine_memory(memory: str, threads: int | None) -> str:
    """What the engine gets of the memory that an audit may hold. Raises Problem for limits under which nothing can run."""
    read = SIZE.fullmatch(memory.strip())
    if read is None:
        raise Problem("--memory is a number with its unit", value=memory, mend="such as --memory 2GB")
    base = 1024 if read[3] else 1000
    given = float(read[1]) * base ** ("KMGT".index(read[2].upper()) + 1)
    if given < LEAST:
        raise Problem(f"an audit needs at least {LEAST // 10**6}MB", value=memory, mend="such as --memory 1GB")
    if threads is not None and not 1 <= threads <= THREADS:
        raise Problem(
            f"--threads lies between 1 and {THREADS}", value=str(threads), mend="leave it out to use every core"
        )
    return f"{round(max(LEAST, SHARE * given - OWN)) // 10**6}MB"


class Stopped(BaseException):
    """A signal came. No KeyboardInterrupt: one that passes through code of an extension decides the exit status of Python itself."""


@dataclass(frozen=True)
class Stop:
    """The signals that came, and the connections whose queries they interrupt."""

    came: list[int] = field(default_factory=list)
    connections: list[Any] = field(default_factory=list)

    def interrupt(self, bell: socket.socket) -> None:
        """At the first signal, interrupt what the engine runs until the signal's handler has run: the engine never lets it."""
        while bell.recv(1):
            while not self.came:
                for connection in self.connections:
                    with suppress(Exception):  # already closed
                        connection.interrupt()
                time.sleep(0.05)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Ctrl-C and SIGTERM stop the work inside, a long query too where its connection is given to what this yields."""
    stop = Stop()

    def note(number: int, _: Any) -> None:
        stop.came.append(number)
        raise Stopped

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    bell, rope = socket.socketpair()
    rope.setblocking(False)
    threading.Thread(target=stop.interrupt, args=(bell,), daemon=True).start()
    before = {one: signal.signal(one, note) for one in (signal.SIGINT, signal.SIGTERM)}
    wakeup = signal.set_wakeup_fd(rope.fileno(), warn_on_full_buffer=False)
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(wakeup)
        for one, handler in before.items():
            signal.signal(one, handler)
        stop.connections.clear()  # the thread may still run when Python ends, and must hold nothing then
        rope.close()  # ends the thread


def until(came: list[int], progress: Callable[[str], None]) -> Callable[[str], None]:
    """Progress that goes no further once a signal came: the engine, or a check, may have taken the first for a fault."""

    def tell(what: str) -> None:
        if came:
            raise Stopped
        progress(what)

    return tell


def end(error: BaseException, came: list[int], partial: Path, lang: Literal["zh", "en"], *, ours: bool) -> int:
    """Say how a run ended that did not end well; the exit status of one that was stopped. Raises Problem, or the error itself.

    What is finished stays where the run was stopped or lacked memory or disk; else nothing stays. ours: the run had begun to write.
    """
    if came or isinstance(error, KeyboardInterrupt):
        print(f"已停止。完成的步骤保留在 {partial}；再次运行同一命令即可继续。" if lang == "zh" else
              f"stopped; the finished steps are kept in {partial}, and the same command goes on from there", file=sys.stderr)  # fmt: skip
        return 128 + (came[0] if came else signal.SIGINT)
    if _lacking(error):
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Problem(said, str(partial), mend="the finished steps are kept there: give --memory more, or free the disk, and run the "
                      "same command again") from None  # fmt: skip
    if ours or not any(partial.iterdir()):
        shutil.rmtree(partial, ignore_errors=True)
    raise error


def _lacking(error: BaseException) -> bool:
    import duckdb

    if isinstance(error, duckdb.IOException):  # tells a lack of permission too, in words alone
        return not any(os.strerror(code) in str(error) for code in (errno.EACCES, errno.EPERM, errno.ENOENT))
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM, None)  # None: redraw's own
    return isinstance(error, MemoryError | duckdb.OutOfMemoryException | duckdb.FatalException)
