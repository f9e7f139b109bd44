"""How this process shares the machine: nice value, real-time priority and its limit, processors, memory that stays in.

Owns the system calls and remembers what was true before them; which process gets which settings is its starter's business. What
cannot be had is one line in the log, and the work goes on without. Source: reference/keywords-global-vrrp.tsv (``vrrp_priority``,
``vrrp_rt_priority``, ``vrrp_rlimit_rttime``, ``vrrp_no_swap``, ``vrrp_cpu_affinity``, ``max_auto_priority`` and their twins).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.config.ast.common import SECOND
from keepalived_py.log import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.ast import Microseconds, ProcessSettings

#: The kernel's number (asm-generic/resource.h); Python does not name it.
RLIMIT_RTTIME = 15
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4

#: What the kernel kills at is never less than this: Python needs milliseconds for what C does in microseconds, and a worker that
#: is killed in the middle of a reload protects nobody.
LEAST_HARD_LIMIT: Microseconds = 1_000_000
#: How long the others get when a real-time process has used up its soft limit; any sleep makes the kernel count from 0.
_PAUSE_SECONDS = 0.0005
_REPEAT_REMARK_SECONDS = 60.0

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class _Before:
    """What was true of the process before anything was changed: scripts get it back."""

    nice: int
    realtime_limit: tuple[int, int]


_before: _Before | None = None


class Scheduling:
    """The settings in force for this process, which has one of these; ``kind`` (vrrp, checker, bfd) is how its keywords begin."""

    def __init__(self, kind: str, log: Callable[[int, str], None]) -> None:
        self._kind = kind
        self._log = log
        self._settings: ProcessSettings | None = None
        self._ceiling = 0
        self._patience: Microseconds | None = None  # a timer later than this is spoken of
        self._raised = 0  # above what is configured, because the process was late
        self._locked = False
        self._complained_at = float("-inf")
        self._limit: tuple[int, int] | None = None
        self._processors = os.sched_getaffinity(0)
        global _before  # noqa: PLW0603 - as the settings themselves, of the whole process
        _before = _Before(nice=os.getpriority(os.PRIO_PROCESS, 0), realtime_limit=resource.getrlimit(RLIMIT_RTTIME))

    @property
    def realtime_priority(self) -> int:
        """The priority under SCHED_RR, 0 for normal scheduling."""
        configured = self._settings.realtime_priority if self._settings else 0
        return max(configured, self._raised)

    def apply(
        self, settings: ProcessSettings, *, max_auto_priority: int = 0, min_auto_priority_delay: Microseconds = SECOND
    ) -> None:
        """Bring the process to what is configured; called again at a reload, which keeps a raise that is still allowed."""
        old, self._settings = self._settings, settings
        self._ceiling = max(0, max_auto_priority)
        self._patience = None if max_auto_priority < 0 else min_auto_priority_delay
        self._raised = min(self._raised, self._ceiling)
        if self.realtime_priority:
            self._be_realtime()
        elif os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_RR:
            self._be_normal()
        if not self.realtime_priority:
            self._be_nice(settings.priority)
        if settings.cpu_affinity != (old.cpu_affinity if old else ()):
            self._bind(settings.cpu_affinity)
        if settings.no_swap != self._locked:
            self._lock(settings.no_swap)

    def was_late(self, late: Microseconds) -> None:
        """Speak of a timer that came ``late`` by more than ``min_auto_priority_delay``, and go up by one priority.

        As far as ``max_auto_priority`` lets it: 0 is not at all, -1 without a word.
        """
        if self._patience is None or late <= self._patience:
            return
        self._log(Level.INFO, f"A thread timer expired {late // SECOND}.{late % SECOND:06} seconds ago")
        wanted = self.realtime_priority + 1
        if wanted > self._ceiling:
            return
        self._raised = wanted
        if self._be_realtime():
            self._log(Level.INFO, f"Set realtime priority {wanted}")

    def _be_realtime(self) -> bool:
        wanted = self.realtime_priority
        try:
            # Nothing that we start inherits it.
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(wanted))
        except OSError:
            self._raised = 0
            self._log(Level.WARNING, "child process: cannot raise priority")
            return False
        limit = self._settings.realtime_limit if self._settings else 0
        if limit:
            signal.signal(signal.SIGXCPU, self._ran_too_long)
            self._limit = (max(1, limit // 2), max(limit, LEAST_HARD_LIMIT))
            self._set_limit()
        return True

    def _set_limit(self) -> None:
        if self._limit is None:
            return
        hard = resource.getrlimit(RLIMIT_RTTIME)[1]
        for attempt in (self._limit[1], hard):  # only the privileged may raise what was lowered
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(RLIMIT_RTTIME, (self._limit[0], attempt))
                return
        self._limit = None
        self._log(Level.WARNING, "child process cannot set realtime rlimit")

    def _ran_too_long(self, *_signal: object) -> None:
        """At the soft limit the others get a moment, and the count begins anew; the kernel has moved the limit up meanwhile."""
        time.sleep(_PAUSE_SECONDS)
        self._set_limit()
        now = time.monotonic()
        if now - self._complained_at < _REPEAT_REMARK_SECONDS:
            return
        self._complained_at = now
        label = {"vrrp": "VRRP", "checker": "Checker", "bfd": "BFD"}.get(self._kind, self._kind)
        self._log(
            Level.INFO,
            f"{label} process has used too much CPU time, {self._kind}_rlimit_rttime may need to be increased",
        )

    def _be_normal(self) -> None:
        try:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        except OSError:
            self._log(Level.WARNING, "child process: cannot reset realtime scheduling")

    def _be_nice(self, priority: int) -> None:
        if not priority and _before is not None:
            priority = _before.nice
        if os.getpriority(os.PRIO_PROCESS, 0) == priority:
            return
        try:
            os.setpriority(os.PRIO_PROCESS, 0, priority)
        except OSError as error:
            self._log(Level.INFO, f"Unable to set process priority to {priority} - {error.strerror}")

    def _bind(self, processors: tuple[int, ...]) -> None:
        try:
            os.sched_setaffinity(0, processors or self._processors)
        except OSError as error:
            self._log(Level.WARNING, f"unable to set cpu affinity to {self._kind} process ({error.strerror})")

    def _lock(self, wanted: bool) -> None:
        self._locked = wanted
        if not wanted:
            _libc.munlockall()
        # What is not there yet is locked when it comes: the heap that the parent loaded and nobody touches stays shared.
        elif _libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
            self._log(Level.INFO, f"Unable to lock process in memory - {os.strerror(ctypes.get_errno())}")


def give_back() -> None:
    """In a child that becomes a script: be scheduled as the daemon was started. Real-time priority has stayed with the parent."""
    if _before is None:
        return
    with contextlib.suppress(OSError):
        if os.getpriority(os.PRIO_PROCESS, 0) != _before.nice:
            os.setpriority(os.PRIO_PROCESS, 0, _before.nice)
    hard = resource.getrlimit(RLIMIT_RTTIME)[1]
    for limit in (_before.realtime_limit, (hard, hard)):  # only the privileged may raise a hard limit again
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(RLIMIT_RTTIME, limit)
            return
