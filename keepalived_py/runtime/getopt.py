"""Command-line words to options with the manners of GNU getopt_long, which operators' scripts rely on.

Bundled short options, unique abbreviations of long ones, optional values only when attached. Python's own getopt has no optional
values before 3.14, argparse has other manners. Source: reference/cli-and-process.md §1.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Argument(enum.Enum):
    """Whether an option takes a value."""

    NONE = enum.auto()
    REQUIRED = enum.auto()
    OPTIONAL = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: its long name, its letter ("" if none), its value's name in the help, and a sentence."""

    long: str
    short: str = ""
    argument: Argument = Argument.NONE
    metavar: str = ""
    help: str = ""


class OptionError(Exception):
    """A word that is no option or lacks its value; the text is getopt_long's."""


def parse(
    program: str, words: Sequence[str], options: Sequence[Option]
) -> tuple[list[tuple[str, str | None]], list[str]]:
    """Return the options in order as (long name, value or None), and the words left over. Raises OptionError."""
    found: list[tuple[str, str | None]] = []
    left: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if word == "--":
            left += queue
            break
        if word.startswith("--"):
            found.append(_long(program, word[2:], queue, options))
        elif word.startswith("-") and word != "-":
            _short(program, word[1:], queue, options, found)
        else:
            left.append(word)
    return found, left


def _long(program: str, text: str, queue: list[str], options: Sequence[Option]) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    candidates = [option for option in options if option.long.startswith(name)]
    exact = [option for option in candidates if option.long == name]
    if not candidates:
        raise OptionError(f"{program}: unrecognized option '--{name}'")
    if not exact and len(candidates) > 1:
        possibilities = " ".join(f"'--{option.long}'" for option in candidates)
        raise OptionError(f"{program}: option '--{name}' is ambiguous; possibilities: {possibilities}")
    option = (exact or candidates)[0]
    if option.argument is Argument.NONE:
        if equals:
            raise OptionError(f"{program}: option '--{option.long}' doesn't allow an argument")
        return option.long, None
    if equals:
        return option.long, value
    if option.argument is Argument.OPTIONAL:
        return option.long, None
    if not queue:
        raise OptionError(f"{program}: option '--{option.long}' requires an argument")
    return option.long, queue.pop(0)


def _short(
    program: str, letters: str, queue: list[str], options: Sequence[Option], found: list[tuple[str, str | None]]
) -> None:
    by_letter = {option.short: option for option in options if option.short}
    while letters:
        letter, letters = letters[0], letters[1:]
        option = by_letter.get(letter)
        if option is None:
            raise OptionError(f"{program}: invalid option -- '{letter}'")
        if option.argument is Argument.NONE:
            found.append((option.long, None))
            continue
        if letters:
            found.append((option.long, letters))
        elif option.argument is Argument.OPTIONAL:
            found.append((option.long, None))
        elif queue:
            found.append((option.long, queue.pop(0)))
        else:
            raise OptionError(f"{program}: option requires an argument -- '{letter}'")
        return
