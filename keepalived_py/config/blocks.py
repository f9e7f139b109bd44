"""The terminals of one reading: which line is a statement, opens a block, closes one, or is a mistake that keepalived mends.

keepalived's parent and children each read the same lines with their own keywords and skip the rest by counting braces; so does
this, one stage at a time, so that a misspelt block name shifts the same lines in the same processes. What comes out always
follows the grammar. It must not look at the meaning of words. Source: reference/config-language.md §1 and §7.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from keepalived_py.config.ast import Location
from keepalived_py.config.expand import Line
from keepalived_py.config.keywords import ROOT, BlockType
from keepalived_py.config.lexer import plain_words, split_words
from keepalived_py.config.report import AT_END, ErrorClass, Report, Stage
from keepalived_py.config.tree import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

_GLOBAL: Final = frozenset(name for name in ROOT.keywords if name not in ROOT.blocks) | {"global_defs"}
_CHECKER: Final = frozenset({"SSL", "virtual_server_group", "virtual_server"})
_TRACK_FILE: Final = frozenset({"track_file", "vrrp_track_file"})
_BFD: Final = frozenset({"bfd_instance"})
_VRRP: Final = frozenset(ROOT.blocks) - _GLOBAL - _CHECKER - _TRACK_FILE - _BFD

#: The root keywords that each process acts on.
ACTIVE: Final[dict[Stage, frozenset[str]]] = {
    Stage.PARENT: _GLOBAL,
    Stage.CHECKER: _CHECKER | _TRACK_FILE | _BFD,
    Stage.VRRP: _VRRP | _TRACK_FILE | _BFD,
    Stage.BFD: _BFD,
}


#: The words of braces, shared: nobody changes a terminal's words.
_OPEN: Final = ["{"]
_CLOSE: Final = ["}"]


class Refuses(Protocol):
    """Says, having reported why, that a block is to be skipped as a whole (a second instance of the same name, say)."""

    def __call__(self, keyword: str, words: list[str], line: Line) -> bool:
        """Whether the block that ``words`` opens on ``line`` is skipped."""
        ...


@dataclass(slots=True)
class Outline:
    """What the lines alone say, the same for every process: which braces pair, which do not, where a quote stays open."""

    lines: list[Line]
    #: The place of the closing brace of every opening one, by counting alone.
    pairs: dict[int, int] = field(default_factory=dict)
    #: Closing braces too many.
    extra: list[Line] = field(default_factory=list)
    #: How many closing braces are missing at the end.
    missing: int = 0
    #: The places of lines whose words end in an open double quote.
    unmatched: list[int] = field(default_factory=list)
    #: The words of each text without quotes: most lines are written often, and read by several processes.
    words: dict[str, list[str]] = field(default_factory=dict)
    #: Of texts in which a quote stays open, the words before it.
    open_words: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: list[Line]) -> Outline:
        """Go through the lines once."""
        outline = cls(lines)
        opened: list[int] = []
        for line in lines:
            text = line.text
            if text == "{":
                opened.append(line.position)
            elif text == "}":
                if opened:
                    outline.pairs[opened.pop()] = line.position
                else:
                    outline.extra.append(line)
            elif '"' in text:
                if text not in outline.words and text not in outline.open_words:
                    words, unmatched = split_words(text)
                    (outline.open_words if unmatched else outline.words)[text] = words
                if text in outline.open_words:
                    outline.unmatched.append(line.position)
        outline.missing = len(opened)
        return outline


class Reading:
    """One process's reading of the consolidated lines."""

    def __init__(
        self,
        outline: Outline,
        stage: Stage,
        report: Report | None,
        refuses: Refuses,
        recall: Callable[[int], bool] = lambda _at: False,
    ) -> None:
        self.outline = outline
        self.lines = lines = outline.lines
        self._known_words = outline.words
        self.stage = stage
        #: Gets the problems; None when another reading of the same lines collects them.
        self.report = report
        self.refuses = refuses
        #: Says whether the virtual_server whose line is at a place need not be read.
        self.recall = recall
        self.active = ACTIVE[stage]
        self.at = 0
        self._give: Callable[[Terminal], None]
        #: From when on the stage's problems are only counted: thousands of them are told to the report at once, at the end.
        self._full = False
        self._left_out = dict.fromkeys(ErrorClass, 0)
        end = lines[-1] if lines else Line("", "", 0, 0)
        self._end = Line("}", end.file, end.line, AT_END)

    def terminals(self) -> list[Terminal]:
        """Read all lines; problems of structure are reported on the way."""
        found: list[Terminal] = []
        self._give = found.append
        try:
            self._block(ROOT, depth=0, active=True)
        finally:
            if self.report is not None:
                for error_class, count in self._left_out.items():
                    if count:
                        self.report.leave_out(error_class, self.stage, count)
                self._left_out = dict.fromkeys(ErrorClass, 0)
        return found

    def balance(self) -> None:
        """Report braces that do not pair."""
        extra = self.outline.extra
        for place, line in enumerate(extra):
            if self.report is not None and self.report.full(self.stage):
                self.report.leave_out(ErrorClass.UNEXPECTED_EOB, self.stage, len(extra) - place)
                break
            self._problem(ErrorClass.UNEXPECTED_EOB, "Extra '}' found", line)
        if self.outline.missing and self.report is not None:
            message = f"There are {self.outline.missing} missing '}}'s or extra '{{'s"
            self.report.add(ErrorClass.MISSING_EOB, message, stage=self.stage, position=AT_END)

    def _problem(self, error_class: ErrorClass, message: str, line: Line) -> None:
        report = self.report
        if report is None:
            return
        if self._full or report.full(self.stage):
            self._full = True
            self._left_out[error_class] += 1
            return
        location = None if line.position == AT_END else Location(file=line.file, line=line.line)
        report.add(error_class, message, stage=self.stage, position=line.position, location=location)

    def _skip(self) -> None:
        """Jump over the block whose opening brace is the current line; open quotes are reported even there."""
        end = self.outline.pairs.get(self.at, len(self.lines) - 1)
        unmatched = self.outline.unmatched
        for index in range(bisect_right(unmatched, self.at), bisect_left(unmatched, end)):
            self._words(self.lines[unmatched[index]], ROOT)
        self.at = end + 1

    def _words(self, line: Line, kind: BlockType | None) -> list[str]:
        text = line.text
        known = self._known_words.get(text)
        if known is not None:
            return known
        if '"' not in text:
            plain = self._known_words[text] = plain_words(text)
            return plain
        words = self.outline.open_words[text]
        if self.stage != Stage.PARENT and self.report is not None:
            keyword = kind.keywords.get(words[0]) if kind is not None and len(words) > 1 else None
            if keyword is None or keyword.kind != "script":
                self._problem(ErrorClass.UNMATCHED_QUOTE, f"Unmatched quote: '{text}'", line)
        return words

    def _block(self, kind: BlockType, *, depth: int, active: bool) -> None:
        """Give the inside of a block, to its closing brace, which is taken too."""
        lines = self.lines
        give = self._give
        keywords = kind.keywords
        blocks = kind.blocks
        known = self._known_words
        told = self.report is not None
        left_out = self._left_out
        while self.at < len(lines):
            line = lines[self.at]
            text = line.text
            if text == "{":
                if self._full:
                    left_out[ErrorClass.UNEXPECTED_BOB] += 1
                elif told:
                    self._problem(ErrorClass.UNEXPECTED_BOB, "Unexpected '{' - ignoring", line)
                self.at += 1
                continue
            if text == "}" and depth:
                self.at += 1
                give(Terminal("CLOSE", line, _CLOSE))
                return
            self.at += 1
            words = known.get(text)
            if words is None:
                words = self._words(line, kind)
            if not words:
                continue
            word = words[0]
            acts = active and (depth > 0 or word in self.active)
            if word in blocks:
                self._open(blocks[word], words, line, depth=depth, acts=acts)
            elif word not in keywords:
                if self._full:
                    left_out[ErrorClass.UNKNOWN_KEYWORD] += 1
                elif told:
                    self._problem(ErrorClass.UNKNOWN_KEYWORD, f"Unknown keyword '{word}'", line)
            elif acts:
                give(Terminal("STATEMENT", line, words))
            elif self._at_brace():
                self._skip()
        if depth:
            give(Terminal("CLOSE", self._end, _CLOSE))

    def _at_brace(self) -> bool:
        return self.at < len(self.lines) and self.lines[self.at].text == "{"

    def _open(self, kind: BlockType, words: list[str], line: Line, *, depth: int, acts: bool) -> None:
        """Give a block from the line that names it to its end."""
        refused = acts and depth < 2 and self.refuses(kind.name, words, line)
        if not acts or refused:
            if self._at_brace():
                self._skip()
                return
            if kind.lines or not refused:
                return  # another process's block without its brace: its lines are read as if they stood outside
            self._missing_brace()
            give, self._give = self._give, lambda _terminal: None
            self._block(kind, depth=depth + 1, active=False)
            self._give = give
            return
        if kind.name == "virtual_server" and depth == 0 and self.recall(self.at - 1):
            self.at = self.outline.pairs[self.at] + 1
            return
        self._give(Terminal(kind.terminal, line, words, kind))
        if kind.lines:
            self._entries(kind, words, line)
            return
        if self._at_brace():
            self._give(Terminal("OPEN", self.lines[self.at], _OPEN))
            self.at += 1
        else:
            self._missing_brace()
            self._give(Terminal("OPEN", line, _OPEN))
        self._block(kind, depth=depth + 1, active=True)

    def _missing_brace(self) -> None:
        if self.at < len(self.lines):
            message = "Missing '{' at beginning of configuration block"
            self._problem(ErrorClass.MISSING_BOB, message, self.lines[self.at])

    def _entries(self, kind: BlockType, words: list[str], line: Line) -> None:
        """Give the lines of a value block, which ends at the first closing brace."""
        extra = 2 if kind.name == "virtual_server_group" else 1
        if len(words) > extra:
            message = f"Block {words[0]} has extra parameters {words[extra]} ..."
            self._problem(ErrorClass.GENERAL, message, line)
        self._give(Terminal("OPEN", line, _OPEN))
        first = True
        while self.at < len(self.lines):
            entry = self.lines[self.at]
            self.at += 1
            if first:
                first = False
                if entry.text == "{":
                    continue
                self._problem(ErrorClass.LOG, f"'{{' missing from beginning of block {words[0]}", entry)
            if entry.text == "}":
                self._give(Terminal("CLOSE", entry, _CLOSE))
                return
            entry_words = self._words(entry, None)
            if entry_words:
                self._give(Terminal("ENTRY", entry, entry_words))
        self._give(Terminal("CLOSE", self._end, _CLOSE))
