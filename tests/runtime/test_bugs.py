from __future__ import annotations

import asyncio
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any, cast

from keepalived_py.config.ast import Configuration
from keepalived_py.runtime.bugs import BugTrap
from keepalived_py.runtime.options import Options
from keepalived_py.runtime.pipe import Channel
from keepalived_py.runtime.worker import WorkerContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.log import Log


def _fail() -> None:
    raise ValueError("unexpected")


async def _fail_later() -> None:
    _fail()


def _play(act: Callable[[asyncio.AbstractEventLoop], object]) -> tuple[bool, bool, list[str]]:
    """Let ``act`` go wrong on a worker's loop; returns whether the trap sprang, whether the worker stops, and the log."""

    async def play() -> tuple[bool, bool, list[str]]:
        lines: list[str] = []
        ours, theirs = Pipe()
        context = WorkerContext(
            name="worker",
            configuration=Configuration(),
            options=Options(),
            log=cast("Log", lambda _level, text: lines.append(text)),
            parent=Channel(ours),
            loop=asyncio.get_running_loop(),
        )
        trap = BugTrap(context)
        kept: Any = act(context.loop)
        await asyncio.sleep(0.01)
        del kept
        await asyncio.sleep(0.01)
        context.parent.close()
        theirs.close()
        return trap.sprung, context.stopping.is_set(), lines

    return asyncio.run(play())


def test_a_callback_that_raises_ends_the_worker_and_is_logged_with_its_traceback() -> None:
    sprung, stopping, lines = _play(lambda loop: loop.call_soon(_fail))
    assert sprung
    assert stopping
    assert lines[-1] == "ValueError: unexpected"
    assert any("_fail" in line for line in lines)


def test_a_task_that_fails_is_logged_and_nothing_else() -> None:
    sprung, stopping, lines = _play(lambda loop: loop.create_task(_fail_later()))
    assert not sprung
    assert not stopping
    assert lines[-1] == "ValueError: unexpected"
