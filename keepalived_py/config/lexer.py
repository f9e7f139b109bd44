"""Text of a line into pieces: comments, quotes, braces, words. Knows no keyword and no file.

Source: reference/config-language.md §3, §6 and §7.
"""

from __future__ import annotations

import re
from typing import Final

BLANKS: Final = " \t\f\n\r\v"

_SPECIAL: Final = re.compile(r'[!#"\\]')
_BRACE_OR_QUOTE: Final = re.compile(r'[{}"]')
_WORD: Final = re.compile(r'[ \t\f\n\r\v]*(?:"([^"]*)"|([^ \t\f\n\r\v"]+)|(".*))', re.DOTALL)
_NOT_BLANK: Final = re.compile(r"[^ \t\f\n\r\v]+")
_SIMPLE_ESCAPES: Final = {
    "a": "\a",
    "b": "\b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}


class UnclosedQuoteError(ValueError):
    """A script's text has an opening quote without its closing one; ``args[0]`` is the quote or the reason."""


def decomment(text: str) -> tuple[str, bool]:
    r"""Remove a comment and outer blanks; the second value says whether a double quote stayed open.

    ``\#`` and ``\!`` outside double quotes become the bare character. Blanks before a trailing backslash go.
    """
    text = text.lstrip(" \t")
    if not _SPECIAL.search(text):
        return text.rstrip(" \t"), False
    quoted = False
    at = 0
    while match := _SPECIAL.search(text, at):
        at = match.start()
        character = text[at]
        if character == '"':
            quoted = not quoted
        elif character == "\\":
            if at + 1 == len(text):
                return text[:at].rstrip(" \t") + "\\", quoted
            if not quoted and text[at + 1] in "#!":
                text = text[:at] + text[at + 1 :]
            else:
                at += 1
        elif not quoted:
            text = text[:at]
            break
        at += 1
    return text.rstrip(" \t"), quoted


def split_brace(text: str) -> tuple[str, str]:
    """Cut a line at its first brace outside double quotes: what is a line of its own, and the rest ("" when none).

    A line that begins with a brace is that brace alone and the rest.
    """
    at = 0
    if text[0] not in "{}":
        while match := _BRACE_OR_QUOTE.search(text, at):
            at = match.start()
            if text[at] != '"':
                break
            closing = text.find('"', at + 1)
            if closing < 0:
                return text.rstrip(" \t"), ""
            at = closing + 1
        else:
            return text.rstrip(" \t"), ""
        return text[:at].rstrip(" \t"), text[at:].rstrip(" \t")
    return text[0], text[1:].strip(" \t")


def plain_words(text: str) -> list[str]:
    """Split at C's blanks only: a no-break space or any other Unicode blank is part of a word."""
    return text.split() if text.isascii() else _NOT_BLANK.findall(text)


def split_words(text: str) -> tuple[list[str], bool]:
    """Split into words; a ``"..."`` string is one word. The second value says that a closing quote is missing.

    Then the words before the open quote are returned.
    """
    if '"' not in text:
        return plain_words(text), False
    words: list[str] = []
    at = 0
    while match := _WORD.match(text, at):
        quoted, plain, unclosed = match.groups()
        if unclosed is not None:
            return words, True
        words.append(plain if quoted is None else quoted)
        at = match.end()
    return words, False


def split_script(text: str, *, escapes: bool) -> list[str]:
    """Split as a shell would, honouring ``'...'``, ``"..."`` and backslashes; with ``escapes`` those are interpreted.

    Raises UnclosedQuoteError. Source: reference/config-language.md §6.
    """
    words: list[str] = []
    at = 0
    while True:
        while at < len(text) and text[at] in BLANKS:
            at += 1
        if at == len(text):
            return words
        word: list[str] = []
        quote = ""
        while at < len(text):
            character = text[at]
            if character == "\\":
                if at + 1 == len(text):
                    raise UnclosedQuoteError("\\")
                if escapes:
                    value, at = _escape(text, at + 1)
                    word.append(value)
                else:
                    word.append(text[at : at + 2])
                    at += 2
                continue
            if quote:
                if character == quote:
                    quote = ""
                else:
                    word.append(character)
            elif character in "\"'":
                quote = character
            elif character in BLANKS:
                break
            else:
                word.append(character)
            at += 1
        if quote:
            raise UnclosedQuoteError(quote)
        words.append("".join(word))


def _escape(text: str, at: int) -> tuple[str, int]:
    """Interpret the escape whose letter is at ``at``; the character and the place after it."""
    letter = text[at]
    if letter == "x" and (match := re.compile(r"[0-9a-fA-F]{1,2}").match(text, at + 1)):
        return chr(int(match.group(), 16)), match.end()
    if letter == "c" and at + 1 < len(text):
        return chr(ord(text[at + 1]) & 0x1F), at + 2
    if match := re.compile(r"[0-7]{1,3}").match(text, at):
        return chr(int(match.group(), 8) & 0xFF), match.end()
    return _SIMPLE_ESCAPES.get(letter, letter), at + 1
