"""The parent process: forks the workers, ties them together by pipes, watches, restarts and stops them.

It parses nothing while it runs except at a reload, and holds no protocol state: what it must survive is the death of any worker.
Source: reference/cli-and-process.md §5 (processes), §6 (signals), §7 (reload), §8 (stop).
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import errno
import gc
import importlib
import multiprocessing
import os
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keepalived_py.log import Level
from keepalived_py.notify.boundary import run_boundary_script
from keepalived_py.notify.mail import preload as preload_mail
from keepalived_py.notify.script import ScriptRunner
from keepalived_py.notify.systemd import SystemdNotifier
from keepalived_py.runtime.messages import PeerReplaced, Ready, Reconfigure
from keepalived_py.runtime.pidfile import AlreadyRunningError, PidFile
from keepalived_py.runtime.pipe import Channel
from keepalived_py.runtime.worker import EXIT_CONFIG, EXIT_FATAL, EXIT_NO_PERMISSION, run_worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

    from keepalived_py.config.ast import Command, Configuration
    from keepalived_py.log import Log
    from keepalived_py.runtime.messages import Message
    from keepalived_py.runtime.options import Options
    from keepalived_py.runtime.process import ProcessTitle

_SECOND = 1_000_000
_STEADY_SECONDS = 60.0
_MAX_RESPAWN_DELAY = 60
_PERMANENT = {EXIT_FATAL: "FATAL", EXIT_CONFIG: "CONFIG", EXIT_NO_PERMISSION: "missing permission"}


class Role(enum.StrEnum):
    """The workers, in the order in which they are started."""

    IPVS = "ipvs"
    CHECKERS = "checkers"
    VRRP = "vrrp"


@dataclass(frozen=True, slots=True, kw_only=True)
class _RoleFacts:
    label: str  # in the parent's log lines
    identity: str  # the worker's own syslog identity
    program: str  # what the parent calls it when it has exited
    dump: str = ""  # the part of the configuration's dump that it logs
    stops_after: tuple[Role, ...] = ()  # it is told to stop when these have ended


# The lines that the ipvs worker logs are, in keepalived, the checker process's.
_ROLES = {
    Role.IPVS: _RoleFacts(
        label="IPVS", identity="Keepalived_healthcheckers", program="Keepalived_ipvs", stops_after=(Role.CHECKERS,)
    ),
    Role.CHECKERS: _RoleFacts(
        label="Healthcheck",
        identity="Keepalived_healthcheckers",
        program="Keepalived_healthcheckers",
        dump="check",
    ),
    Role.VRRP: _RoleFacts(label="VRRP", identity="Keepalived_vrrp", program="Keepalived_vrrp", dump="vrrp"),
}
_PEERS = ((Role.CHECKERS, Role.IPVS), (Role.VRRP, Role.IPVS))


@dataclass(slots=True)
class _Worker:
    role: Role
    process: ForkProcess
    channel: Channel
    pidfd: int
    started: float
    ready: bool = False
    told_to_stop: bool = False
    killed: bool = False


@dataclass(slots=True)
class _Respawn:
    delay: int = 0
    timer: asyncio.TimerHandle | None = field(default=None)


class Supervisor:
    """Runs the daemon until it is told to stop; ``run`` returns the exit status.

    ``rooms`` is the package with the workers' modules. ``reload`` is called on SIGHUP and returns a new verified configuration, or
    None after it has said why there is none.
    """

    def __init__(
        self,
        *,
        configuration: Configuration,
        options: Options,
        log: Log,
        title: ProcessTitle,
        arguments: tuple[str, ...],
        reload: Callable[[], Configuration | None],
        systemd: SystemdNotifier | None = None,
        rooms: str = "keepalived_py",
    ) -> None:
        self._rooms = rooms
        self._systemd = systemd or SystemdNotifier(None)
        self._configuration = configuration
        self._options = options
        self._log = log
        self._title = title
        self._arguments = arguments
        self._reload = reload
        self._context = multiprocessing.get_context("fork")
        self._workers: dict[Role, _Worker] = {}
        self._respawns = {role: _Respawn() for role in Role}
        self._pid_files: dict[Role | None, PidFile] = {}
        self._scripts = ScriptRunner(log)
        self._status = 0
        self._starting = True
        self._reload_queued = False
        self._stopping = False
        self._reloading = False
        self._announced = False
        self._finished = asyncio.Event()
        self._pid = os.getpid()
        self._loop: asyncio.AbstractEventLoop

    # --- life ---------------------------------------------------------------------------------------------------------

    def lock_pid_files(self) -> None:
        """Take the PID files of the parent and of every worker that will run. Raises OSError, AlreadyRunningError.

        Calling it again takes those that a new configuration needs in addition.
        """
        wanted: dict[Role | None, str] = {None: self._options.pid_file}
        for role in self._wanted_roles():
            if role is Role.VRRP:
                wanted[role] = self._options.vrrp_pid_file
            elif role is Role.CHECKERS:
                wanted[role] = self._options.checkers_pid_file
        for owner, path in wanted.items():
            if owner in self._pid_files:
                continue
            pid_file = PidFile(path)
            pid_file.acquire()
            self._pid_files[owner] = pid_file

    def release_pid_files(self) -> None:
        """Remove the PID files."""
        for pid_file in self._pid_files.values():
            pid_file.remove()
        self._pid_files.clear()

    async def run(self) -> int:
        """Start the workers and look after them until the end; the PID files must be locked."""
        self._loop = asyncio.get_running_loop()
        self._pid = os.getpid()
        self._install_signals()
        self._pid_files[None].write(os.getpid())
        self._title.set(self._configuration.global_defs.process_name, self._arguments)
        at_the_ends = self._configuration.global_defs.scripts
        if at_the_ends.startup is not None:
            await self._run_script("startup", at_the_ends.startup, at_the_ends.startup_timeout)
        if not self._stopping:
            self._start()
            await self._finished.wait()
        at_the_ends = self._configuration.global_defs.scripts
        if at_the_ends.shutdown is not None:
            await self._run_script("shutdown", at_the_ends.shutdown, at_the_ends.shutdown_timeout)
        self.release_pid_files()
        return self._status

    async def _run_script(self, kind: str, command: Command, seconds: int) -> None:
        await run_boundary_script(self._scripts, self._log, kind=kind, command=command, seconds=seconds)

    def _start(self) -> None:
        """Start the workers; a reload that was asked for meanwhile follows."""
        roles = self._wanted_roles()
        if not roles:
            self._log(Level.INFO, "Warning - keepalived has no configuration to run")
            self._systemd.ready()
        self._preload(roles)
        for role in roles:
            self._spawn(role)
        gc.enable()
        self._starting = False
        if self._reload_queued:
            self._reload_requested()

    def _wanted_roles(self) -> list[Role]:
        options, configuration = self._options, self._configuration
        vrrp = bool(configuration.vrrp_instances) or options.run_all
        checkers = bool(configuration.virtual_servers) or options.run_all
        roles = []
        daemon = configuration.global_defs.lvs_sync_daemon
        follows_vrrp = vrrp and options.run_vrrp and daemon is not None and daemon.instance is not None
        if checkers and options.run_checkers:
            roles += [Role.IPVS, Role.CHECKERS]
        elif follows_vrrp:
            roles.append(Role.IPVS)
        if vrrp and options.run_vrrp:
            roles.append(Role.VRRP)
        return roles

    def _preload(self, roles: list[Role]) -> None:
        """Load what the workers need before they are forked, so that its memory is shared (design §5)."""
        for role in roles:
            importlib.import_module(f"{self._rooms}.{role.value}.worker")
        if _sends_mails(self._configuration):
            preload_mail()
        gc.collect()
        gc.disable()
        gc.freeze()

    # --- signals ------------------------------------------------------------------------------------------------------

    def _install_signals(self) -> None:
        self._loop.add_signal_handler(signal.SIGTERM, self.stop)
        if self._options.ignore_sigint:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        else:
            self._loop.add_signal_handler(signal.SIGINT, self.stop)
        self._loop.add_signal_handler(signal.SIGHUP, self._reload_requested)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2, signal.SIGRTMAX - 1):
            self._loop.add_signal_handler(number, self._dump_requested, number)

    def _dump_requested(self, number: int) -> None:
        # Exporters signal every few seconds: that must not end the daemon, and saying once that nothing is written will do.
        self._loop.add_signal_handler(number, lambda: None)
        self._log(Level.INFO, f"Signal {number}: dumps are not written by this version of keepalived-py")

    def _reload_requested(self) -> None:
        if self._stopping:
            return
        if self._starting:
            self._reload_queued = True
            self._log.detail("Reload already in progress, request queued")
            return
        self._log(Level.INFO, "Reloading ...")
        configuration = self._reload()
        if configuration is None:
            return
        self._systemd.reloading()
        self._configuration = configuration
        wanted = self._wanted_roles()
        self._reloading = True
        for worker in self._workers.values():
            worker.ready = False
            worker.channel.send(Reconfigure(configuration=configuration))
        # As in keepalived, a worker that now has something to do is started, and none is stopped for lack of it.
        missing = [role for role in wanted if role not in self._workers]
        if not missing:
            return
        try:
            self.lock_pid_files()
        except (OSError, AlreadyRunningError) as error:
            self._log(Level.INFO, f"pidfile_write : {error}")
        self._preload(missing)
        for role in missing:
            self._spawn(role)

    # --- workers ------------------------------------------------------------------------------------------------------

    def _spawn(self, role: Role) -> None:
        facts = _ROLES[role]
        ours, theirs = self._context.Pipe()
        peers: dict[str, Connection] = {}
        announcements: list[tuple[_Worker, Connection]] = []
        for pair in _PEERS:
            if role not in pair:
                continue
            other = self._workers.get(pair[1] if pair[0] is role else pair[0])
            if other is None:
                continue  # when that worker starts, it connects to this one
            near, far = self._context.Pipe()
            peers[other.role.value] = near
            announcements.append((other, far))
        process = self._context.Process(
            target=self._child, args=(role, theirs, peers, [far for _, far in announcements], ours), name=facts.program
        )
        # A signal that arrives before the worker has handlers of its own must not be taken for the parent's; it unblocks them.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            process.start()
        except OSError as error:
            self._log(Level.INFO, f"{facts.label} child process: fork error({error.strerror})")
            self._schedule_respawn(role)
            return
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
        theirs.close()
        pid = process.pid or 0
        self._log(Level.INFO, f"Starting {facts.label} child process, pid={pid}")
        worker = _Worker(
            role=role,
            process=process,
            channel=Channel(ours),
            pidfd=os.pidfd_open(pid),
            started=self._loop.time(),
        )
        self._workers[role] = worker
        worker.channel.attach(self._loop, lambda message, _fds: self._message(worker, message), lambda: None)
        self._loop.add_reader(worker.pidfd, self._ended, worker)
        if role in self._pid_files:
            self._pid_files[role].write(pid)
        for other, far in announcements:
            other.channel.send(PeerReplaced(peer=role.value), (far.fileno(),))
            far.close()
        for near in peers.values():
            near.close()

    def _child(
        self,
        role: Role,
        parent: Connection,
        peers: dict[str, Connection],
        others_ends: list[Connection],
        ours: Connection,
    ) -> None:
        """Become the worker. Runs in the forked process and never returns to the parent's loop."""
        asyncio._set_running_loop(None)  # noqa: SLF001 - the parent's loop was running when we were forked
        # Raw closes: removing these from the inherited selector would remove them from the parent's.
        for worker in self._workers.values():
            os.close(worker.channel.fileno())
            os.close(worker.pidfd)
        for connection in (*others_ends, ours):
            connection.close()
        for pid_file in self._pid_files.values():
            pid_file.close_inherited()
        facts = _ROLES[role]
        globals_ = self._configuration.global_defs
        names = {
            Role.VRRP: globals_.vrrp_process_name,
            Role.CHECKERS: globals_.checker_process_name,
            Role.IPVS: globals_.ipvs_process_name,
        }
        self._title.set(names[role], (role.value,))
        log = self._log.for_worker(facts.identity)
        status = run_worker(
            name=role.value,
            body=importlib.import_module(f"{self._rooms}.{role.value}.worker").run,
            configuration=self._configuration,
            options=self._options,
            log=log,
            parent=parent,
            parent_pid=self._pid,
            peers=peers,
            dump=facts.dump if self._options.dump_configuration else "",
        )
        raise SystemExit(status)

    def _message(self, worker: _Worker, message: Message) -> None:
        if isinstance(message, Ready):
            worker.ready = True
            if all(other.ready for other in self._workers.values()) and not self._stopping:
                if self._reloading:
                    self._log(Level.INFO, "Reload complete")
                elif not self._announced:
                    self._log(Level.INFO, "Startup complete")
                self._announced, self._reloading = True, False
                self._systemd.ready()

    def _ended(self, worker: _Worker) -> None:
        self._loop.remove_reader(worker.pidfd)
        os.close(worker.pidfd)
        worker.process.join()
        worker.channel.close()
        del self._workers[worker.role]
        status = worker.process.exitcode or 0
        pid = worker.process.pid
        worker.process.close()
        facts = _ROLES[worker.role]
        if self._stopping:
            self._stop_next()
            return
        if status in _PERMANENT:
            self._log(Level.INFO, f"{facts.program} exited with permanent error {_PERMANENT[status]}. Terminating")
            self._status = status
            self._systemd.failed(errno.EINVAL if status == EXIT_CONFIG else errno.EPERM)
            self.stop()
            return
        if status < 0:
            number = -status
            hint = " - has rlimit_rttime been exceeded?" if number == signal.SIGKILL else ""
            self._log(Level.INFO, f"{facts.program} exited due to signal {number} ({signal.strsignal(number)}){hint}")
        else:
            self._log(Level.INFO, f"{facts.program} exited with status {status}")
        if self._options.dont_respawn:
            self._log(Level.ALERT, f"{facts.label} child process({pid}) died: Exiting")
            self._status = EXIT_FATAL
            self.stop()
            return
        self._log(Level.ALERT, f"{facts.label} child process({pid}) died: Respawning")
        respawn = self._respawns[worker.role]
        if self._loop.time() - worker.started >= _STEADY_SECONDS:
            respawn.delay = 0
        self._schedule_respawn(worker.role)

    def _schedule_respawn(self, role: Role) -> None:
        respawn = self._respawns[role]
        delay = respawn.delay
        respawn.delay = min(_MAX_RESPAWN_DELAY, delay * 2 or 1)
        if delay:
            label = _ROLES[role].label
            self._log(Level.INFO, f"Restart of {label} process delayed {delay} seconds to limit respawn rate")
        respawn.timer = self._loop.call_later(delay, self._spawn, role)

    # --- stop ---------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Begin to stop in keepalived's order; ``run`` returns when all workers have ended."""
        if self._stopping:
            return
        self._stopping = True
        self._log(Level.INFO, "Stopping")
        self._scripts.terminate()
        self._systemd.stopping()
        for respawn in self._respawns.values():
            if respawn.timer is not None:
                respawn.timer.cancel()
        self._loop.call_later(self._configuration.global_defs.child_wait_time / _SECOND, self._kill_survivors)
        self._stop_next()

    def _stop_next(self) -> None:
        if not self._workers:
            self._finished.set()
            return
        for role in (Role.VRRP, Role.CHECKERS, Role.IPVS):
            worker = self._workers.get(role)
            if worker is None or worker.told_to_stop:
                continue
            if any(earlier in self._workers for earlier in _ROLES[role].stops_after):
                continue
            worker.told_to_stop = True
            self._signal(worker, signal.SIGTERM)

    def _kill_survivors(self) -> None:
        for worker in list(self._workers.values()):
            self._log(Level.INFO, f"{_ROLES[worker.role].label} process failed to die - forcing termination")
            self._signal(worker, signal.SIGKILL)

    @staticmethod
    def _signal(worker: _Worker, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(worker.pidfd, number)


def _sends_mails(configuration: Configuration) -> bool:
    """Whether any change would be mailed: only then is the SMTP library worth its memory."""
    global_defs = configuration.global_defs
    if global_defs.smtp_server is None or not global_defs.notification_email:
        return False
    services = configuration.virtual_servers
    alerts = (
        *(instance.smtp_alert for instance in configuration.vrrp_instances),
        *(group.smtp_alert for group in configuration.vrrp_sync_groups),
        *(service.smtp_alert for service in services),
        *(server.smtp_alert for service in services for server in service.real_servers),
    )
    return any(alerts)
