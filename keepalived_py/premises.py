"""Where the daemon lives: its network namespace, the directory of its PID files, its names in syslog.

Owns moving in before anything is started, moving out at the very end, and which of these a reload cannot change.
Source: reference/cli-and-process.md §3, §5, §7.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.kernel.netns import PrivateFolder, enter
from keepalived_py.log import Level

if TYPE_CHECKING:
    from keepalived_py.config.ast import GlobalDefinitions
    from keepalived_py.log import Log
    from keepalived_py.runtime.options import Options

_RUN: Final = "/run"
PID_DIRECTORY: Final = "/run/keepalived"
_PID_FILES: Final = {"pid_file": "keepalived", "vrrp_pid_file": "vrrp", "checkers_pid_file": "checkers"}


class MoveError(Exception):
    """The namespace cannot be entered; the lines to be logged, the reason last."""


class Premises:
    """Those of one daemon with these settings."""

    def __init__(self, options: Options, global_defs: GlobalDefinitions) -> None:
        self._options = options
        self._namespace = global_defs.network_namespace
        self._instance = global_defs.instance_name
        self._uses_directory = bool(global_defs.use_pid_dir or self._namespace or self._instance)
        self._made_directory = False
        self._folder: PrivateFolder | None = None

    @property
    def suffix(self) -> str:
        """What is appended to names in syslog: ``_NETNS_INSTANCE``, as far as there are any."""
        return "".join(f"_{name}" for name in (self._namespace, self._instance) if name)

    @property
    def options(self) -> Options:
        """The options with every PID file's path; those of the command line stay."""
        folder = PID_DIRECTORY if self._uses_directory else _RUN
        instance = f"_{self._instance}" if self._instance else ""
        places: dict[str, Any] = {
            option: getattr(self._options, option) or f"{folder}/{name}{instance}.pid"
            for option, name in _PID_FILES.items()
        }
        return replace(self._options, inside=True, **places)

    def move_in(self, log: Log) -> Log:
        """Enter the namespace and make the directory; return the log to go on with. Raises MoveError."""
        if self.suffix:
            log(Level.INFO, f"Changing syslog ident to {log.identity}{self.suffix}")
            log = log.with_suffix(self.suffix)
        if self._uses_directory:
            self._make_directory(log)
        if self._namespace is None:
            return log
        try:
            enter(self._namespace)
        except OSError as error:
            message = f"Unable to set network namespace {self._namespace} - exiting"
            raise MoveError(f"Failed to open /run/netns/{self._namespace} - {error.strerror}", message) from error
        folder = PrivateFolder(PID_DIRECTORY, self._namespace)
        try:
            folder.open()
        except OSError as error:
            log(Level.INFO, f"Mount failed, error ({error.errno}) '{error.strerror}'")
        self._folder = folder
        return log

    def move_out(self, log: Log) -> None:
        """Leave nothing behind; when the PID files are gone."""
        if self._folder is not None:
            try:
                self._folder.close()
            except OSError as error:
                log(Level.INFO, f"unmount of {PID_DIRECTORY} failed - errno {error.errno}")
        if self._made_directory:
            with contextlib.suppress(OSError):  # not empty, or in use as a mount: others need it
                os.rmdir(PID_DIRECTORY)

    def _make_directory(self, log: Log) -> None:
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(PID_DIRECTORY)
                os.chmod(PID_DIRECTORY, 0o755)  # noqa: S103 - whoever looks for PID files may look here
        except OSError:
            log(Level.INFO, f"Unable to create directory {PID_DIRECTORY}")
        else:
            self._made_directory = True


def refusals(old: GlobalDefinitions, new: GlobalDefinitions) -> list[str]:
    """Say what a new configuration would change that only a restart can; empty if it may be used."""
    changes = {
        "network namespace": (old.network_namespace, new.network_namespace),
        "IPVS network namespace": (old.network_namespace_ipvs, new.network_namespace_ipvs),
        "instance name": (old.instance_name, new.instance_name),
        "nftables table name": (old.nftables and old.nftables.table, new.nftables and new.nftables.table),
        "IPVS nftables table name": (
            old.nftables_ipvs and old.nftables_ipvs.table,
            new.nftables_ipvs and new.nftables_ipvs.table,
        ),
        "config_directory": (old.config_save_directory, new.config_save_directory),
        "disable_local_igmp": (old.vrrp.disable_local_igmp, new.vrrp.disable_local_igmp),
    }
    return [
        f"Cannot change {what} at a reload - please restart keepalived"
        for what, (before, after) in changes.items()
        if before != after
    ]
