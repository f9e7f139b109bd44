"""keepalived's own findings turned into findings of ours: one for each cause, with its place, an explanation and a suggestion."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING, Final

from keepalived_py.config.report import ErrorClass, Problem
from keepalived_py.lint import known
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.places import Places
from keepalived_py.lint.registry import Finding
from keepalived_py.lint.suggestions import Suggestions, homes, unknown_word
from keepalived_py.lint.tree import Node, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import Location
    from keepalived_py.lint.subject import Subject

#: Keywords that are off when they are not written, and of which 0 is refused.
_OFF_BY_DEFAULT: Final = frozenset({"vrrp_garp_interval", "vrrp_gna_interval", "persistence_timeout"})
#: A finding with the id of its rule.
Numbered = tuple[str, Finding]

#: A number, but for what tells IPv4 from IPv6.
_NUMBER: Final = re.compile(r"(?<!IPv)[0-9]+")
_OF_CLASS: Final = {
    ErrorClass.UNKNOWN_KEYWORD: known.UNKNOWN_KEYWORD,
    ErrorClass.UNEXPECTED_BOB: known.STRUCTURE,
    ErrorClass.MISSING_BOB: known.STRUCTURE,
    ErrorClass.UNEXPECTED_EOB: known.STRUCTURE,
    ErrorClass.MISSING_EOB: known.STRUCTURE,
    ErrorClass.UNMATCHED_QUOTE: known.QUOTE,
    ErrorClass.MISSING_PARAMETER: known.PARAMETER,
    ErrorClass.INVALID_NUMBER: known.NUMBER,
    ErrorClass.FILE_NOT_FOUND: known.FILE,
    ErrorClass.BAD_IF: known.INTERFACE,
    ErrorClass.SECURITY: known.SECURITY,
    ErrorClass.DEPRECATED: known.DEPRECATED,
}
_ADVICE: Final = {
    known.STRUCTURE: "Let each '{' have its '}', on the lines where the block really begins and ends.",
    known.QUOTE: "Close the quote on the same line.",
    known.PARAMETER: "Give the value, or remove the line.",
    known.NUMBER: "Give a number in the range, and nothing behind it.",
    known.FILE: "Correct the name, or the file's permissions.",
    known.INTERFACE: "Correct the name, or set dynamic_interfaces if it appears later.",
    known.SECURITY: "Set enable_script_security and script_user in global_defs.",
    known.DEPRECATED: "Use the new form.",
    known.OTHER: "Correct the line; docs/keywords.md says what it takes.",
}


#: Of what keepalived reports, so many are explained; nobody reads more, and each costs time.
MOST_SHOWN: Final = 2_000


def keepalived_findings(subject: Subject) -> Iterator[Numbered]:
    """Give what keepalived reports, each cause once, in the order of the file."""
    yield from _Findings(subject).all()


def not_acted_on(subject: Subject) -> Iterator[Numbered]:
    """Give what is understood but not done yet, once a keyword."""
    seen: set[str] = set()
    lines = {(node.line.file, node.line.line): node for node in reversed(list(subject.root.walk()))}
    for item in subject.loaded.report.not_acted_on:
        keyword = item.what.rpartition(": ")[2] if ": " in item.what else item.what.partition(" ")[0]
        if keyword in seen:
            continue
        seen.add(keyword)
        node = None
        if item.location is not None:
            node = lines.get((item.location.file, item.location.line))
        severity = Severity.WARNING if item.unsafe else Severity.INFO
        consequence = f"; {item.consequence}" if item.consequence else ""
        message = f"{printable(item.what)} is accepted, not acted on yet{consequence}."
        yield (
            known.NOT_ACTED_ON,
            Finding(node=node, message=message, advice="Do without it, or use keepalived for this.", severity=severity),
        )


class _Reasons:
    """What the messages that give reasons speak of, to tell which other messages are only consequences."""

    def __init__(self, problems: list[Problem], places: Places) -> None:
        self.places = places
        self.interface = any("doesn't exist" in one.message or "Unknown interface" in one.message for one in problems)
        self.brace = any(one.error_class == ErrorClass.UNEXPECTED_EOB for one in problems)
        self.vrids = {one.message.partition("): VRID")[0] for one in problems if "): VRID" in one.message}
        self.lines = {one.location.line for one in problems if one.location is not None}

    def say_better(self, problem: Problem) -> bool:
        """Whether another message gives the reason for this one."""
        if problem.message == "Non-existent interface specified in configuration":
            return self.interface
        if problem.message == "Unknown keyword '}'":
            return self.brace
        if problem.message.endswith("Unknown interface!") and problem.location is None:
            block = self.places.block(problem.message.partition(" ")[0].strip("()"))
            return block is not None and any(one.line.line in self.lines for one in block.all("interface"))
        if problem.message.endswith("the virtual router id must be set"):
            return problem.message.partition(")")[0] in self.vrids
        return False


class _Findings:
    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.lines = subject.tree.lines
        self.problems = subject.loaded.report.problems
        self.places = Places(subject)
        self.suggestions = Suggestions(subject, self.places)
        self.numbers: dict[Location, list[str]] = {}
        for problem in self.problems:
            if problem.error_class == ErrorClass.INVALID_NUMBER and problem.location is not None:
                self.numbers.setdefault(problem.location, []).append(printable(problem.message))
        self.rows: dict[str, known.Known | None] = {}
        self.shadows = self._shadows()

    def all(self) -> Iterator[Numbered]:
        """Give the findings."""
        seen: set[tuple[str, int, str]] = set()
        kept: list[Problem] = []
        for problem in self.problems:
            place = ("", 0) if problem.location is None else (problem.location.file, problem.location.line)
            if self._counts(problem) and (*place, problem.message) not in seen:
                seen.add((*place, problem.message))
                kept.append(problem)
        explained = {problem.location for problem in kept if problem.error_class == ErrorClass.GENERAL}
        kept = [problem for problem in kept if not _explained(problem, explained)]
        reasons = _Reasons(kept, self.places)
        quotes: set[object] = set()
        shown = 0
        for number, problem in enumerate(kept):
            quote = "quote" in problem.message or "missing terminating" in problem.message
            if quote and problem.location is not None:
                if problem.location in quotes:
                    continue
                quotes.add(problem.location)
            if problem.message.lstrip().startswith("Please use global lvs_sync_daemon"):
                continue  # the second half of a message
            if reasons.say_better(problem):
                continue
            if shown == MOST_SHOWN:
                more = len(kept) - number
                message = f"{more} more problem{'s' if more > 1 else ''} that keepalived reports not shown."
                yield known.OTHER, Finding(node=None, message=message, advice="Mend the first ones, then look again.")
                return
            shown += 1
            yield self._finding(problem)

    def _counts(self, problem: Problem) -> bool:
        if problem.error_class == ErrorClass.LOG:
            return False
        if problem.error_class == ErrorClass.OK and problem.location is not None:
            return problem.message.startswith("Configuration file")  # of includes without a match K007 speaks
        return not (problem.error_class <= ErrorClass.MISSING_EOB and self._shadowed(problem))

    # ---- consequences of an unknown block name

    def _shadows(self) -> list[tuple[int, int]]:
        """Give the places whose problems come from an unknown word before a brace: from its brace to what it unsettles."""
        pairs = self.subject.tree.outline.pairs
        shadows: list[tuple[int, int]] = []
        unknown = sorted(
            {problem.position for problem in self.problems if problem.error_class == ErrorClass.UNKNOWN_KEYWORD}
        )
        outer = _outermost(pairs)
        for position in unknown:
            start = position + 1
            end = pairs.get(start)
            if end is None or start >= len(self.lines) or self.lines[start].text != "{":
                continue
            place = bisect.bisect_right(outer, (position, len(self.lines))) - 1
            if place >= 0 and outer[place][1] > position:
                end = max(end, outer[place][1])
            if shadows and start <= shadows[-1][1]:
                shadows[-1] = (shadows[-1][0], max(end, shadows[-1][1]))
            else:
                shadows.append((start, end))
        return shadows

    def _shadowed(self, problem: Problem) -> bool:
        if problem.error_class < ErrorClass.UNKNOWN_KEYWORD:
            return False
        place = bisect.bisect_right(self.shadows, (problem.position, len(self.lines))) - 1
        if place < 0 or problem.position > self.shadows[place][1]:
            return bool(self.shadows) and problem.error_class == ErrorClass.UNEXPECTED_EOB
        if problem.error_class != ErrorClass.UNKNOWN_KEYWORD:
            return True
        word = unknown_word(problem.message)
        return word in homes() or not word.isidentifier()

    # ---- one finding

    def _row(self, message: str) -> known.Known | None:
        """Find the row of a message; messages that differ in numbers alone have the same."""
        shape = _NUMBER.sub("0", message)
        if shape not in self.rows:
            self.rows[shape] = next((row for row in known.KNOWN if row.pattern.search(message)), None)
        return self.rows[shape]

    def _finding(self, problem: Problem) -> Numbered:
        message = printable(problem.message)
        rule = _OF_CLASS.get(problem.error_class, known.OTHER)
        advice, severity, keyword = _ADVICE.get(rule, ""), None, ""
        if rule in {known.OTHER, known.NUMBER, known.INTERFACE, known.DEPRECATED}:
            row = self._row(problem.message)
            if row is not None:
                rule, advice, severity, keyword = row.rule, row.advice, row.severity, row.keyword
        node, word = self.places.of(problem, keyword)
        if problem.error_class == ErrorClass.MISSING_EOB and node is None:
            node = self.places.unclosed()
        if rule == known.UNKNOWN_KEYWORD:
            advice = self.suggestions.keyword(problem)
        elif rule == known.STRUCTURE and node is not None and "$" in node.line.text:
            advice += " A '${NAME}' that is not defined counts as braces."
        elif rule in {"S101", "V116"}:
            advice += self.suggestions.name(message, problem)
        elif rule == known.INTERFACE:
            advice += self.suggestions.interface(message)
        if severity is None and rule == known.OTHER:
            mild = problem.error_class == ErrorClass.WARNING or known.MILD.search(problem.message)
            severity = Severity.WARNING if mild else None
        if problem.error_class == ErrorClass.OK:
            rule, advice = known.FILE, _ADVICE[known.FILE]
        if problem.error_class == ErrorClass.MULTIPLE_FILES:
            severity = Severity.WARNING
        numbers = self.numbers.get(problem.location, []) if problem.location is not None else []
        if numbers and problem.error_class == ErrorClass.GENERAL:
            message = f"{message}: {numbers[0]}" if numbers[0] not in message else message
            rule = known.NUMBER if rule == known.OTHER else rule
            advice = _ADVICE[known.NUMBER] if rule == known.NUMBER else advice
        if rule == known.NUMBER and _refused_zero(node, problem, numbers):
            severity = Severity.WARNING
            advice = "Remove the line: without it the value is 0 already."
        return rule, Finding(node=node, word=word, message=_sentence(message), advice=advice, severity=severity)


def _explained(problem: Problem, explained: set[Location | None]) -> bool:
    """Whether a message about a number is followed by one that says which keyword it belongs to."""
    number = problem.error_class == ErrorClass.INVALID_NUMBER
    return number and problem.location is not None and problem.location in explained


def _outermost(pairs: dict[int, int]) -> list[tuple[int, int]]:
    """Give the pairs of braces that are in no other, in order."""
    outer: list[tuple[int, int]] = []
    for start, end in sorted(pairs.items()):
        if not outer or start > outer[-1][1]:
            outer.append((start, end))
    return outer


def _refused_zero(node: Node | None, problem: Problem, numbers: list[str]) -> bool:
    """Whether a 0 was written that is refused, but is what the keyword means when it is left out."""
    if node is None or node.word(1) != "0":
        return False
    texts = [problem.message, *numbers]
    return node.keyword in _OFF_BY_DEFAULT and any("number '0' outside range" in text for text in texts)


def _sentence(message: str) -> str:
    text = message.removeprefix("*** ").removeprefix("WARNING - ").strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
