"""One configuration tried as bad input: read, judged and told, inside a process of its own with bounded time and memory.

What the child says comes back over a pipe; a traceback, a hang and a flood of memory are told apart.
"""

from __future__ import annotations

import dataclasses
import gc
import io
import json
import os
import resource
import time
import traceback
from typing import TYPE_CHECKING

from keepalived_py.config.host import AnyHost
from keepalived_py.config.load import Loaded, load
from keepalived_py.lint.command import check_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HANG_SECONDS = 20
#: Processor seconds that _work takes here when the processor is ours alone.
_USUAL_WORK = 0.029


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a file led to: status and lines, processor seconds, MiB above what an empty file needs."""

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


def told(path: Path | str) -> tuple[int, list[str]]:
    """Give status and lines of ``-t``."""
    report = read(path).report
    return report.exit_status(testing=True), report.lines(testing=True)


def linted(*paths: Path | str) -> tuple[int, list[str]]:
    """Give status and lines of ``--check-conf``; several paths are nodes."""
    output, complaints = io.StringIO(), list[str]()
    status = check_files(
        [str(path) for path in paths],
        host=AnyHost(),
        config_id="node",
        settings={},
        output=output,
        complain=complaints.append,
    )
    return status, [*output.getvalue().splitlines(), *complaints]


def attempt(path: Path, do: Callable[[Path], tuple[int, list[str]]] = told) -> Trial:
    """Try a file in a child process. Raises AssertionError for a traceback or when the child had to be ended."""
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        os.close(receive)
        _child(path, do, send)
    os.close(send)
    with os.fdopen(receive, "rb") as stream:
        answer = stream.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, answer.decode(errors="replace") or f"ended with {status:#x}: a hang?"
    return Trial(**json.loads(answer))


def _work() -> float:
    """Do a fixed piece of work of the same kind, and return the processor seconds it took."""
    gc.disable()
    began = time.process_time()
    found: dict[str, list[str]] = {}
    for number in range(60_000):
        found.setdefault(f"word{number % 997}", []).append(str(number))
    seconds = time.process_time() - began
    gc.enable()
    return seconds


def _child(path: Path, do: Callable[[Path], tuple[int, list[str]]], send: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_HANG_SECONDS, _HANG_SECONDS))
        # The suite's own objects, inherited by the fork, are none of the code's: a collection must not walk through them.
        gc.freeze()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        work = _work()
        began = time.process_time()
        status, lines = do(path)
        seconds = time.process_time() - began
        # A shared processor runs at half its speed at times: seconds are those of one that does the work as ours at its best.
        speed = min(1.0, _USUAL_WORK / max(work, _work()))
        trial = Trial(
            status=status,
            lines=[*lines[:25], *lines[25:][-1:]],
            seconds=seconds * speed,
            memory=(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        )
        with os.fdopen(send, "wb") as stream:
            stream.write(json.dumps(dataclasses.asdict(trial)).encode())
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the parent reports it
        os.write(send, traceback.format_exc()[-4000:].encode(errors="replace"))
        os._exit(1)
