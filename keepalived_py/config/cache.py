"""What the running parent remembers of a configuration, so that a reload of a large file costs what changed.

A ``virtual_server`` block is remembered by its logical lines (text, file, line, place) with the VirtualServer that was made of
them, when that depends on nothing else: every keyword in it is one that asks neither the host nor another block, the global
settings are the same, and reading, building and verifying it said nothing. Whatever that does not cover is read anew, so the
result is the same with and without a memory. It must not decide anything about a configuration.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from keepalived_py.config.build import build_stage
from keepalived_py.config.lexer import plain_words
from keepalived_py.config.report import AT_END, Stage
from keepalived_py.config.tree import Block

if TYPE_CHECKING:
    from keepalived_py.config.ast import LvsSections, VirtualServer
    from keepalived_py.config.blocks import Outline
    from keepalived_py.config.build import Context, Drafts, VirtualServerDraft
    from keepalived_py.config.expand import Line
    from keepalived_py.config.report import Report
    from keepalived_py.config.tree import Item

    Unit = tuple[Line, ...]

#: The keywords whose meaning is in their own line, and what stands for a brace.
_SELF_CONTAINED: Final = frozenset(
    [
        *("{", "}", "virtual_server", "real_server", "delay_loop", "lb_algo", "lvs_sched", "lb_kind", "lvs_method"),
        *("protocol", "persistence_timeout", "persistence_granularity", "ip_family", "alpha", "omega", "quorum"),
        *("hysteresis", "virtualhost", "weight", "inhibit_on_failure", "sorry_server", "sorry_server_inhibit"),
        *("uthreshold", "lthreshold", "connect_timeout", "retry", "nb_get_retry", "delay_before_retry", "warmup"),
        *("TCP_CHECK", "HTTP_GET", "url", "path", "digest", "status_code", "connect_ip", "connect_port"),
    ]
)


class Remembered(NamedTuple):
    """A virtual server as made, and whether it runs."""

    server: VirtualServer
    runs: bool


@dataclass(slots=True)
class _Built:
    """A block that was built in this reading: its place and lines, its draft, and whether nothing was said about it."""

    position: int
    unit: Unit | None
    draft: VirtualServerDraft
    quiet: bool


class CannotRecallError(Exception):
    """The remembered servers do not find their places among the new ones: read without a memory."""


class Memory:
    """The blocks of the last configuration, kept from one reading to the next."""

    def __init__(self) -> None:
        self.servers: dict[Unit, Remembered] = {}
        self.circumstances = ""

    def recollection(self, context: Context, outline: Outline) -> Recollection:
        """Begin a reading of the checker stage; what was learnt under other settings is forgotten."""
        circumstances = f"{context.testing} {context.globals!r}"
        if circumstances != self.circumstances:
            self.servers = {}
            self.circumstances = circumstances
        return Recollection(self, outline)


class Recollection:
    """One reading with a memory."""

    def __init__(self, memory: Memory, outline: Outline) -> None:
        self.memory = memory
        self.outline = outline
        self.recalled: list[tuple[int, Unit, Remembered]] = []
        self.built: list[_Built] = []
        #: The servers of a group depend on each other, and on the group.
        self.usable = not any(map(_may_be_of_a_group, {line.text for line in outline.lines}))

    def recall(self, at: int) -> bool:
        """Whether the block whose opening line is at a place is remembered: then it need not be read."""
        if not self.usable:
            return False
        unit = self._unit(at)
        known = None if unit is None else self.memory.servers.get(unit)
        if unit is None or known is None:
            return False
        self.recalled.append((at, unit, known))
        return True

    def _unit(self, at: int) -> Unit | None:
        end = self.outline.pairs.get(at + 1)
        return None if end is None else tuple(self.outline.lines[at : end + 1])

    def build(self, context: Context, drafts: Drafts, items: list[Item]) -> None:
        """Build the items that were read, noting which of them gave a server quietly."""
        report = context.report
        for item in items:
            count, notes = len(drafts.servers), len(report.not_acted_on)
            build_stage(context, drafts, [item])
            if report.abort_status is not None:
                return
            if len(drafts.servers) > count and isinstance(item, Block):
                at = item.head.line.position
                unit = self._unit(at)
                if unit is not None and (item.close.line is not unit[-1] or not _self_contained(unit)):
                    unit = None
                quiet = len(report.not_acted_on) == notes
                self.built.append(_Built(at, unit, drafts.servers[-1], quiet))

    def merge(
        self, report: Report, notes: int, drafts: Drafts, servers: tuple[VirtualServer, ...], lvs: LvsSections
    ) -> tuple[tuple[VirtualServer, ...], LvsSections]:
        """Put remembered servers in their places among the verified ones, and remember the new ones.

        ``notes`` is how many notes the report had before verifying. Raises CannotRecallError.
        """
        if len(lvs.servers) != len(self.built) or len(drafts.servers) != len(self.built):
            if self.recalled:
                raise CannotRecallError
            return servers, lvs
        running = set(map(id, servers))
        made = [
            (block, Remembered(server, id(server) in running))
            for block, server in zip(self.built, lvs.servers, strict=True)
        ]
        kept = {unit: known for _, unit, known in self.recalled}
        said = [problem.position for problem in report.stage_problems(Stage.CHECKER)]
        if self.usable and len(report.not_acted_on) == notes and (not said or said[-1] != AT_END):
            for block, known in made:
                if block.unit is not None and block.quiet:
                    index = bisect_left(said, block.position)
                    if index == len(said) or said[index] > block.unit[-1].position:
                        kept[block.unit] = known
        self.memory.servers = kept
        if not self.recalled:
            return servers, lvs
        places = [(block.position, known) for block, known in made]
        places += [(position, known) for position, _, known in self.recalled]
        places.sort(key=lambda place: place[0])
        merged = tuple(known.server for _, known in places)
        return tuple(known.server for _, known in places if known.runs), replace(lvs, servers=merged)


def _self_contained(unit: Unit) -> bool:
    # A line of blanks other than space and tab has no first word.
    return all(_SELF_CONTAINED.issuperset(plain_words(line.text)[:1] or [""]) for line in unit)


def _may_be_of_a_group(text: str) -> bool:
    return text.startswith("virtual_server") and ('"' in text or text.split()[:2] == ["virtual_server", "group"])
