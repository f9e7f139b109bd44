"""Files: which ones a pattern names, whether they may be read, their physical lines, and the stack of open includes.

Reads bytes and decodes them so that every byte survives (surrogateescape). It must not look into the text of a line beyond
its end and its length. Source: reference/config-language.md §2 and §9.
"""
# PTH: names are joined and opened exactly as they were written; os.path does not normalise them

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, field
from glob import glob, has_magic
from itertools import product
from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import Location
from keepalived_py.config.report import EXIT_NO_CONFIG, ErrorClass, Report, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

READ: Final = 0x01
MATCH: Final = 0x02
WILDCARD: Final = 0x04
BRACE: Final = 0x08

#: What each include directive insists on, by the letter after ``include``.
DIRECTIVES: Final[dict[str, int]] = {
    "": 0,
    "r": READ,
    "m": READ | MATCH,
    "w": READ | MATCH | WILDCARD,
    "b": READ | BRACE,
    "a": READ | MATCH | WILDCARD | BRACE,
}

#: The words of ``include_check``.
CHECK_WORDS: Final[dict[str, int]] = {"read": READ, "match": MATCH, "wildcard_match": WILDCARD, "brace_match": BRACE}

_MAX_LINE: Final = 1023
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(slots=True)
class OpenFile:
    """A file being read: its name as matched, its remaining physical lines and the number of the last one taken."""

    name: str
    directory: str
    content: list[bytes]
    insists_on: int
    saved_check: int
    line: int = 0
    next: int = 0
    siblings: list[str] = field(default_factory=list)


class Source:
    """The physical lines of the main file and of everything it includes, in reading order."""

    def __init__(self, report: Report, *, include_check: int = 0) -> None:
        self.report = report
        self.include_check = include_check
        self.stack: list[OpenFile] = []
        self.files: list[str] = []
        self.position = 0
        #: A file error that keepalived treats as the end of the reading.
        self.failed = False

    @property
    def location(self) -> Location | None:
        """The line being read, or None between files."""
        if not self.stack:
            return None
        return Location(file=self.stack[-1].name, line=self.stack[-1].line)

    @property
    def directory(self) -> str:
        """The directory relative names refer to: that of the file being read."""
        return self.stack[-1].directory if self.stack else os.getcwd()

    def problem(self, error_class: ErrorClass, message: str, stage: Stage = Stage.PARENT) -> None:
        """Report a problem at the line being read."""
        self.report.add(error_class, message, stage=stage, position=self.position, location=self.location)

    def open(self, pattern: str, insists_on: int) -> bool:
        """Open what a pattern names; False when there is nothing to read. The files are read in glob order."""
        names = self.match(pattern, insists_on)
        return bool(names) and self._open_first(names, insists_on, self.include_check)

    def lines(self) -> Iterator[bytes]:
        """Take physical lines, without their end, until every file is used up; includes opened meanwhile come first."""
        while self.stack:
            current = self.stack[-1]
            if current.next >= len(current.content):
                self._close()
                continue
            raw = current.content[current.next]
            current.next += 1
            yield from self._physical(current, raw)

    def _physical(self, current: OpenFile, raw: bytes) -> Iterator[bytes]:
        while len(raw) >= _MAX_LINE:
            current.line += 1
            self.problem(ErrorClass.GENERAL, "line too long - ignoring")
            raw = raw[_MAX_LINE:]
            yield b""
        current.line += 1
        if b"\0" in raw:
            self.problem(ErrorClass.GENERAL, "configuration appears to have embedded NULs - ignoring line")
            yield b""
            return
        yield raw.rstrip(b"\r")

    def _close(self) -> None:
        finished = self.stack.pop()
        self.include_check = finished.saved_check
        if finished.siblings:
            self._open_first(finished.siblings, finished.insists_on, finished.saved_check)

    def _error(self, kind: int, message: str, insists_on: int) -> None:
        serious = bool((self.include_check | insists_on) & kind)
        self.failed = self.failed or serious
        self.problem(ErrorClass.FILE_NOT_FOUND if serious else ErrorClass.OK, message)

    def match(self, pattern: str, insists_on: int) -> list[str]:
        """Name the files a glob pattern with ``{a,b}`` alternatives stands for; reports what is missing."""
        base = self.directory
        names: list[str] = []
        missing = wild = False
        alternatives = _expand_braces(pattern)
        for alternative in alternatives:
            path = os.path.join(base, alternative)
            if not has_magic(alternative):
                if os.path.exists(path):
                    names.append(alternative)
                else:
                    missing = True
                continue
            wild = True
            found = sorted(glob(path))
            names.extend(name if os.path.isabs(alternative) else name[len(base) :].lstrip("/") for name in found)
            if not found and not _directory_exists(path):
                missing = True
        if not names:
            if missing:
                kind = BRACE if len(alternatives) > 1 else MATCH
                self._error(kind, f"Config files missing '{pattern}'.", insists_on)
            elif wild and (self.include_check | insists_on) & WILDCARD:
                self._error(WILDCARD, f"No config files matched '{pattern}'.", insists_on)
            return []
        if missing:
            self._error(BRACE, f'Some config files missing: "{pattern}".', insists_on)
            if (self.include_check | insists_on) & BRACE:
                return []
        return names

    def _open_first(self, names: list[str], insists_on: int, saved_check: int) -> bool:
        base = self.directory
        for index, name in enumerate(names):
            path = os.path.join(base, name)
            content = self._read(name, path, insists_on)
            if content is None:
                continue
            directory = os.path.dirname(path) if "/" in name else base
            self.stack.append(
                OpenFile(
                    name=name,
                    directory=directory,
                    content=content,
                    insists_on=insists_on,
                    saved_check=saved_check,
                    siblings=names[index + 1 :],
                )
            )
            self.files.append(name)
            if len(self.files) > 1:
                self.report.several_files = True
            return True
        return False

    def is_regular(self, name: str, path: str, insists_on: int) -> bool:
        """Whether a path is a plain file that nobody may execute; reported when not."""
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):
            mode = 0
        if stat.S_ISDIR(mode):
            self._error(READ, f"Configuration file '{name}/' is a directory - skipping", insists_on)
            return False
        if not stat.S_ISREG(mode) or mode & 0o111:
            message = f"Configuration file '{name}' is not a regular non-executable file - skipping"
            self._error(READ, message, insists_on)
            return False
        return True

    def _read(self, name: str, path: str, insists_on: int) -> list[bytes] | None:
        """Read a file's physical lines; None, reported, when it is no plain readable file."""
        if not self.is_regular(name, path, insists_on):
            return None
        try:
            with open(path, "rb") as stream:
                lines = stream.read().split(b"\n")
        except OSError as error:
            reason = os.strerror(error.errno or errno.EIO)
            self._error(READ, f"Configuration file '{name}' open problem ({reason}) - skipping", insists_on)
            return None
        if not lines[-1]:
            del lines[-1]
        return lines


def check_readable(path: str, report: Report, *, include_check: int = 0) -> bool:
    """Whether there is a configuration to read at all, asked before anything else, in the words of the reference.

    A failure means status 6 at a normal start; what it means in ``-t`` follows from the error classes.
    """
    source = Source(report, include_check=include_check)
    names = source.match(path, 0)
    readable = bool(names)
    count = 0
    for name in names:
        full = os.path.join(source.directory, name)
        if not source.is_regular(name, full, 0):
            readable = False
            continue
        if not os.access(full, os.R_OK, effective_ids=True):
            source.problem(ErrorClass.FILE_NOT_FOUND, f"Unable to read configuration file {name}")
            readable = False
            break
        count += 1
    if readable and count > 1:
        message = f"WARNING, multiple configuration file matches of {path}, starting with {names[0]}"
        source.problem(ErrorClass.MULTIPLE_FILES, message)
    if not readable:
        report.fatal_status = EXIT_NO_CONFIG
    return readable


def _expand_braces(pattern: str) -> list[str]:
    """Expand the shell's ``{a,b}`` alternatives (not nested; keepalived's glob nests, nobody uses it)."""
    groups = _BRACES.findall(pattern)
    if not groups:
        return [pattern]
    template = _BRACES.sub("\0", pattern).split("\0")
    combinations = product(*(group.split(",") for group in groups))
    return [
        "".join(part + choice for part, choice in zip(template, (*combination, ""), strict=True))
        for combination in combinations
    ]


def _directory_exists(path: str) -> bool:
    """Whether the part of a pattern before its first wildcard leads to a directory."""
    parts = path.split("/")
    fixed = []
    for part in parts[:-1]:
        if has_magic(part):
            break
        fixed.append(part)
    return os.path.isdir("/".join(fixed) or "/")
