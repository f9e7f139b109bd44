"""Physical lines into logical ones: comments, definitions, ``@id``, ``~SEQ``/``~LST``, includes, braces on their own lines.

The result is the consolidated configuration, read once: keepalived's children read the same text again. Knows no keyword.
Definitions and repeats could make lines without end from a small file: their number is bounded (``MAX_SUBSTITUTIONS``, and
``MAX_GENERATED`` of config/source.py).
Source: reference/config-language.md §4, §5 and §9.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from keepalived_py.config.lexer import decomment, split_brace
from keepalived_py.config.report import AT_END, EXIT_NO_CONFIG, ErrorClass, Report, Stage
from keepalived_py.config.source import BRACE, CHECK_WORDS, DIRECTIVES, MATCH, READ, WILDCARD, Source

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

_MAX_LINE: Final = 1024
_STAGES: Final = tuple(Stage)
#: How many references may be looked at, beside one for each byte of the files.
MAX_SUBSTITUTIONS: Final = 100_000
_DEFINITION: Final = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)", re.DOTALL)
_REFERENCE: Final = re.compile(
    r"\$(?:\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?P<parameters>(?:[ \t]+[A-Za-z0-9_]+)*)\}"
    r"|(?P<plain>[A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))"
)
_INCLUDE: Final = re.compile(r"include([rmwba]?)[ \t\f\v](.*)", re.DOTALL)
_SEQUENCE: Final = re.compile(r"~SEQ(x?)[ \t]*\([ \t]*([^ \t,)]+)[ \t]*,([^)]*)\)[ \t]*(.*)", re.DOTALL)
_LIST: Final = re.compile(r"~LST[ \t]*\([ \t]*(.*)", re.DOTALL)
_SET: Final = re.compile(r"[ \t]*(?:\{([^}]*)\}|([^ \t,{})]*))[ \t]*([,)])")
#: What makes a line more than its words and a brace at its end.
_SPECIAL: Final = re.compile(r'[!#"\\${}]')
_new_line: Final = tuple.__new__


class Line(NamedTuple):
    """A logical line: its text, where it came from, and its place in the consolidated configuration."""

    text: str
    file: str
    line: int
    position: int


@dataclass(slots=True)
class Definition:
    """``$NAME=VALUE``; several lines when the first ended in a backslash."""

    lines: list[str]
    multiline: bool = False


@dataclass(slots=True)
class Repeat:
    """A ``~SEQ`` or ``~LST`` being worked through: the text, and the values its variables still have to take (never none)."""

    text: str
    names: list[str]
    values: Iterator[list[str]]
    remaining: int


@dataclass(slots=True)
class Pending:
    """Further lines of a multi-line definition, and how many repeats were open when it was used."""

    lines: deque[str]
    repeats: int


@dataclass(slots=True)
class Consolidated:
    """The logical lines of a configuration, and the files they came from."""

    lines: list[Line] = field(default_factory=list)
    files: tuple[str, ...] = ()


class Expander:
    """Reads a configuration through a Source and yields its logical lines."""

    def __init__(self, source: Source, report: Report, *, config_id: str) -> None:
        self.source = source
        self.report = report
        self.config_id = config_id
        self.definitions: dict[str, Definition] = {}
        self.repeats: list[Repeat] = []
        self.pending: list[Pending] = []
        self.result = Consolidated()
        self._looked_at = 0
        self._decommented: dict[str, tuple[str, bool]] = {}
        self._random: random.Random | None = None

    def read(self) -> Consolidated:
        """Work through the opened files."""
        source = self.source
        physical = source.lines()
        keep = self.result.lines.append
        simple: dict[str, tuple[str, ...] | None] = {}
        while True:
            if self.repeats or self.pending:
                text = self._next_text()
            else:
                raw = next(physical, None)
                if raw is None:
                    break
                try:
                    pieces = simple[raw]
                except KeyError:
                    pieces = simple[raw] = _simple(raw)
                if pieces is not None:
                    current = source.stack[-1]
                    for piece in pieces:
                        keep(_new_line(Line, (piece, current.name, current.line, source.position)))
                        source.position += 1
                    continue
                text = self._decomment(raw)
            while text:
                text = self._one(text)
            if source.given_up:
                break
        if source.given_up:
            self.result.lines.clear()
        self.result.files = tuple(source.files)
        return self.result

    def _next_text(self) -> str:
        """Give the next raw text of an open repeat or of a multi-line definition."""
        floor = self.pending[-1].repeats if self.pending else 0
        self.source.generate()
        if len(self.repeats) > floor:
            return self._next_repeat()
        pending = self.pending[-1]
        text = pending.lines.popleft()
        if not pending.lines:
            self.pending.pop()
        return text

    def _next_repeat(self) -> str:
        repeat = self.repeats[-1]
        for name, value in zip(repeat.names, next(repeat.values), strict=False):
            self.definitions[name] = Definition(lines=[value])
        repeat.remaining -= 1
        if not repeat.remaining:
            self.repeats.pop()
        return repeat.text

    def _decomment(self, raw: str) -> str:
        known = self._decommented.get(raw)
        if known is None:
            known = self._decommented[raw] = decomment(raw)
        text, unterminated = known
        if unterminated:
            self._unterminated(text)
        return text

    def _unterminated(self, text: str) -> None:
        """Report a quote that stays open, in every process's words."""
        report, source = self.report, self.source
        location = None
        for stage in _STAGES:
            if report.full(stage):
                report.leave_out(ErrorClass.GENERAL, stage)
                continue
            location = location or source.location
            message = f"Unterminated quote '{text}'"
            report.add(ErrorClass.GENERAL, message, stage=stage, position=source.position, location=location)

    def _one(self, text: str) -> str:
        """Work on one text: keeps its first logical line, returns what follows a brace."""
        expanded = self._expand(text)
        if not expanded or self._include(expanded):
            return ""
        line, residue = split_brace(expanded)
        source = self.source
        if not source.stack:
            return residue
        current = source.stack[-1]
        self.result.lines.append(Line(line, current.name, current.line, source.position))
        source.position += 1
        self._watch(line)
        return residue

    def _watch(self, line: str) -> None:
        """``include_check`` takes effect at once, on the files that follow."""
        if line.startswith("include_check"):
            words = line.split()
            if words[0] != "include_check":
                return
            plain = [word for word in words[1:] if word[0] not in "+-"]
            wanted = 0 if plain else self.source.include_check
            if len(words) == 1:
                wanted = READ | MATCH | WILDCARD | BRACE
            for word in words[1:]:
                kind = CHECK_WORDS.get(word.lstrip("+-"), 0)
                wanted = wanted & ~kind if word[0] == "-" else wanted | kind
            self.source.include_check = wanted

    def _include(self, text: str) -> bool:
        if not text.startswith("include") or not (match := _INCLUDE.match(text)):
            return False
        self.source.open(match.group(2).lstrip(" \t"), DIRECTIVES[match.group(1)])
        if self.source.failed:
            self.report.stop(EXIT_NO_CONFIG, stage=Stage.PARENT, position=AT_END)
        return True

    def _expand(self, text: str) -> str:
        """Apply ``@id``, definitions and repeats; "" when nothing is left to use as a line."""
        if text[0] == "@":
            text = self._condition(text)
            if not text:
                return ""
        if text[0] == "$" and self._define(text):
            return ""
        if text.startswith(("~SEQ", "~LST")):
            self._repeat(text)
            return ""
        if text[0] == "~" or "$" not in text:
            return text
        replaced = self._substitute(text)
        return text if replaced is None else self._decomment(replaced)

    def _condition(self, text: str) -> str:
        """``@id rest`` and ``@^id rest``: the rest when it applies here."""
        unless = text[1:2] == "^"
        word, _, rest = text[2 if unless else 1 :].replace("\t", " ").partition(" ")
        if not rest:
            return ""
        rest = text[len(text) - len(rest) :].lstrip(" \t")
        return rest if (word == self.config_id) != unless else ""

    def _define(self, text: str) -> bool:
        match = _DEFINITION.match(text)
        if match is None:
            return False
        name, value = match.groups()
        if not value.endswith("\\"):
            self.definitions[name] = Definition(lines=[value])
            return True
        lines = [value[:-1].rstrip(" \t")] if value[:-1].strip(" \t") else []
        for raw in self.source.lines():
            more = self._decomment(raw)
            last = not more.endswith("\\")
            more = more if last else more[:-1].rstrip(" \t")
            if more:
                lines.append(more)
            if last:
                break
        self.definitions[name] = Definition(lines=lines or [""], multiline=len(lines) > 1)
        return True

    def _substitute(self, text: str) -> str | None:
        """Replace references until none is left that can be; None when there was none."""
        changed = False
        at = 0
        while match := _REFERENCE.search(text, at):
            self._looked_at += 1
            if self._looked_at > MAX_SUBSTITUTIONS + self.source.size:
                self.source.give_up("definitions refer to definitions without end - giving up")
                break
            name = match["braced"] or match["plain"]
            value = self._value(name, (match["parameters"] or "").split(), last=match.end() == len(text))
            if value is None:
                at = match.start() + 1
                continue
            if len(text) + len(value[0]) - len(match.group()) >= _MAX_LINE:
                self._log(f"Parameter substitution on line '{text}' would exceed maximum line length")
                break
            text = text[: match.start()] + value[0] + text[match.end() :]
            changed = True
            at = match.start()
            if len(value) > 1:
                self.pending.append(Pending(lines=deque(value[1:]), repeats=len(self.repeats)))
        return text if changed else None

    def _value(self, name: str, parameters: list[str], *, last: bool) -> list[str] | None:
        """Give the lines a reference stands for; None when it is left as it is."""
        definition = self.definitions.get(name)
        if definition is not None:
            if parameters or (definition.multiline and not last):
                return None
            return definition.lines
        match name:
            case "_PWD":
                return [os.path.realpath(self.source.directory)]
            case "_INSTANCE":
                return [self.config_id]
            case "_HASH":
                return ["#"]
            case "_BANG":
                return ["!"]
            case "_RANDOM":
                return self._random_number(parameters)
            case "_ENV" if len(parameters) == 1:
                return [os.environ.get(parameters[0], "")]
            case _:
                return None

    def _random_number(self, parameters: list[str]) -> list[str] | None:
        if not all(parameter.isdigit() for parameter in parameters):
            self._error("Definition _RANDOM requires numeric parameters only.")
            return None
        if len(parameters) > 2:
            count = len(parameters)
            self._error(f"Definition _RANDOM requires between 0 and 2 parameters, {count} specified.")
            return None
        low, high = 0, 32767
        if parameters:
            low = int(parameters[0])
        if len(parameters) == 2:
            high = int(parameters[1])
        if self._random is None:
            import random  # noqa: PLC0415  5 ms, and hardly anybody asks for chance

            self._random = random.Random(int(time.time()))  # noqa: S311  keepalived's $_RANDOM, not a secret
        return [str(self._random.randint(low, max(low, high)))]

    def _repeat(self, text: str) -> None:
        repeat = self._sequence(text) if text.startswith("~SEQ") else self._list(text)
        if repeat is None:
            kind = text[:4]
            self._error(f"Invalid {kind} specification '{text}'")
        elif repeat.text:
            self.repeats.append(repeat)

    def _sequence(self, text: str) -> Repeat | None:
        match = _SEQUENCE.match(text)
        if match is None:
            self._error(f"Invalid ~SEQ definition '{text}'")
            return None
        hexadecimal, name, numbers_text, rest = match.groups()
        numbers_text = self._substitute(numbers_text.strip(" \t")) or numbers_text
        try:
            numbers = [_c_number(word.strip(" \t")) for word in numbers_text.split(",")]
        except ValueError:
            self._error(f"Invalid ~SEQ definition '{text}'")
            return None
        if len(numbers) == 1:
            end = numbers[0]
            start, step = (-1 if end < 0 else 1), (-1 if end < 1 else 1)
        elif len(numbers) == 2:
            start, end = numbers
            step = 1 if start <= end else -1
        elif len(numbers) == 3:
            start, step, end = numbers
        else:
            self._error(f"Invalid ~SEQ definition '{text}'")
            return None
        if step == 0 or (start < end and step < 0) or (start > end and step > 0):
            self._error(f"Invalid ~SEQ values '{text}'")
            return None
        if hexadecimal and (start < 0 or end < 0):
            self._error(f"~SEQx is only valid for positive numbers '{text}'")
            return None
        values = range(start, end + (1 if step > 0 else -1), step)
        texts = ([f"{value:x}" if hexadecimal else str(value)] for value in values)
        return Repeat(text=rest, names=[name], values=texts, remaining=(end - start) // step + 1)

    def _list(self, text: str) -> Repeat | None:
        match = _LIST.match(text)
        if match is None:
            return None
        sets, rest = _parse_sets(match.group(1))
        if len(sets) < 2:
            return None
        names, *values = sets
        if any(len(value) > len(names) for value in values):
            self._error(f"~LST specification has too many values '{text}'")
            return None
        padded = [value + [""] * (len(names) - len(value)) for value in values]
        return Repeat(text=rest, names=names, values=iter(padded), remaining=len(padded))

    def _error(self, message: str) -> None:
        self.source.problem(ErrorClass.GENERAL, message)

    def _log(self, message: str) -> None:
        self.source.problem(ErrorClass.LOG, message)


def _simple(raw: str) -> tuple[str, ...] | None:
    """Give the logical lines of a physical one in which nothing but words, a comment or a brace at its end stands.

    None for any other: those need more than a look.
    """
    text = raw.strip(" \t")
    if not text or text[0] in "#!":
        return ()
    if text[0] in "@~" or text.startswith("include"):
        return None
    match = _SPECIAL.search(text)
    if match is None or text == "}":
        return (text,)
    if text[match.start() :] == "{":
        head = text[:-1].rstrip(" \t")
        return (head, "{") if head else ("{",)
    return None


def _c_number(text: str) -> int:
    """Give a number as C's strtol with base 0 reads it. Raises ValueError."""
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if digits.startswith("0") and digits.isdigit():
        return sign * int(digits, 8)
    return sign * int(digits, 0)


def _parse_sets(text: str) -> tuple[list[list[str]], str]:
    """Split ``A, B) rest`` or ``{A,B}, {C,D}) rest`` into the sets and the rest; no sets when malformed."""
    sets: list[list[str]] = []
    at = 0
    while match := _SET.match(text, at):
        group, single, end = match.groups()
        sets.append([word.strip(" \t") for word in group.split(",")] if group is not None else [single])
        at = match.end()
        if end == ")":
            return sets, text[at:].lstrip(" \t")
    return [], ""
