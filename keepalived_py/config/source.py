"""Files: which ones a pattern names, whether they may be read, their physical lines, and the stack of open includes.

Reads bytes and decodes them so that every byte survives (surrogateescape). It must not look into the text of a line beyond
its end and its length. Where keepalived would read for ever or until memory is used up, the reading ends here with one error
(the ``MAX_`` constants). Source: reference/config-language.md §2 and §9.
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
from math import prod
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

#: How deep files may include each other.
MAX_DEPTH: Final = 200
#: How many files may be named by includes, read or not.
MAX_FILES: Final = 20_000
#: How much text a configuration may have, all files together: bytes.
MAX_SIZE: Final = 64 << 20
#: How many lines may come from repeats, definitions and files that were read before, beside two for each line of the files.
MAX_GENERATED: Final = 70_000
#: How often a file is read again that changes while it is read.
_ATTEMPTS: Final = 3
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(slots=True)
class OpenFile:
    """A file being read: its name as matched, its physical lines and the number of the last one taken.

    ``faults`` says what is wrong with a line, by its number; such a line is empty in ``content``.
    """

    name: str
    directory: str
    identity: tuple[int, int]
    content: list[str]
    faults: dict[int, str]
    insists_on: int
    saved_check: int
    line: int = 0
    siblings: list[str] = field(default_factory=list)
    #: One of its lines included the file above it.
    includes: bool = False


@dataclass(frozen=True, slots=True)
class _Text:
    """What a file holds; ``identity`` is its device and inode."""

    identity: tuple[int, int]
    content: bytes


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
        #: The reading ended before its end, because there would be no end.
        self.given_up = False
        self.size = 0
        #: How many more lines may come from elsewhere than a file's first reading.
        self.allowance = MAX_GENERATED
        self._named = 0
        self._known: set[tuple[int, int]] = set()
        self._including: set[tuple[int, int]] = set()

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

    def give_up(self, message: str) -> None:
        """End the reading with one error at the line being read; nothing of it is used."""
        if self.given_up:
            return
        while self.stack and not self.stack[-1].line:
            self.stack.pop()  # included, but nothing of it was read: the fault is the including line's
        self.problem(ErrorClass.GENERAL, message)
        self.report.stop(EXIT_NO_CONFIG, stage=Stage.PARENT, position=self.position)
        self.given_up = True
        self.stack.clear()

    def generate(self, count: int = 1) -> None:
        """Count lines that no file holds, or that were read before."""
        self.allowance -= count
        if self.allowance < 0:
            self.give_up("too many lines come from ~SEQ, ~LST, definitions and repeated includes - giving up")

    def lines(self) -> Iterator[str]:
        """Take physical lines, without their end, until every file is used up; includes opened meanwhile come first."""
        while self.stack:
            current = self.stack[-1]
            if current.line >= len(current.content):
                self._close()
                continue
            text = current.content[current.line]
            current.line += 1
            if current.faults and current.line in current.faults:
                self.problem(ErrorClass.GENERAL, current.faults[current.line])
            yield text

    def _close(self) -> None:
        finished = self.stack.pop()
        if finished.includes:
            self._including.discard(finished.identity)
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
        self._named += _count_alternatives(pattern)
        if self._named > MAX_FILES:
            self.give_up(f"more than {MAX_FILES} files are included - giving up")
            return []
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
            self._named += len(found)
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
            text = self._read(name, path, insists_on)
            if text is None or not self._affords(name, text):
                if self.given_up:
                    return False
                continue
            content, faults = _physical_lines(text.content)
            if text.identity in self._known:
                self.generate(len(content))
                if self.given_up:
                    return False
            else:
                self._known.add(text.identity)
                self.allowance += 2 * len(content)
            directory = os.path.dirname(path) if "/" in name else base
            if self.stack and self.stack[-1].line:
                self.stack[-1].includes = True
                self._including.add(self.stack[-1].identity)
            self.stack.append(
                OpenFile(
                    name=name,
                    directory=directory,
                    identity=text.identity,
                    content=content,
                    faults=faults,
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

    def _affords(self, name: str, text: _Text) -> bool:
        """Whether a file may be added to what is read; reported when not."""
        current = self.stack[-1] if self.stack else None
        if text.identity in self._including or (
            current is not None and current.line and current.identity == text.identity
        ):
            self.problem(ErrorClass.GENERAL, f"Configuration file '{name}' includes itself - skipping")
            return False
        if len(self._including) >= MAX_DEPTH:
            self.give_up(f"files include each other more than {MAX_DEPTH} deep - giving up")
            return False
        self.size += len(text.content)
        if self.size > MAX_SIZE:
            self.give_up(f"the configuration is larger than {MAX_SIZE >> 20} MiB - giving up")
            return False
        return True

    def is_regular(self, name: str, path: str, insists_on: int) -> bool:
        """Whether a path is a plain file that nobody may execute; reported when not."""
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):
            mode = 0
        return self._accepts(mode, name, insists_on)

    def _accepts(self, mode: int, name: str, insists_on: int) -> bool:
        if stat.S_ISDIR(mode):
            self._error(READ, f"Configuration file '{name}/' is a directory - skipping", insists_on)
            return False
        if not stat.S_ISREG(mode) or mode & 0o111:
            message = f"Configuration file '{name}' is not a regular non-executable file - skipping"
            self._error(READ, message, insists_on)
            return False
        return True

    def _read(self, name: str, path: str, insists_on: int) -> _Text | None:
        """Read a file; None, reported, when it is no plain readable file.

        Nothing but a regular file is opened, and never so that opening or reading could wait (a FIFO may have taken its place).
        """
        if not self.is_regular(name, path, insists_on):
            return None
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            try:
                status = os.fstat(descriptor)
                if not self._accepts(status.st_mode, name, insists_on):
                    return None
                content = _read_settled(descriptor, MAX_SIZE - self.size + 1)
            finally:
                os.close(descriptor)
        except OSError as error:
            reason = os.strerror(error.errno or errno.EIO)
            self._error(READ, f"Configuration file '{name}' open problem ({reason}) - skipping", insists_on)
            return None
        return _Text(identity=(status.st_dev, status.st_ino), content=content)


def _read_settled(descriptor: int, limit: int) -> bytes:
    """Read a file up to a size, anew while somebody is writing it: half of a file would be another configuration."""
    content = b""
    for _ in range(_ATTEMPTS):
        before = os.fstat(descriptor)
        content = _read_all(descriptor, limit)
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            break
    return content


def _read_all(descriptor: int, limit: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts: list[bytes] = []
    while limit > 0 and (part := os.read(descriptor, min(limit, 1 << 20))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def _physical_lines(content: bytes) -> tuple[list[str], dict[int, str]]:
    """Cut a file into physical lines without their ends, and say which of them are faulty.

    A line that is too long loses its first 1023 bytes, which count as a line, and goes on behind them.
    """
    faults: dict[int, str] = {}
    raw_lines = content.split(b"\n")
    if not raw_lines[-1]:
        del raw_lines[-1]
    if b"\0" not in content and (not raw_lines or max(map(len, raw_lines)) < _MAX_LINE):
        del raw_lines
        lines = content.decode("utf-8", "surrogateescape").split("\n")
        if not lines[-1]:
            del lines[-1]
        return ([line.rstrip("\r") for line in lines] if b"\r" in content else lines), faults
    lines = []
    for raw in raw_lines:
        rest = memoryview(raw)
        while len(rest) >= _MAX_LINE:
            lines.append("")
            faults[len(lines)] = "line too long - ignoring"
            rest = rest[_MAX_LINE:]
        kept = bytes(rest)
        if b"\0" in kept:
            lines.append("")
            faults[len(lines)] = "configuration appears to have embedded NULs - ignoring line"
        else:
            lines.append(kept.decode("utf-8", "surrogateescape").rstrip("\r"))
    return lines, faults


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


def _count_alternatives(pattern: str) -> int:
    """How many names ``_expand_braces`` would make."""
    return prod(group.count(",") + 1 for group in _BRACES.findall(pattern))


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
