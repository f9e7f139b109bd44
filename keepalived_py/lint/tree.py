"""A file as one tree of statements with their places, whichever of keepalived's processes acts on them, and its physical lines.

Reads with the configuration room's own reader, so includes, definitions and conditions are seen as keepalived sees them; its
complaints are not collected here (keepalived_py.lint.findings).
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from keepalived_py.config.blocks import Outline, Reading
from keepalived_py.config.expand import Line
from keepalived_py.config.keywords import ROOT, BlockType
from keepalived_py.config.load import Text, read_text
from keepalived_py.config.parser import parse
from keepalived_py.config.report import Report, Stage
from keepalived_py.config.source import Source
from keepalived_py.config.tree import Block, Item
from keepalived_py.lint.diagnostic import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import Location

_BOUNDARY: Final = "{}\"'"
_MAX_SIZE: Final = 64 << 20


@dataclass(slots=True, eq=False)
class Node:
    """A statement, an entry of a value block, or a block with what it holds."""

    words: list[str]
    line: Line
    kind: BlockType | None = None
    children: list[Node] = field(default_factory=list)
    end: int = 0
    _named: dict[str, list[Node]] | None = None

    @property
    def keyword(self) -> str:
        """Its first word."""
        return self.words[0]

    def word(self, index: int) -> str:
        """Give a word, or "" when there is none."""
        return self.words[index] if index < len(self.words) else ""

    def all(self, *keywords: str) -> list[Node]:
        """Give the children of these keywords, in order."""
        found = [child for keyword in keywords for child in self._children(keyword)]
        return found if len(keywords) == 1 else sorted(found, key=_position)

    def _children(self, keyword: str) -> list[Node]:
        """Give the children of a keyword; a block is read once, when its tree is complete."""
        if self._named is None:
            self._named = {}
            for child in self.children:
                self._named.setdefault(child.words[0], []).append(child)
        return self._named.get(keyword, [])

    def last(self, keyword: str) -> Node | None:
        """Give the last child of a keyword: the one that counts for most keywords."""
        found = self._children(keyword)
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


def _position(node: Node) -> int:
    return node.line.position


class Files(Source):
    """The reader of the configuration room, which remembers where each file was and which patterns named nothing."""

    def __init__(self, report: Report, include_check: int = 0) -> None:
        super().__init__(report, include_check=include_check)
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
    if text.isascii() and "\t" not in text:
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\t", " ")


def _find(physical: str, logical: str, word: str | None) -> tuple[int, int]:
    at = physical.find(logical) if logical else -1
    if word:
        inside = _find_word(physical, word, max(at, 0))
        if inside >= 0:
            return inside + 1, inside + len(word) + 1
    if at >= 0:
        return at + 1, at + len(logical) + 1
    bare = physical.strip()
    start = physical.find(bare) + 1
    return start, start + max(len(bare), 1)


def _find_word(physical: str, word: str, start: int) -> int:
    """Find a word by itself, best behind a place, else anywhere; else inside of another; -1 when it is not there."""
    for begin in (start, 0) if start else (0,):
        at = physical.find(word, begin)
        while at >= 0:
            if _ends(physical[at - 1 : at]) and _ends(physical[at + len(word) : at + len(word) + 1]):
                return at
            at = physical.find(word, at + 1)
    return physical.find(word, start)


def _ends(letter: str) -> bool:
    """Whether a letter (or none) beside a word is no part of it."""
    return not letter or letter.isspace() or letter in _BOUNDARY


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
    return tree_of(path, read_text(path, config_id=config_id, reader=Files))


def tree_of(path: str, text: Text[Files]) -> Tree:
    """Make the tree of what was read of a path, by a reader of the kind ``Files``."""
    root = Node(words=[""], line=Line("", path, 0, -1), kind=ROOT)
    outline = text.outline or Outline.of([])
    root.end = len(outline.lines)
    found: dict[int, Node] = {}
    for stage in Stage:
        reading = Reading(outline, stage, None, lambda _keyword, _words, _line: False)
        for item in parse(reading.terminals()):
            node = _node(item)
            found.setdefault(node.line.position, node)
    root.children = [found[position] for position in sorted(found)]
    return Tree(root=root, files=text.source, lines=outline.lines, outline=outline, readable=text.outline is not None)


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
