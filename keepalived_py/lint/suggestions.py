"""What may have been meant: the advice for a misspelt keyword, or for a name that nothing has."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from keepalived_py.config.keywords import ROOT, BlockType
from keepalived_py.lint.similar import Names, did_you_mean
from keepalived_py.lint.tree import printable

if TYPE_CHECKING:
    from keepalived_py.config.report import Problem
    from keepalived_py.lint.places import Places
    from keepalived_py.lint.subject import Subject

_TRACKED: Final = re.compile(r"(?:track \w+|track_\w+|BFD) (\S+?),? not")
_INTERFACE: Final = re.compile(r"interface (\S+)")
_TRACKABLE: Final = ("vrrp_script", "track_file", "vrrp_track_file", "vrrp_track_process", "bfd_instance")


class Suggestions:
    """The names of one configuration and of the language, each list made when it is first asked for."""

    def __init__(self, subject: Subject, places: Places) -> None:
        self._subject = subject
        self._places = places
        self._keywords: dict[str, Names] = {}
        self._told: dict[tuple[str, str], str] = {}

    def keyword(self, problem: Problem) -> str:
        """Give the advice for an unknown keyword."""
        word = unknown_word(problem.message)
        kind = self._places.kind_at(problem.position)
        known = kind.name, word
        if known not in self._told:
            self._told[known] = self._about_keyword(word, kind)
        return self._told[known]

    def _about_keyword(self, word: str, kind: BlockType) -> str:
        if word == "nb_get_retry" and "retry" in kind.keywords:
            return "Write 'retry' in this kind of check."
        if kind.name not in self._keywords:
            self._keywords[kind.name] = Names([*kind.keywords, *kind.blocks])
        meant = did_you_mean(printable(word), self._keywords[kind.name])
        if meant:
            return f"Correct or remove the line.{meant}"
        if word.isascii():
            elsewhere = homes().get(word, ())
            if elsewhere:
                return f"Move it: it belongs into {' or '.join(elsewhere[:3])}."
            return "Remove the line, or see docs/keywords.md for what may stand here."
        return "The word holds a character that only looks like a letter, or a comment without '#'; correct it."

    def name(self, message: str, problem: Problem) -> str:
        """Give the sentence about a name that is not defined, or not above its use."""
        if problem.message.startswith("Virtual router") or "sync group" in message:
            words = message.split()
            return did_you_mean(words[2] if len(words) > 2 else "", self._instances)
        found = _TRACKED.search(message)
        name = found[1] if found else ""
        same = self._places.defined.get(name)
        if same is None:
            return did_you_mean(name, self._trackable)
        if same.line.position > problem.position:
            return f" It is defined in line {same.line.line}, which is too late."
        return f" The one in line {same.line.line} was dropped, for a reason given there."

    def interface(self, message: str) -> str:
        """Give the question for an interface that does not exist."""
        found = _INTERFACE.search(message)
        return did_you_mean(found[1], self._interfaces) if found else ""

    @functools.cached_property
    def _instances(self) -> Names:
        return Names(one.name for one in self._subject.instances)

    @functools.cached_property
    def _trackable(self) -> Names:
        return Names(node.word(1) for node in self._subject.root.all(*_TRACKABLE))

    @functools.cached_property
    def _interfaces(self) -> Names:
        return Names(self._subject.host.interface_names())


@functools.cache
def homes() -> dict[str, list[str]]:
    """Give for every keyword the blocks that it may stand in, by name, in order."""
    found: dict[str, set[str]] = {}
    waiting: list[BlockType] = [ROOT]
    for kind in waiting:
        for word in [*kind.keywords, *kind.blocks]:
            found.setdefault(word, set()).add(kind.name or "the outermost level")
        waiting.extend(kind.blocks.values())
    return {word: sorted(kinds) for word, kinds in found.items()}


def unknown_word(message: str) -> str:
    """Give the word of a message about an unknown keyword."""
    return message.removeprefix("Unknown keyword '").removesuffix("'")
