"""The block tree: statements, entries and blocks as written, in order, with their places. Knows no meaning.

The terminals of the grammar are the leaves themselves, so that nothing is copied between reading and building.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from keepalived_py.config.expand import Line
    from keepalived_py.config.keywords import BlockType


class Terminal:
    """A terminal of the grammar: ``type`` is its name there, ``words`` are the line's words, ``kind`` the block it opens."""

    __slots__ = ("kind", "line", "type", "words")

    def __init__(self, type_: str, line: Line, words: list[str], kind: BlockType | None = None) -> None:
        self.type = type_
        self.line = line
        self.words = words
        self.kind = kind

    def __repr__(self) -> str:
        return f"Terminal({self.type!r}, {self.line.line}, {self.words!r})"


class Block:
    """A block: its opening line, what it holds in order, and its closing line."""

    __slots__ = ("close", "head", "items")

    def __init__(self, head: Terminal, items: list[Item], close: Terminal) -> None:
        self.head = head
        self.items = items
        self.close = close

    @property
    def keyword(self) -> str:
        """The keyword that opened it."""
        return self.head.words[0]

    @property
    def entries(self) -> list[Terminal]:
        """The lines of a value block."""
        return [item for item in self.items if isinstance(item, Terminal)]

    def __repr__(self) -> str:
        return f"Block({self.head.words!r}, {self.items!r})"


Item: TypeAlias = Terminal | Block
