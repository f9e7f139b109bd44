"""The arithmetic of weights: for every combination of failed scripts, which node of a virtual router wins.

Pure: works on views only. Rules: reference/vrrp-behaviour.md §7 (priority is the base and the sum of the weights, kept between 1
and 254; a script of weight 0 that fails means FAULT; priority 255 never changes).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from keepalived_py.lint.views import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keepalived_py.lint.views import Address

#: Beyond so many scripts on all nodes together combinations are not enumerated: 4096 of them.
MAX_SCRIPTS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One script that a node tracks, with the weight in force there."""

    script: str
    weight: int
    reverse: bool = False

    def contributes(self, *, failed: bool) -> int:
        """Give what is added to the priority."""
        weight = -self.weight if self.reverse else self.weight
        if self.weight > 0:
            return 0 if failed else weight
        return weight if failed else 0

    def faults(self, *, failed: bool) -> bool:
        """Whether the node goes to FAULT."""
        return self.weight == 0 and failed != self.reverse


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A node in the election.

    ``address`` is what its adverts come from, when known: it decides between equal priorities.
    """

    node: str
    priority: int
    votes: tuple[Vote, ...] = ()
    nopreempt: bool = False
    address: Address | None = None

    def effective(self, failed: frozenset[tuple[str, str]]) -> int | None:
        """Give the priority in force, None in FAULT."""
        down = {script for node, script in failed if node == self.node}
        if any(vote.faults(failed=vote.script in down) for vote in self.votes):
            return None
        if self.priority == OWNER:
            return OWNER
        total = self.priority + sum(vote.contributes(failed=vote.script in down) for vote in self.votes)
        return max(1, min(OWNER - 1, total))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One combination.

    ``winners`` has one node, several when their addresses would have to decide, none when all are in FAULT.
    """

    failed: frozenset[tuple[str, str]]
    priorities: tuple[int | None, ...]
    winners: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All combinations of a virtual router; the first row is the one where nothing failed."""

    title: str
    candidates: tuple[Candidate, ...]
    rows: tuple[Row, ...]

    @property
    def scripts(self) -> list[tuple[str, str]]:
        """Every script of every node."""
        return _scripts(self.candidates)

    def moves(self, script: tuple[str, str]) -> tuple[int, int]:
        """In how many pairs of rows that differ in this script alone the winner differs, and how many pairs there are."""
        by_failed = {row.failed: row for row in self.rows}
        pairs = [(row, by_failed[row.failed | {script}]) for row in self.rows if script not in row.failed]
        return sum(before.winners != after.winners for before, after in pairs), len(pairs)

    def mark(self, row: Row) -> str:
        """Say what a combination does to the usual winner: "" for the first row."""
        usual = self.rows[0].winners
        if row is self.rows[0]:
            return "usual"
        if not row.winners:
            return "nobody is left"
        if row.winners == usual:
            on_usual = any(node in usual for node, _ in row.failed)
            return "no fail-over" if on_usual else "stays"
        return f"fails over to {' or '.join(row.winners)}"


def _scripts(candidates: Iterable[Candidate]) -> list[tuple[str, str]]:
    return [(one.node, vote.script) for one in candidates for vote in one.votes]


def enumerate_elections(title: str, candidates: Sequence[Candidate]) -> Table | None:
    """Give the table of a virtual router, None when there are too many scripts or none."""
    scripts = _scripts(candidates)
    if not 0 < len(scripts) <= MAX_SCRIPTS:
        return None
    rows = [
        _row(candidates, frozenset(failed))
        for count in range(len(scripts) + 1)
        for failed in itertools.combinations(scripts, count)
    ]
    return Table(title=title, candidates=tuple(candidates), rows=tuple(rows))


def _row(candidates: Sequence[Candidate], failed: frozenset[tuple[str, str]]) -> Row:
    priorities = tuple(one.effective(failed) for one in candidates)
    best = max((priority for priority in priorities if priority is not None), default=None)
    first = [
        one for one, priority in zip(candidates, priorities, strict=True) if priority is not None and priority == best
    ]
    if len(first) > 1 and all(one.address is not None for one in first):
        highest = max(int(one.address) for one in first if one.address is not None)
        first = [one for one in first if one.address is not None and int(one.address) == highest]
    return Row(failed=failed, priorities=priorities, winners=tuple(one.node for one in first))


def text(table: Table) -> str:
    """Draw a table: what failed, each node's priority, who wins, and what that means."""
    head = ["failed", *(one.node for one in table.candidates), "wins", ""]
    lines = [head]
    for row in table.rows:
        failed = ", ".join(f"{script}@{node}" for node, script in sorted(row.failed)) or "-"
        priorities = ["FAULT" if priority is None else str(priority) for priority in row.priorities]
        lines.append([failed, *priorities, " or ".join(row.winners) or "nobody", table.mark(row)])
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    drawn = [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    notes = []
    for node, script in table.scripts:
        changed, pairs = table.moves((node, script))
        if changed == 0:
            notes.append(f"  {script}@{node} never changes the winner.")
        elif changed == pairs:
            notes.append(f"  {script}@{node} changes the winner in every combination.")
    return "\n".join([table.title, *drawn, *notes])
