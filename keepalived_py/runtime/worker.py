"""The life of a worker process, whatever its work is: names, signals, pipes, event loop, exit status.

A room's worker is ``async def run(context) -> int``; this module prepares its ``WorkerContext`` and turns the result into the exit
status that the parent understands (reference/cli-and-process.md §5). It knows nothing of VRRP, checks or IPVS.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from keepalived_py.config.ast import ProcessSettings
from keepalived_py.log import Level
from keepalived_py.runtime.messages import PeerReplaced, Ready, Reconfigure, Stop
from keepalived_py.runtime.pipe import Channel
from keepalived_py.runtime.process import die_with_parent
from keepalived_py.runtime.scheduling import Scheduling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from multiprocessing.connection import Connection

    from keepalived_py.config.ast import Configuration, Microseconds
    from keepalived_py.log import Log
    from keepalived_py.runtime.messages import Message
    from keepalived_py.runtime.options import Options

EXIT_OK = 0
EXIT_FATAL = 1
EXIT_CONFIG = 2
EXIT_NO_PERMISSION = 4
EXIT_SOFTWARE = 70

#: How the keywords of a worker's process begin, where that is not its name.
_KINDS = {"checkers": "checker", "ipvs": "checker"}
_GC_THRESHOLDS = (50_000, 20, 50)
_LAST_WORDS_SECONDS = 0.2


class WorkerContext:
    """What a worker gets from the outside.

    ``peers`` maps a worker's name to the pipe that leads there. The callbacks may be set by the worker:
    ``on_peer_message(peer, message)``, ``on_peer_connected(peer)`` (a peer was started anew; its pipe is already in ``peers``),
    ``on_peer_lost(peer)`` and ``on_reconfigure(configuration)``. ``stopping`` is set by SIGTERM, by the parent's order, or when the
    parent is gone. ``dump`` is the part of each configuration that is to be logged (``-d``).
    """

    def __init__(
        self,
        *,
        name: str,
        configuration: Configuration,
        options: Options,
        log: Log,
        parent: Channel,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.name = name
        self.configuration = configuration
        self.options = options
        self.log = log
        self.parent = parent
        self.loop = loop
        self.peers: dict[str, Channel] = {}
        self.stopping = asyncio.Event()
        self.scheduling = Scheduling(_KINDS.get(name, name), log)
        self.dump = ""
        self.on_peer_message: Callable[[str, Message], None] | None = None
        self.on_peer_connected: Callable[[str], None] | None = None
        self.on_peer_lost: Callable[[str], None] | None = None
        self.on_reconfigure: Callable[[Configuration], None] | None = None

    def now(self) -> Microseconds:
        """Return microseconds of the loop's monotonic clock."""
        return int(self.loop.time() * 1_000_000)

    def log_configuration(self) -> None:
        """Log what the configuration means to this worker, if that is wanted."""
        if self.dump:
            from keepalived_py.config.dump import dump  # noqa: PLC0415 - only with -d

            for line in dump(self.configuration, self.dump):
                self.log(Level.INFO, line)

    def schedule(self) -> None:
        """Be scheduled, and make files for others, as the configuration says."""
        globals_ = self.configuration.global_defs
        os.umask(globals_.umask if self.options.umask is None else self.options.umask)
        settings = {"vrrp": globals_.vrrp_process, "bfd": globals_.bfd_process}.get(self.name, globals_.checker_process)
        self.scheduling.apply(
            settings,
            max_auto_priority=globals_.max_auto_priority,
            min_auto_priority_delay=globals_.min_auto_priority_delay,
        )

    def ready(self) -> None:
        """Tell the parent that the configuration is read and work has begun."""
        self.parent.send(Ready(worker=self.name))

    def connect_peer(self, name: str, channel: Channel) -> None:
        """Use ``channel`` for ``peer`` from now on; an older one is closed."""
        if (old := self.peers.pop(name, None)) is not None:
            old.close()
        self.peers[name] = channel
        channel.attach(
            self.loop, lambda message, _fds: self._peer_message(name, message), lambda: self._peer_gone(name, channel)
        )

    def parent_message(self, message: Message, descriptors: list[int]) -> None:
        """Act on what the parent sends."""
        if isinstance(message, PeerReplaced) and descriptors:
            from multiprocessing.connection import Connection as NewConnection  # noqa: PLC0415 - only after a respawn

            self.connect_peer(message.peer, Channel(NewConnection(descriptors[0])))
            if self.on_peer_connected is not None:
                self.on_peer_connected(message.peer)
        elif isinstance(message, Reconfigure):
            self.configuration = message.configuration
            self.log_configuration()
            self.schedule()
            if self.on_reconfigure is not None:
                self.on_reconfigure(message.configuration)
        elif isinstance(message, Stop):
            self.stopping.set()

    def _peer_message(self, name: str, message: Message) -> None:
        if self.on_peer_message is not None:
            self.on_peer_message(name, message)

    def _peer_gone(self, name: str, channel: Channel) -> None:
        if self.peers.get(name) is channel:
            del self.peers[name]
            if self.on_peer_lost is not None:
                self.on_peer_lost(name)


def run_worker(
    *,
    name: str,
    body: Callable[[WorkerContext], Awaitable[int]],
    configuration: Configuration,
    options: Options,
    log: Log,
    parent: Connection,
    parent_pid: int,
    peers: dict[str, Connection],
    dump: str = "",
) -> int:
    """Run a worker in this freshly forked process and return its exit status; nothing it raises gets past here."""
    _default_signals()
    die_with_parent(parent_pid)
    # What the parent loaded is frozen; a collection here only looks at what this worker made itself.
    gc.set_threshold(*_GC_THRESHOLDS)
    gc.enable()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(
            _run(
                loop,
                name=name,
                body=body,
                configuration=configuration,
                options=options,
                log=log,
                parent=parent,
                peers=peers,
                dump=dump,
            )
        )
    except Exception:  # noqa: BLE001 - the last line of defence: a bug is one report in the log, then a respawn
        for line in traceback.format_exc().splitlines():
            log(Level.ERR, line)
        return EXIT_SOFTWARE
    finally:
        sys.stderr.flush()


async def _run(
    loop: asyncio.AbstractEventLoop,
    *,
    name: str,
    body: Callable[[WorkerContext], Awaitable[int]],
    configuration: Configuration,
    options: Options,
    log: Log,
    parent: Connection,
    peers: dict[str, Connection],
    dump: str,
) -> int:
    channel = Channel(parent)
    context = WorkerContext(name=name, configuration=configuration, options=options, log=log, parent=channel, loop=loop)
    context.dump = dump
    context.log_configuration()
    context.schedule()
    loop.add_signal_handler(signal.SIGTERM, context.stopping.set)
    # All were blocked across the fork: a TERM in between waits for the handler instead of ending an unprepared process.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    channel.attach(loop, context.parent_message, context.stopping.set)
    for peer, connection in peers.items():
        context.connect_peer(peer, Channel(connection))
    status = await body(context)
    context.scheduling.apply(ProcessSettings())  # what is left to do need not be in front of everybody
    for open_channel in (*context.peers.values(), channel):
        open_channel.flush_blocking(_LAST_WORDS_SECONDS)
        open_channel.close()
    return status


def _default_signals() -> None:
    """Undo what the parent set up; survive every signal that tools send to each of our processes.

    The parent reads HUP and tells us; a dump or reload signal must not end a worker (reference/tooling-contracts.md §3.2). An INT
    from the terminal reaches the parent too, which then stops us in order.
    """
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    for real_time in (signal.SIGRTMIN + 2, signal.SIGRTMAX - 1, signal.SIGRTMAX):
        signal.signal(real_time, signal.SIG_IGN)
