"""Findings for people: the place, what is wrong, the line with the place underlined, what to do."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from keepalived_py.lint.diagnostic import Diagnostic, Severity, Span
from keepalived_py.lint.weights import text as draw

if TYPE_CHECKING:
    from keepalived_py.lint.engine import Result

_BOLD: Final = "1"
_COLOURS: Final = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
_ADVICE: Final = "32"
_WIDTH: Final = 160


def render(result: Result, *, colour: bool) -> str:
    """Give all findings, the tables of elections, and a line of counts."""
    parts = [_one(diagnostic, colour=colour) for diagnostic in result.diagnostics]
    parts.extend(draw(table) for table in result.tables)
    parts.append(_summary(result, colour=colour))
    return "\n\n".join(parts) + "\n"


def _paint(text: str, code: str, *, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


def _one(diagnostic: Diagnostic, *, colour: bool) -> str:
    span = diagnostic.span
    place = diagnostic.file if span is None else f"{span.file}:{span.line}:{span.start}"
    node = f" [{diagnostic.node}]" if diagnostic.node else ""
    severity = _paint(f"{diagnostic.severity.word}[{diagnostic.rule}]", _COLOURS[diagnostic.severity], colour=colour)
    lines = [f"{_paint(place, _BOLD, colour=colour)}: {severity}{node}: {clean(diagnostic.message)}"]
    if span is not None and span.text.strip():
        lines.extend(_quote(span, _COLOURS[diagnostic.severity], colour=colour))
    lines.append(f"  {_paint('help', _ADVICE, colour=colour)}: {clean(diagnostic.advice)}")
    return "\n".join(lines)


def clean(text: str) -> str:
    """Make a text harmless for a terminal: control characters become visible."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _quote(span: Span, code: str, *, colour: bool) -> list[str]:
    first = max(0, span.start - 1 - _WIDTH // 2) if len(span.text) > _WIDTH else 0
    text = clean(span.text[first : first + _WIDTH])
    before = text[: span.start - 1 - first]
    marked = text[len(before) : max(len(before) + 1, span.end - 1 - first)]
    under = " " * _cells(before) + _paint("^" * max(1, _cells(marked)), code, colour=colour)
    number = f"{span.line:>5}"
    return [f"{number} | {text}", f"{' ' * len(number)} | {under}"]


def _cells(text: str) -> int:
    """How many columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _summary(result: Result, *, colour: bool) -> str:
    counts = []
    for severity in sorted(Severity, reverse=True):
        number = sum(one.severity == severity for one in result.diagnostics)
        if number:
            word = severity.word if number == 1 or severity == Severity.INFO else f"{severity.word}s"
            counts.append(_paint(f"{number} {word}", _COLOURS[severity], colour=colour))
    files = "1 file" if len(result.files) == 1 else f"{len(result.files)} files"
    return f"{files}: {', '.join(counts) if counts else 'no findings'}"
