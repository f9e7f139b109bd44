"""The formatter: a configuration's lines with canonical indentation and spacing, each still on its own line and as it means.

Works on the text, so that comments, blank lines, definitions, includes, ``@conditions`` and ``~SEQ`` stay what they are. It
never joins, splits or moves lines, and leaves the inside of a line alone wherever blanks might matter (quotes that cross,
backslashes, patterns of includes, the values of definitions). It must not know keywords.
Source: reference/config-language.md §2 to §7 and §9.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

INDENT: Final = "    "
#: A line of this many bytes is cut by the reader; see config/source.py.
_MAX_LINE: Final = 1023
#: Beyond this a line with references is left alone: its length decides whether they are replaced.
_LONG: Final = 200

_DEFINITION: Final = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*[ \t]*=")
_INCLUDE: Final = re.compile(r"(include[rmwba]?)[ \t]+(.*)", re.DOTALL)
#: What a blank would make something else of: ``include{`` is a keyword, ``include {`` an include; ``$A{`` is no reference.
_SENSITIVE: Final = re.compile(r"include[rmwba]?(?:[ \t\f\v{}]|$)|\$[A-Za-z_][A-Za-z0-9_]*[{}]")
_CONDITION: Final = re.compile(r"(@[^ \t]*)[ \t]+(.*)", re.DOTALL)
_REPEAT: Final = re.compile(r"~(?:SEQx?|LST)[ \t]*\([^)]*\)[ \t]*")
_REFERENCE: Final = r"\$\{[^{}]*\}"
_CODE: Final = re.compile(
    rf"""(?P<gap>[ \t]+)|(?P<brace>[{{}}])|{_REFERENCE}|"[^"']*"|'[^"'{{}}]*'|[^ \t{{}}"'$\\]+|\$"""
)
_BRACE: Final = re.compile(rf'"[^"]*(?:"|$)|{_REFERENCE}|(?P<brace>[{{}}])')


@dataclass(slots=True)
class _Depth:
    """How many blocks are open, as far as the text tells; alternatives under ``@conditions`` count once."""

    blocks: int = 0
    #: While lines with conditions follow each other: what each condition's lines opened.
    alternatives: dict[str, int] | None = None

    def settle(self) -> None:
        """End the alternatives, at a line without a condition: the first one stands for all."""
        if self.alternatives:
            self.blocks = max(0, self.blocks + next(iter(self.alternatives.values())))
        self.alternatives = None


def format_text(content: bytes) -> bytes:
    """Format a file's content; what cannot be told apart safely stays as it is. Doing it again changes nothing."""
    raws = content.split(b"\n")
    if not raws[-1]:
        del raws[-1]
    return b"".join(line + b"\n" for line in _lines(raws))


def _lines(raws: Sequence[bytes]) -> Iterator[bytes]:
    depth = _Depth()
    continued = False
    for raw in raws:
        text = raw.rstrip(b"\r").decode("utf-8", "surrogateescape")
        if len(raw.rstrip(b"\r")) >= _MAX_LINE or "\0" in text or "\r" in text:
            yield raw
            continue
        body = text.strip(" \t")
        code, comment = _split_comment(body)
        if not code:
            continued = False
            yield _joined(raw, INDENT * _indentation(depth, "", "") + comment if comment else "")
            continue
        if continued or _DEFINITION.match(code):
            formatted = INDENT * (_indentation(depth, "", "") + continued) + _tail(text, code, comment)
            continued = code.endswith("\\")
            yield _joined(raw, formatted)
            continue
        condition, rest = _condition(code)
        if condition is None:
            depth.settle()
        elif depth.alternatives is None:
            depth.alternatives = {}
        level = _indentation(depth, condition or "", rest)
        _count(depth, condition, rest)
        inside = _spaced(rest) if "\\" not in code else None
        if inside is None:
            yield _joined(raw, INDENT * level + _tail(text, code, comment))
            continue
        pieces = [piece for piece in (condition, inside, comment) if piece]
        yield _joined(raw, INDENT * level + " ".join(pieces))


def _joined(raw: bytes, formatted: str) -> bytes:
    """Give the new line, unless indenting made it one that the reader would cut."""
    line = formatted.encode("utf-8", "surrogateescape")
    return line if len(line) < _MAX_LINE else raw


def _tail(text: str, code: str, comment: str) -> str:
    """Give a line without its indentation; blanks at its end go unless a backslash stands before them."""
    body = text.lstrip(" \t")
    return body if code.endswith("\\") and not comment else body.rstrip(" \t")


def _split_comment(body: str) -> tuple[str, str]:
    """Cut a line where its comment begins, as ``lexer.decomment`` finds it; blanks between the two are dropped."""
    quoted = False
    at = 0
    while at < len(body):
        character = body[at]
        if character == '"':
            quoted = not quoted
        elif character == "\\":
            at += 1
        elif character in "#!" and not quoted:
            return body[:at].rstrip(" \t"), body[at:]
        at += 1
    return body, ""


def _condition(code: str) -> tuple[str | None, str]:
    """Cut ``@id`` off a line."""
    match = _CONDITION.fullmatch(code)
    return (match[1], match[2]) if match else (None, code)


def _net(code: str) -> tuple[int, int]:
    """How many blocks a line closes before it does anything else, and how many are open behind it, more than before."""
    if _INCLUDE.fullmatch(code) or _DEFINITION.match(code):
        return 0, 0
    while match := _REPEAT.match(code):
        code = code[match.end() :]
    leading = len(code) - len(code.lstrip("} \t"))
    braces = [match["brace"] for match in _BRACE.finditer(code) if match["brace"]]
    return code[:leading].count("}"), braces.count("{") - braces.count("}")


def _indentation(depth: _Depth, condition: str, code: str) -> int:
    opened = 0
    if depth.alternatives:
        opened = depth.alternatives.get(condition, 0) if condition else next(iter(depth.alternatives.values()))
    return max(0, depth.blocks + opened - _net(code)[0])


def _count(depth: _Depth, condition: str | None, code: str) -> None:
    change = _net(code)[1]
    if condition is not None and depth.alternatives is not None:
        depth.alternatives[condition] = depth.alternatives.get(condition, 0) + change
    else:
        depth.blocks = max(0, depth.blocks + change)


def _spaced(code: str) -> str | None:
    """One blank between words and round braces; None when blanks may matter in this line."""
    if code[0] in "~@" or ("$" in code and len(code) > _LONG) or code.count('"') % 2:
        return None
    include = _INCLUDE.fullmatch(code)
    if include:
        return f"{include[1]} {include[2]}"
    if _SENSITIVE.search(code) or _DEFINITION.search(code) or "~" in code:
        return None
    pieces: list[str] = []
    at = 0
    while at < len(code):
        match = _CODE.match(code, at)
        if match is None:
            return None
        at = match.end()
        if match["gap"]:
            pieces.append(" ")
        elif match["brace"]:
            pieces.append(f" {match['brace']} ")
        else:
            pieces.append(match.group())
    quotes = re.split(r"(\"[^\"']*\"|'[^\"']*')", "".join(pieces))
    quotes[::2] = [re.sub(r"[ \t]+", " ", plain) for plain in quotes[::2]]
    return "".join(quotes).strip(" ")


# ---- files


def difference(name: str, before: bytes, after: bytes) -> str:
    """Give a unified diff of a file and its formatted text."""

    def lines(content: bytes) -> list[str]:
        return content.decode("utf-8", "surrogateescape").splitlines(keepends=True)

    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in unified_diff(lines(before), lines(after), name, f"{name} (formatted)")
    )


def replace_file(path: str, content: bytes) -> None:
    """Put a new content in a file's place, at once, with its mode and owner. Raises OSError."""
    path = os.path.realpath(path)
    status = os.stat(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            os.fchown(stream.fileno(), status.st_uid, status.st_gid)
            os.fchmod(stream.fileno(), status.st_mode & 0o7777)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def format_files(paths: Sequence[str], *, in_place: bool = False, diff: bool = False, check: bool = False) -> int:
    """Do what ``--format-conf`` is asked for: print the formatted text, or its difference, or put it in the file's place.

    Status 0; 1 with ``check`` when a file would change; 2 when a file cannot be read or written.
    """
    status = 0
    for path in paths:
        try:
            with open(path, "rb") as stream:
                before = stream.read()
            after = format_text(before)
            if diff:
                _write(difference(path, before, after).encode("utf-8", "surrogateescape"))
            if in_place and after != before:
                replace_file(path, after)
            if check and after != before:
                if not diff:
                    _write(f"{path}: would be formatted\n".encode("utf-8", "surrogateescape"))
                status = max(status, 1)
            if not (diff or in_place or check):
                _write(after)
        except OSError as error:
            sys.stderr.buffer.write(f"keepalived-py: {path}: {error.strerror}\n".encode("utf-8", "surrogateescape"))
            status = 2
    return status


def _write(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
