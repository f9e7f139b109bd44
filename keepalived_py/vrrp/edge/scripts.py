"""Runs of track scripts: started when the router asks, their results fed back.

Starting and ending processes is ``notify/script.py``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.events import ScriptFinished

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from keepalived_py.config.ast import VrrpScript
    from keepalived_py.notify.script import ScriptRunner


class TrackScripts:
    """The runs that have not ended; ``feed`` takes their results."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, runner: ScriptRunner, *, feed: Callable[[ScriptFinished], None]
    ) -> None:
        self._loop = loop
        self._runner = runner
        self._feed = feed
        self._runs: dict[str, asyncio.Task[None]] = {}

    def run(self, script: VrrpScript) -> None:
        """Run a script now."""
        self._runs[script.name] = self._loop.create_task(self._follow(script))

    def stop(self, name: str) -> None:
        """End a run whose result is not wanted any more."""
        if (run := self._runs.pop(name, None)) is not None:
            run.cancel()

    def stop_all(self) -> None:
        """End every run."""
        for run in self._runs.values():
            run.cancel()

    async def _follow(self, script: VrrpScript) -> None:
        result = await self._runner.run(script.command, script.timeout, name=script.name)
        self._feed(
            ScriptFinished(
                name=script.name,
                exit_status=result.exit_status,
                signal=result.signal,
                timed_out=result.timed_out,
            )
        )
