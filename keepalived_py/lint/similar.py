"""Did you mean: the known name nearest to a misspelt one."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the most similar name, or None when nothing is near."""
    names = {name.lower(): name for name in known}
    low = word.lower()
    if low in names:
        return names[low] if names[low] != word else None
    found = difflib.get_close_matches(low, names, n=1, cutoff=0.75)
    return names[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give the question as a sentence, with a blank before it, or ""."""
    found = nearest(word, known)
    return f" Did you mean '{found}'?" if found else ""
