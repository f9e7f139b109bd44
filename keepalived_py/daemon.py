"""The start of the daemon: the configuration is read, the PID files are taken, the parent runs until it is told to stop.

Owns the order of these and what is said when one fails; the processes themselves are the supervisor's.
Source: reference/cli-and-process.md §5 (sequence) and §4 (statuses).
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keepalived_py.config.cache import Memory
from keepalived_py.log import Level, Log, LogSettings, write_stderr
from keepalived_py.notify.systemd import SystemdNotifier, socket_of_systemd
from keepalived_py.premises import MoveError, Premises, refusals
from keepalived_py.runtime.pidfile import AlreadyRunningError
from keepalived_py.runtime.process import ProcessTitle
from keepalived_py.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.ast import Configuration, GlobalDefinitions
    from keepalived_py.config.load import Loaded
    from keepalived_py.runtime.options import Options

_EXIT_USAGE = 1
_EXIT_NO_CONFIGURATION = 6
_COMMAND_LINE_WIDTH = 79


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What the command line settled.

    ``load`` reads the configuration, remembering what it read in the Memory it is given; None when it has said why it cannot.
    ``words`` is the command line, ``without_effect`` the options that are accepted but not built yet.
    """

    options: Options
    settings: LogSettings
    version: str
    words: tuple[str, ...]
    without_effect: tuple[str, ...]
    load: Callable[[Options, Memory], Loaded | None]


def run_daemon(request: StartRequest) -> int:
    """Run the daemon to its end, in the foreground or behind; returns the exit status."""
    log = Log("Keepalived", request.settings)
    log(Level.INFO, f"Starting {request.version}")
    system = os.uname()
    log(Level.INFO, f"Running on {system.sysname} {system.release} {system.version}")
    _log_command_line(log, request.words)
    for option in request.without_effect:
        log(Level.WARNING, f"Option {option} is accepted, but does nothing in this version of keepalived-py")
    status = _start(request, log)
    log(Level.INFO, f"Stopped {request.version}")
    return status


def _start(request: StartRequest, log: Log) -> int:
    memory = Memory()  # what a reload does not change need not be read again
    loaded = request.load(request.options, memory)
    if loaded is None:
        return _EXIT_USAGE
    # The daemon's directory becomes /, and the file is read again at a reload.
    options = replace(request.options, configuration_file=os.path.abspath(request.options.configuration_file))
    status = loaded.report.fatal_status
    nowhere = loaded.report.abort_status == 0  # the namespace is not there: the reference ends with 0, too (§4)
    for line in loaded.report.lines(testing=False):
        if status or nowhere:
            _fail(log, line)
        else:
            log(Level.INFO, line)
    if nowhere:
        return 0
    if status or loaded.configuration is None:
        return status or _EXIT_NO_CONFIGURATION
    for notice in loaded.report.notices():
        log(Level.INFO, notice)
    configuration = loaded.configuration
    del loaded
    premises = Premises(options, configuration.global_defs)
    try:
        log = premises.move_in(log)
    except MoveError as error:
        for line in error.args:
            _fail(log, line)
        return 0
    options = premises.options
    if not options.foreground and not _daemonise():
        return 0
    try:
        return _supervise(request, options, configuration, memory, log)
    finally:
        premises.move_out(log)


def _supervise(request: StartRequest, options: Options, configuration: Configuration, memory: Memory, log: Log) -> int:
    if not configuration.global_defs.max_auto_priority:
        text = "NOTICE: setting config option max_auto_priority should result in better keepalived performance"
        log(Level.INFO, text)
    supervisor = Supervisor(
        configuration=configuration,
        options=options,
        log=log,
        title=ProcessTitle(),
        arguments=request.words,
        reload=lambda: _reload(request, options, configuration.global_defs, memory, log),
        systemd=SystemdNotifier(socket_of_systemd(os.environ, parent_pid=os.getppid())),
    )
    try:
        supervisor.lock_pid_files()
    except AlreadyRunningError:
        log(Level.INFO, "daemon is already running")
        supervisor.release_pid_files()
        return 0
    except OSError as error:
        # The reference ends with status 0 here, too (reference/cli-and-process.md §4).
        _fail(log, f"pidfile_write : Cannot open {error.filename} pidfile: {error.strerror}")
        supervisor.release_pid_files()
        return 0
    return asyncio.run(supervisor.run())


def _reload(
    request: StartRequest, options: Options, started_with: GlobalDefinitions, memory: Memory, log: Log
) -> Configuration | None:
    """Read the files again; None, and the reason logged, when they cannot be used."""
    fresh = request.load(options, memory)
    if fresh is None:
        return None
    for line in fresh.report.lines(testing=False):
        log(Level.INFO, line)
    if fresh.report.fatal_status or fresh.configuration is None:
        log(Level.ERR, "The new configuration cannot be used - the running one stays in force")
        return None
    refused = refusals(started_with, fresh.configuration.global_defs)
    for line in refused:
        log(Level.INFO, line)
    return None if refused else fresh.configuration


def _fail(log: Log, text: str) -> None:
    """Say why the start failed: in the log, and on stderr unless the log goes there."""
    log(Level.INFO, text)
    if not log.to_console:
        write_stderr(text)


def _log_command_line(log: Log, words: tuple[str, ...]) -> None:
    line = "Command line:"
    for word in ("keepalived-py", *words):
        quoted = f" '{word}'"
        if len(line) + len(quoted) > _COMMAND_LINE_WIDTH and line.strip():
            log(Level.INFO, line)
            line = " " * len("Command line:")
        line += quoted
    log(Level.INFO, line)


def _daemonise() -> bool:
    """Go into the background; True in the daemon, False in the process that was called."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork():
        return False
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    if null > 2:
        os.close(null)
    return True
