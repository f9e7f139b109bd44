"""What was found wrong with a configuration: problems in keepalived's words, their order, the exit status they lead to.

Owns no rule: it collects, sorts and prints. It must not read files or decide what is wrong.
Source: reference/config-language.md §10, reference/cli-and-process.md §4.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from keepalived_py.config.ast import Location

#: The place of a problem that belongs to no line: after the last one of the stage.
AT_END: Final = 1 << 60

#: How many problems are kept for each stage; there can be several for each character of a file.
MAX_PROBLEMS: Final = 12_000

EXIT_OK: Final = 0
EXIT_MISSING_PARAMETER: Final = 2
EXIT_TEST_CONFIG: Final = 4
EXIT_TEST_ERROR: Final = 5
EXIT_NO_CONFIG: Final = 6


class ErrorClass(enum.IntEnum):
    """keepalived's ranking of errors; the highest one seen decides the status of ``-t``.

    OK is printed but does not change the status; LOG is not printed by ``-t`` at all.
    """

    LOG = -1
    OK = 0
    FILE_NOT_FOUND = 1
    BAD_IF = 2
    FATAL = 3
    MULTIPLE_FILES = 4
    UNKNOWN_KEYWORD = 5
    UNEXPECTED_BOB = 6
    MISSING_BOB = 7
    UNEXPECTED_EOB = 8
    MISSING_EOB = 9
    UNMATCHED_QUOTE = 10
    MISSING_PARAMETER = 11
    INVALID_NUMBER = 12
    GENERAL = 13
    WARNING = 14
    DEPRECATED = 15
    SECURITY = 16


class Stage(enum.IntEnum):
    """The readings of one configuration in keepalived's order: each process reads it with its own keywords."""

    PARENT = 0
    CHECKER = 1
    VRRP = 2
    BFD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One message. ``position`` orders the messages of a stage: the number of the logical line, or AT_END."""

    error_class: ErrorClass
    message: str
    stage: Stage
    position: int
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotActedOn:
    """A keyword that is understood but that this version does nothing about.

    ``unsafe`` says that whatever holds it was left out of the configuration, because running it without would be wrong.
    """

    what: str
    location: Location | None
    unsafe: bool = False
    consequence: str = ""


class Report:
    """Collects the problems of one reading of a configuration; see the module's text for the order they are given in."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._stop: tuple[Stage, int] | None = None
        #: The problems in order, until another one comes: with thousands of them, ordering is dear and asked for often.
        self._ordered: list[Problem] | None = None
        self._counts = dict.fromkeys(Stage, 0)
        self._left_out_classes: dict[Stage, set[ErrorClass]] = {stage: set() for stage in Stage}
        self.not_acted_on: list[NotActedOn] = []
        #: The status a normal start must end with: 0, 2 (rejected) or 6 (nothing usable to read).
        self.fatal_status: int = EXIT_OK
        #: The status keepalived's reading ended with at once, even in ``-t`` (2 or 6), or None.
        self.abort_status: int | None = None
        #: Whether more than one file took part: then the parent's messages name the file too.
        self.several_files = False

    def add(
        self,
        error_class: ErrorClass,
        message: str,
        *,
        stage: Stage,
        position: int = AT_END,
        location: Location | None = None,
    ) -> None:
        """Record a problem; beyond MAX_PROBLEMS of a stage only how many there were, and the worst class."""
        if self._counts[stage] >= MAX_PROBLEMS:
            self.leave_out(error_class, stage)
            return
        self._counts[stage] += 1
        problem = Problem(error_class=error_class, message=message, stage=stage, position=position, location=location)
        self._problems.append(problem)
        self._ordered = None

    def full(self, stage: Stage) -> bool:
        """Whether nothing but the number and the class of a stage's further problems matters: ``leave_out`` notes them."""
        return self._counts[stage] >= MAX_PROBLEMS

    def leave_out(self, error_class: ErrorClass, stage: Stage, count: int = 1) -> None:
        """Count problems of a stage that is full."""
        self._counts[stage] += count
        self._ordered = None
        self._left_out_classes[stage].add(error_class)

    def _left_out(self) -> list[Problem]:
        """Say for each stage how many problems were not kept."""
        return [
            Problem(
                error_class=max(self._left_out_classes[stage]),
                message=f"too many problems - {count - MAX_PROBLEMS} more are not shown",
                stage=stage,
                position=AT_END,
            )
            for stage, count in self._counts.items()
            if count > MAX_PROBLEMS
        ]

    def stop(self, status: int, *, stage: Stage, position: int = AT_END) -> None:
        """Say that keepalived's reading ends here: whatever comes later in its order is not reported."""
        if self._stop is None or (stage, position) < self._stop:
            self._stop = (stage, position)
            self._ordered = None
            self.abort_status = status
            self.fatal_status = status or self.fatal_status

    def reject(self) -> None:
        """Say that a normal start must fail although the reading went on (cross-check failures)."""
        self.fatal_status = self.fatal_status or EXIT_MISSING_PARAMETER

    @property
    def problems(self) -> list[Problem]:
        """The problems in the order keepalived prints them."""
        if self._ordered is None:
            problems = sorted([*self._problems, *self._left_out()], key=attrgetter("stage", "position"))
            stop = self._stop
            if stop is not None:
                problems = [problem for problem in problems if (problem.stage, problem.position) <= stop]
            self._ordered = problems
        return self._ordered

    def stage_problems(self, stage: Stage) -> list[Problem]:
        """Give one stage's problems in keepalived's order."""
        return [problem for problem in self.problems if problem.stage == stage]

    @property
    def worst(self) -> ErrorClass:
        """The highest error class seen."""
        return max((problem.error_class for problem in self.problems), default=ErrorClass.OK)

    def exit_status(self, *, testing: bool) -> int:
        """Give the status of ``-t`` (testing), or of a normal start, which goes on after most errors."""
        if not testing:
            return self.fatal_status
        if self.abort_status is not None:
            return self.abort_status
        worst = self.worst
        if worst <= ErrorClass.OK:
            return EXIT_OK
        if worst <= ErrorClass.FATAL:
            return EXIT_TEST_CONFIG
        return EXIT_NO_CONFIG if worst == ErrorClass.SECURITY else EXIT_TEST_ERROR

    def lines(self, *, testing: bool) -> list[str]:
        """Give the messages as keepalived writes them: to stderr by ``-t``, else to the log."""
        return [self.text(problem) for problem in self.problems if not testing or problem.error_class != ErrorClass.LOG]

    def notices(self) -> list[str]:
        """Say what was understood but is not acted on, one line each, for the log of a start."""
        lines = []
        for item in self.not_acted_on:
            place = f"({item.location.file}: Line {item.location.line}) " if item.location else ""
            level = "WARNING - " if item.unsafe else ""
            consequence = f" - {item.consequence}" if item.consequence else ""
            lines.append(f"{place}{level}this version does nothing about {item.what}{consequence}")
        return lines

    def text(self, problem: Problem) -> str:
        """One message with keepalived's prefix: ``(Line N) ``, or ``(FILE: Line N) ``."""
        location = problem.location
        if location is None:
            return problem.message
        if problem.stage == Stage.PARENT and not self.several_files:
            return f"(Line {location.line}) {problem.message}"
        return f"({location.file}: Line {location.line}) {problem.message}"
