"""Where a message of keepalived belongs: the statement, and which of its words.

Half of the messages come with a file and a line; the others name a block, or things in it. Everything is looked up, nothing
searched for: a file can have a message for every line.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from keepalived_py.config.keywords import ROOT, BlockType
from keepalived_py.config.report import ErrorClass, Problem
from keepalived_py.lint.tree import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject

_NAMED: Final = re.compile(r"^\((?P<name>[^)]+)\)")
_TOKEN: Final = re.compile(r"[\w.:-]+")
_SERVICE: Final = re.compile(r"\[([^\]]+)\]:(?:\w+:)?(\d+)")
_QUOTED: Final = re.compile(r"'([^']*)'")
#: What a name consists of that stands by itself in a message.
_PART: Final = re.compile(r"[\w.-]+")


class Places:
    """The statements of one configuration by all that a message can say of them."""

    def __init__(self, subject: Subject) -> None:
        self._root = subject.root
        self._lines = subject.tree.lines
        self._pairs = subject.tree.outline.pairs
        self._statements = {node.line.position: node for node in subject.root.walk()}
        self._blocks_by_end: dict[int, Node] = {}
        for node in self._statements.values():
            if node.kind is not None:
                self._blocks_by_end.setdefault(node.end, node)
        self._services = {(str(one.address), str(one.port)): one.node for one in reversed(subject.virtual_servers)}
        self._blocks: dict[str, Node] = {}
        #: The first statement of the outermost level that has a name as its second word.
        self.defined: dict[str, Node] = {}
        for node in subject.root.children:
            if len(node.words) > 1:
                self.defined.setdefault(node.words[1], node)
                if node.kind is not None:
                    self._blocks.setdefault(node.words[1], node)
        self._mentions: dict[int, _Mentioned] = {}

    def block(self, name: str) -> Node | None:
        """Give the block of a name."""
        return self._blocks.get(name)

    def at(self, position: int) -> Node | None:
        """Give the statement at a place, whatever it is."""
        if position in self._statements:
            return self._statements[position]
        if not 0 <= position < len(self._lines):
            return None
        line = self._lines[position]
        return Node(words=line.text.split() or [line.text], line=line)

    def kind_at(self, position: int) -> BlockType:
        """Give the kind of the innermost block round a place."""
        if not 0 <= position < len(self._owners):
            return ROOT
        return self._owners[position].kind or ROOT

    @functools.cached_property
    def _owners(self) -> list[Node]:
        """The innermost block round each line; where the readings of two processes overlap, the first one's."""
        owners = [self._root] * len(self._lines)
        waiting = [self._root]
        for node in waiting:
            for child in node.children:
                if child.kind is not None:
                    for position in range(child.line.position + 1, min(child.end + 1, len(owners))):
                        if owners[position] is node:
                            owners[position] = child
                    waiting.append(child)
        return owners

    def of(self, problem: Problem, keyword: str) -> tuple[Node | None, int | None]:
        """Give statement and word of a problem; ``keyword`` is the one that problems of its kind are about."""
        if problem.location is not None:
            node = self.at(problem.position)
            if node is None:
                return None, None
            if node.keyword == "}" and problem.error_class >= ErrorClass.MISSING_PARAMETER:
                return self._blocks_by_end.get(problem.position, node), None
            return node, _word_in(node, problem.message)
        block = self._block_named(problem.message)
        if block is None:
            return None, None
        statement = (block.last(keyword) if keyword else None) or self._mentioned(block).last_in(problem.message)
        if statement is None:
            return block, None
        return self._mentioned(statement).first_in(problem.message) or statement, None

    def _block_named(self, message: str) -> Node | None:
        """Give the block that a message names at its beginning, else the last one that it mentions."""
        named = _NAMED.match(message)
        if named and named["name"] in self._blocks:
            return self._blocks[named["name"]]
        for address, port in _SERVICE.findall(message):
            if (address, port) in self._services:
                return self._services[address, port]
        found = [self._blocks[word] for word in _TOKEN.findall(message) if word in self._blocks]
        return max(found, key=lambda node: node.line.position, default=None)

    def _mentioned(self, block: Node) -> _Mentioned:
        found = self._mentions.get(id(block))
        if found is None:
            found = self._mentions[id(block)] = _Mentioned(block.children)
        return found

    def unclosed(self) -> Node | None:
        """Give the statement whose brace is never closed: the last one when there are several."""
        opened = [line for line in self._lines if line.text == "{" and line.position not in self._pairs]
        return self.at(max(opened[-1].position - 1, 0)) if opened else None


class _Mentioned:
    """Statements by their first words, to be found in a message that mentions those."""

    def __init__(self, statements: list[Node]) -> None:
        self._ends: dict[tuple[str, ...], dict[str, tuple[Node, Node]]] = {}
        for statement in statements:
            word = statement.words[0]
            ends = self._ends.setdefault(tuple(_PART.findall(word)), {})
            ends[word] = (ends[word][0] if word in ends else statement, statement)
        self._sizes = sorted({len(parts) for parts in self._ends if parts})

    def first_in(self, message: str) -> Node | None:
        """Give the first statement whose word the message mentions."""
        return min((first for first, _ in self._in(message)), key=lambda node: node.line.position, default=None)

    def last_in(self, message: str) -> Node | None:
        """Give the last one."""
        return max((last for _, last in self._in(message)), key=lambda node: node.line.position, default=None)

    def _in(self, message: str) -> Iterator[tuple[Node, Node]]:
        parts = _PART.findall(message)
        for size in self._sizes:
            for at in range(len(parts) - size + 1):
                for word, ends in self._ends.get(tuple(parts[at : at + size]), {}).items():
                    if _mentions(message, word):
                        yield ends


def _mentions(message: str, name: str) -> bool:
    """Whether a name stands in a message by itself."""
    at = message.find(name) if name else -1
    while at >= 0:
        end = at + len(name)
        before, after = message[at - 1 : at], message[end : end + 1]
        if not any(letter.isalnum() or letter in "_.-" for letter in before + after):
            return True
        at = message.find(name, at + 1)
    return False


def _word_in(node: Node, message: str) -> int | None:
    """Find which word of a statement a message quotes; the last one that it does, the keyword only for itself."""
    for match in _QUOTED.finditer(message):
        if match[1] in node.words:
            return node.words.index(match[1])
    candidates = [
        index for index, word in enumerate(node.words) if index and len(word) > 1 and _mentions(message, word)
    ]
    return candidates[0] if candidates else None
