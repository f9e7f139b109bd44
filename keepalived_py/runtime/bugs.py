"""What becomes of an exception that nobody expected in a callback of a worker's event loop.

asyncio would print it and go on without whatever the callback was to do next: a check that is never scheduled again, a timer
heap that is never armed. Here it is logged and the worker is told to end, so that the parent starts it anew.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from keepalived_py.log import Level

if TYPE_CHECKING:
    import asyncio

    from keepalived_py.runtime.worker import WorkerContext


class BugTrap:
    """Watches one worker's event loop. ``sprung`` is set with ``stopping`` when a callback raised: end with EXIT_SOFTWARE."""

    def __init__(self, context: WorkerContext) -> None:
        self.sprung = False
        self._context = context
        context.loop.set_exception_handler(self._handle)

    def _handle(self, _loop: asyncio.AbstractEventLoop, details: dict[str, Any]) -> None:
        log = self._context.log
        log(Level.ERR, str(details.get("message")))
        error = details.get("exception")
        if isinstance(error, BaseException):
            for line in "".join(traceback.format_exception(error)).splitlines():
                log(Level.ERR, line)
        # A task that failed (a mail) is on its own; a callback is part of what everything else relies on.
        if "handle" in details:
            self.sprung = True
            self._context.stopping.set()
