"""Real workers of the checkers and ipvs rooms on one event loop, joined by real pipes: no parent, no fork, no kernel."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any, Self, cast

from keepalived_py.checkers import worker as checkers_worker
from keepalived_py.config.ast import Configuration, GlobalDefinitions
from keepalived_py.ipvs import worker as ipvs_worker
from keepalived_py.runtime.messages import Reconfigure
from keepalived_py.runtime.options import Options
from keepalived_py.runtime.pipe import Channel
from keepalived_py.runtime.worker import WorkerContext

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType, TracebackType

    from keepalived_py.config.ast import VirtualServer


class Lines:
    """Takes the place of a log: keeps what was written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.detailed = 1

    def __call__(self, level: int, text: str, *, detail: bool = False) -> None:
        del level, detail
        self.lines.append(text)

    def detail(self, text: str) -> None:
        self.lines.append(text)


class RunningWorker:
    """One worker as a task."""

    def __init__(self, name: str, module: ModuleType, configuration: Configuration, options: Options) -> None:
        self.log = Lines()
        ours, self._parent_end = Pipe()
        self.context = WorkerContext(
            name=name,
            configuration=configuration,
            options=options,
            log=cast("Any", self.log),
            parent=Channel(ours),
            loop=asyncio.get_running_loop(),
        )
        self._module = module
        self._task: asyncio.Task[int] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._module.run(self.context))

    async def stop(self) -> int:
        """Stop it in order; returns its exit status."""
        assert self._task is not None
        self.context.stopping.set()
        status = await asyncio.wait_for(self._task, 10)
        self._close()
        return status

    async def crash(self) -> None:
        """End it without a word, as kill -9 does: nothing is cleaned up, the pipes close."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._close()

    async def ended(self) -> int:
        """Wait until it ends by itself; returns its exit status."""
        assert self._task is not None
        return await asyncio.wait_for(self._task, 10)

    def _close(self) -> None:
        for channel in tuple(self.context.peers.values()):
            channel.flush_blocking(0.2)
            channel.close()
        self.context.parent.close()
        self._parent_end.close()


class Balancer:
    """The checkers and the ipvs worker, the latter in dry run with its table in a file."""

    def __init__(self, directory: Path, *services: VirtualServer, **global_defs: Any) -> None:
        self.table_file = directory / "table"
        self._configuration = Configuration(global_defs=GlobalDefinitions(**global_defs), virtual_servers=services)
        self.options = Options(ipvs_dry_run=str(self.table_file))

    async def __aenter__(self) -> Self:
        self.ipvs, self.checkers = self.new_ipvs(), self.new_checkers()
        self.join()
        self.ipvs.start()
        self.checkers.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in (self.checkers, self.ipvs):
            if worker._task is not None and not worker._task.done():
                await worker.crash()

    def new_ipvs(self) -> RunningWorker:
        return RunningWorker("ipvs", ipvs_worker, self._configuration, self.options)

    def new_checkers(self, *services: VirtualServer) -> RunningWorker:
        configuration = replace(self._configuration, virtual_servers=services) if services else self._configuration
        return RunningWorker("checkers", checkers_worker, configuration, self.options)

    def reload(self, *services: VirtualServer) -> None:
        """Give both workers a new configuration, as the parent does after SIGHUP."""
        self._configuration = replace(self._configuration, virtual_servers=services)
        for worker in (self.checkers, self.ipvs):
            worker.context.parent_message(Reconfigure(configuration=self._configuration), [])

    def join(self) -> None:
        """Give both workers a pipe to each other, as the parent does at the start and after a respawn."""
        one, other = Pipe()
        for worker, peer, end in ((self.checkers, "ipvs", one), (self.ipvs, "checkers", other)):
            worker.context.connect_peer(peer, Channel(end))
            if worker.context.on_peer_connected is not None:  # it runs already: the other one was started anew
                worker.context.on_peer_connected(peer)

    def table(self) -> str:
        """The table as ``ipvsadm -Ln`` would show it, without its title."""
        text = self.table_file.read_text() if self.table_file.exists() else ""
        return "".join(text.splitlines(keepends=True)[3:])

    async def until(self, condition: Callable[[], bool], *, seconds: float = 10) -> None:
        """Wait until ``condition`` holds; fails with what was logged if it does not."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not condition():
            if loop.time() > end:
                raise AssertionError("\n".join([self.table(), *self.checkers.log.lines, *self.ipvs.log.lines]))
            await asyncio.sleep(0.02)
