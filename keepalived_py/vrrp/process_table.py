"""Which running processes each ``vrrp_track_process`` means. Source: reference/vrrp-behaviour.md §7 and the keyword tables.

Owns the table of the processes that match; what the kernel reports and what ``/proc`` says is given to it. It counts, it does not
judge: that is ``processes.py``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from keepalived_py.vrrp.events import Counting, ProcessesCounted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import TrackProcess

#: TASK_COMM_LEN without the NUL: the kernel cuts a process's name.
_COMM_LENGTH: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a process is: the kernel's name for it, and its arguments, each ended by a NUL, as ``/proc/PID/cmdline`` has them."""

    comm: str
    cmdline: str = ""


def matches(wanted: TrackProcess, command: Command) -> bool:
    """Return whether a process is meant.

    With ``full_command`` the first argument must be the name, otherwise the kernel's name, which is cut.
    Parameters: exact is all of them, partial the configured ones first, initial the same with the last one only begun.
    """
    if not wanted.full_command:
        return command.comm == wanted.process[:_COMM_LENGTH]
    name, _, parameters = command.cmdline.partition("\0")
    if name != wanted.process or not command.cmdline:
        return False
    configured = "".join(f"{parameter}\0" for parameter in wanted.parameters)
    match wanted.match:
        case "exact":
            return parameters == configured
        case "partial":
            return parameters.startswith(configured)
        case "initial":
            return parameters.startswith(configured[:-1])
    return True


class ProcessTable:
    """The processes that count, by PID. Every method answers with the counts that have changed."""

    def __init__(self, wanted: Iterable[TrackProcess]) -> None:
        self._wanted = {each.name: each for each in wanted}
        self._processes: dict[int, set[str]] = {}
        self._counts = dict.fromkeys(self._wanted, 0)

    @property
    def needs_cmdline(self) -> bool:
        """Whether anything depends on arguments: reading them may wake a process that is swapped out."""
        return any(each.full_command for each in self._wanted.values())

    @property
    def readings(self) -> tuple[ProcessesCounted, ...]:
        """All counts."""
        return tuple(ProcessesCounted(name=name, count=count) for name, count in self._counts.items())

    def follows(self, pid: int) -> bool:
        """Whether a process counts for anything."""
        return pid in self._processes

    def listed(self, commands: Iterable[tuple[int, Command]]) -> list[ProcessesCounted]:
        """Start anew from a list of all processes."""
        before = dict(self._counts)
        self._processes.clear()
        self._counts = dict.fromkeys(self._wanted, 0)
        for pid, command in commands:
            self._set(pid, self._names_of(command), Counting.LISTED)
        return [
            ProcessesCounted(name=name, count=count)
            for name, count in self._counts.items()
            if count != before.get(name, 0)
        ]

    def forked(self, parent: int, child: int) -> list[ProcessesCounted]:
        """Take in a new process: until it becomes another program it is what its parent is."""
        names = self._processes.get(parent)
        return [] if names is None else self._set(child, set(names), Counting.FORK)

    def executed(self, pid: int, command: Command) -> list[ProcessesCounted]:
        """Take in that a process became another program."""
        return self._set(pid, self._names_of(command), Counting.OTHER)

    def renamed(self, pid: int, comm: str) -> list[ProcessesCounted]:
        """Take in that a process goes by another name; that changes nothing for those known by their arguments."""
        by_arguments = {name for name in self._processes.get(pid, ()) if self._wanted[name].full_command}
        by_name = {
            name
            for name, wanted in self._wanted.items()
            if not wanted.full_command and matches(wanted, Command(comm=comm))
        }
        return self._set(pid, by_arguments | by_name, Counting.OTHER)

    def exited(self, pid: int) -> list[ProcessesCounted]:
        """Take in the end of a process."""
        return self._set(pid, set(), Counting.EXIT)

    def _names_of(self, command: Command) -> set[str]:
        return {name for name, wanted in self._wanted.items() if matches(wanted, command)}

    def _set(self, pid: int, names: set[str], by: Counting) -> list[ProcessesCounted]:
        before = self._processes.get(pid, set())
        if names:
            self._processes[pid] = names
        else:
            self._processes.pop(pid, None)
        for name in names - before:
            self._counts[name] += 1
        for name in before - names:
            self._counts[name] -= 1
        return [ProcessesCounted(name=name, count=self._counts[name], by=by) for name in sorted(names ^ before)]
