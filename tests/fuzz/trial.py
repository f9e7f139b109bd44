"""One configuration tried as bad input: read, judged and told, inside a process of its own with bounded time and memory.

What the child says comes back over a pipe; a traceback, a hang and a flood of memory are told apart.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import time
import traceback
from typing import TYPE_CHECKING

from keepalived_py.config.host import AnyHost
from keepalived_py.config.load import Loaded, load

if TYPE_CHECKING:
    from pathlib import Path

_HANG_SECONDS = 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a file led to: status and lines of ``-t``, processor seconds, MiB above what an empty file needs."""

    status: int
    lines: list[str]
    seconds: float
    memory: float


def read(path: Path | str) -> Loaded:
    """Read a file as ``-t`` does, say everything there is to say about it, and give what was loaded."""
    loaded = load(str(path), host=AnyHost(), config_id="node", testing=True)
    for line in loaded.report.lines(testing=True):
        line.encode("utf-8", "surrogateescape")
    loaded.report.notices()
    loaded.report.exit_status(testing=True)
    return loaded


def attempt(path: Path) -> Trial:
    """Try a file in a child process. Raises AssertionError for a traceback or when the child had to be ended."""
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        os.close(receive)
        _child(path, send)
    os.close(send)
    with os.fdopen(receive, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, told.decode(errors="replace") or f"ended with {status:#x}: a hang?"
    return Trial(**json.loads(told))


def _child(path: Path, send: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_HANG_SECONDS, _HANG_SECONDS))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.process_time()
        loaded = read(path)
        lines = loaded.report.lines(testing=True)
        trial = Trial(
            status=loaded.report.exit_status(testing=True),
            lines=[*lines[:25], *lines[25:][-1:]],
            seconds=time.process_time() - began,
            memory=(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        )
        with os.fdopen(send, "wb") as stream:
            stream.write(json.dumps(dataclasses.asdict(trial)).encode())
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the parent reports it
        os.write(send, traceback.format_exc()[-4000:].encode(errors="replace"))
        os._exit(1)
