"""Did you mean: the known name nearest to a misspelt one.

A file may have thousands of misspelt words and thousands of names. What cannot be near is told by the lengths and by which letters
occur at all, and after ``MAX_EFFORT`` one list of names gives no further suggestions.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

#: How alike two words must be: twice the letters they share in one order by their lengths together, at least 3/4.
_CUTOFF: Final = 0.75
_LONGEST: Final = 100
#: How much is looked at for one list of names; a look at the letters of a name counts 1.
MAX_EFFORT: Final = 300_000
_EFFORT_OF_COMPARING: Final = 60


class Names:
    """Names that words can be held against."""

    def __init__(self, known: Iterable[str]) -> None:
        self._names = {name.lower(): name for name in known}
        self._known = [(low, len(low), _letters(low)) for low in self._names if len(low) <= _LONGEST]
        self._effort = 0

    def nearest(self, word: str) -> str | None:
        """Give the most similar name, or None when nothing is near."""
        low = word.lower()
        if low in self._names:
            return self._names[low] if self._names[low] != word else None
        size = len(low)
        if size > _LONGEST or self._effort > MAX_EFFORT:
            return None
        letters = _letters(low)
        matcher = None
        self._effort += len(self._known)
        best: tuple[float, str] = (_CUTOFF, "")
        for name, length, others in self._known:
            # Each letter that the other word has not is one that matches nothing.
            alike = min(size - (letters & ~others).bit_count(), length - (others & ~letters).bit_count())
            if 2 * alike < best[0] * (size + length):
                continue
            self._effort += _EFFORT_OF_COMPARING
            matcher = matcher or SequenceMatcher(b=low)
            matcher.set_seq1(name)
            if matcher.quick_ratio() >= best[0]:
                best = max(best, (matcher.ratio(), name))
        return self._names[best[1]] if best[1] else None


def _letters(word: str) -> int:
    """Give the letters of a word as a set of bits; two letters may share a bit, which only makes words seem nearer."""
    bits = 0
    for letter in set(word):
        bits |= 1 << (ord(letter) & 63)
    return bits


def nearest(word: str, known: Names | Iterable[str]) -> str | None:
    """Give the most similar name, or None when nothing is near."""
    names = known if isinstance(known, Names) else Names(known)
    return names.nearest(word)


def did_you_mean(word: str, known: Names | Iterable[str]) -> str:
    """Give the question as a sentence, with a blank before it, or ""."""
    found = nearest(word, known)
    return f" Did you mean '{found}'?" if found else ""
