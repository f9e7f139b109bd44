"""A file as one tree of statements with their places, whichever of keepalived's processes acts on them, and its physical lines.

Reads with the configuration room's own reader, so includes, definitions and conditions are seen as keepalived sees them; its
complaints are not collected here (keepalived_py.lint.findings).
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from keepalived_py.config.blocks import Outline, Reading
from keepalived_py.config.expand import Expander, Line
from keepalived_py.config.keywords import ROOT, BlockType
from keepalived_py.config.parser import parse
from keepalived_py.config.report import Report, Stage
from keepalived_py.config.source import MATCH, READ, WILDCARD, Source, check_readable
from keepalived_py.config.tree import Block, Item
from keepalived_py.lint.diagnostic import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import Location

_BOUNDARY: Final = r"[^\s{}\"']"
_MAX_SIZE: Final = 64 << 20


@dataclass(slots=True, eq=False)
class Node:
    """A statement, an entry of a value block, or a block with what it holds."""

    words: list[str]
    line: Line
    kind: BlockType | None = None
    children: list[Node] = field(default_factory=list)
    end: int = 0

    @property
    def keyword(self) -> str:
        """Its first word."""
        return self.words[0]

    def word(self, index: int) -> str:
        """Give a word, or "" when there is none."""
        return self.words[index] if index < len(self.words) else ""

    def all(self, *keywords: str) -> list[Node]:
        """Give the children of these keywords, in order."""
        return [child for child in self.children if child.words[0] in keywords]

    def last(self, keyword: str) -> Node | None:
        """Give the last child of a keyword: the one that counts for most keywords."""
        found = self.all(keyword)
        return found[-1] if found else None

    def value(self, keyword: str) -> str:
        """Give the word after the last child of a keyword, or ""."""
        found = self.last(keyword)
        return found.word(1) if found else ""

    def entries(self, *keywords: str) -> list[Node]:
        """Give the lines of all value blocks of these keywords."""
        return [entry for block in self.all(*keywords) for entry in block.children]

    def walk(self) -> Iterator[Node]:
        """Go through this and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()


class Files(Source):
    """The reader of the configuration room, which remembers where each file was and which patterns named nothing."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.paths: dict[str, str] = {}
        self.empty_patterns: list[tuple[str, Location | None]] = []
        self._lines: dict[str, list[bytes]] = {}

    def match(self, pattern: str, insists_on: int) -> list[str]:
        """As the reader; notes what matches nothing."""
        names = super().match(pattern, insists_on)
        if not names:
            self.empty_patterns.append((pattern, self.location))
        return names

    def is_regular(self, name: str, path: str, insists_on: int) -> bool:
        """As the reader; notes the path, which the name is only part of when it is relative to another file."""
        regular = super().is_regular(name, path, insists_on)
        if regular:
            self.paths.setdefault(name, path)
        return regular

    def raw_lines(self, name: str) -> list[bytes]:
        """Give a file's physical lines; [] when it cannot be read any more."""
        if name not in self._lines:
            self._lines[name] = _read_lines(self.paths[name]) if name in self.paths else []
        return self._lines[name]

    def shown(self, name: str) -> str:
        """Give the name of a file as people find it: the main one as it was given, an included one relative to us or in full."""
        first = next(iter(self.paths), name)
        if name == first or os.path.isabs(name) or name not in self.paths:
            return name
        return self.paths[name] if os.path.isabs(first) else os.path.relpath(self.paths[name])

    def span(self, line: Line, word: str | None = None) -> Span:
        """Find a logical line, or a word of it, in its physical one; all of that one when it was written otherwise."""
        lines = self.raw_lines(line.file)
        raw = lines[line.line - 1] if 0 < line.line <= len(lines) else b""
        text = raw.rstrip(b"\r").decode("utf-8", "replace").replace("\t", " ").replace("\f", " ")
        start, end = _find(text, printable(line.text), None if word is None else printable(word))
        return Span(file=self.shown(line.file), line=line.line, start=start, end=end, text=text)


def _read_lines(path: str) -> list[bytes]:
    """Read a plain file's lines, at most what a configuration may have; [] when it is none now."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return []
            return stream.read(_MAX_SIZE).split(b"\n")
    except (OSError, ValueError):
        return []


def printable(text: str) -> str:
    """Give a text with bytes that are no UTF-8 replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\t", " ")


def _find(physical: str, logical: str, word: str | None) -> tuple[int, int]:
    at = physical.find(logical) if logical else -1
    if word:
        pattern = re.compile(f"(?<!{_BOUNDARY}){re.escape(word)}(?!{_BOUNDARY})")
        found = pattern.search(physical, max(at, 0)) or pattern.search(physical)
        if found:
            return found.start() + 1, found.end() + 1
        inside = physical.find(word, max(at, 0))
        if inside >= 0:
            return inside + 1, inside + len(word) + 1
    if at >= 0:
        return at + 1, at + len(logical) + 1
    bare = physical.strip()
    start = physical.find(bare) + 1
    return start, start + max(len(bare), 1)


@dataclass(slots=True)
class Tree:
    """What was read of one path."""

    root: Node
    files: Files
    lines: list[Line]
    outline: Outline
    readable: bool


def read_tree(path: str, config_id: str) -> Tree:
    """Read a path. Bad input never raises; ``readable`` says whether there was a file at all."""
    report = Report()
    files = Files(report)
    root = Node(words=[""], line=Line("", path, 0, -1), kind=ROOT)
    readable = check_readable(path, report)
    lines: list[Line] = []
    if readable:
        files.open(path, READ | MATCH | WILDCARD)
        lines = Expander(files, report, config_id=config_id).read().lines
    outline = Outline.of(lines)
    root.end = len(lines)
    found: dict[int, Node] = {}
    for stage in Stage:
        reading = Reading(outline, stage, report, lambda _keyword, _words, _line: False)
        for item in parse(reading.terminals()):
            node = _node(item)
            found.setdefault(node.line.position, node)
    root.children = [found[position] for position in sorted(found)]
    return Tree(root=root, files=files, lines=lines, outline=outline, readable=readable)


def _node(item: Item) -> Node:
    if not isinstance(item, Block):
        return Node(words=item.words, line=item.line, end=item.line.position)
    children = [_node(child) for child in item.items]
    return Node(
        words=item.head.words,
        line=item.head.line,
        kind=item.head.kind,
        children=children,
        end=item.close.line.position,
    )
