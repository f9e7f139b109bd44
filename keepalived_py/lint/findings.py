"""keepalived's own findings turned into findings of ours: one for each cause, with its place, an explanation and a suggestion."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING, Final

from keepalived_py.config.keywords import ROOT, BlockType
from keepalived_py.config.report import ErrorClass, Problem
from keepalived_py.lint import known
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding
from keepalived_py.lint.similar import did_you_mean
from keepalived_py.lint.tree import Node, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from keepalived_py.config.ast import Location
    from keepalived_py.config.expand import Line
    from keepalived_py.lint.subject import Subject

#: Keywords that are off when they are not written, and of which 0 is refused.
_OFF_BY_DEFAULT: Final = frozenset({"vrrp_garp_interval", "vrrp_gna_interval", "persistence_timeout"})
#: A finding with the id of its rule.
Numbered = tuple[str, Finding]

_NAMED: Final = re.compile(r"^\((?P<name>[^)]+)\)")
_TOKEN: Final = re.compile(r"[\w.:-]+")
_SERVICE: Final = re.compile(r"\[([^\]]+)\]:(?:\w+:)?(\d+)")
_QUOTED: Final = re.compile(r"'([^']*)'")
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
_EVERY_KEYWORD: Final[set[str]] = set()


def keepalived_findings(subject: Subject) -> Iterator[Numbered]:
    """Give what keepalived reports, each cause once, in the order of the file."""
    yield from _Findings(subject).all()


def not_acted_on(subject: Subject) -> Iterator[Numbered]:
    """Give what is understood but not done yet, once a keyword."""
    seen: set[str] = set()
    for item in subject.loaded.report.not_acted_on:
        keyword = item.what.rpartition(": ")[2] if ": " in item.what else item.what.partition(" ")[0]
        if keyword in seen:
            continue
        seen.add(keyword)
        node = None
        if item.location is not None:
            node = _at_line(subject, item.location.file, item.location.line)
        severity = Severity.WARNING if item.unsafe else Severity.INFO
        consequence = f"; {item.consequence}" if item.consequence else ""
        message = f"{printable(item.what)} is accepted, not acted on yet{consequence}."
        yield (
            known.NOT_ACTED_ON,
            Finding(node=node, message=message, advice="Do without it, or use keepalived for this.", severity=severity),
        )


def _at_line(subject: Subject, file: str, line: int) -> Node | None:
    for node in subject.root.walk():
        if node.line.line == line and node.line.file == file:
            return node
    return None


class _Findings:
    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.lines = subject.tree.lines
        self.places = {node.line.position: node for node in subject.root.walk()}
        self.ends = {block.end: block for block in self.places.values() if block.kind is not None}
        self.numbers: dict[Location, list[str]] = {}
        for problem in subject.loaded.report.problems:
            if problem.error_class == ErrorClass.INVALID_NUMBER and problem.location is not None:
                self.numbers.setdefault(problem.location, []).append(printable(problem.message))
        self.named = self._names()
        self.services = {(str(one.address), str(one.port)): one.node for one in reversed(subject.virtual_servers)}
        self.shadows = self._shadows()

    def _names(self) -> dict[str, Node]:
        names: dict[str, Node] = {}
        for node in self.subject.root.children:
            if node.kind is not None and len(node.words) > 1:
                names.setdefault(node.words[1], node)
        return names

    def all(self) -> Iterator[Numbered]:
        """Give the findings."""
        problems = [problem for problem in self.subject.loaded.report.problems if self._counts(problem)]
        seen: set[tuple[str, int, str]] = set()
        kept: list[Problem] = []
        for problem in problems:
            place = ("", 0) if problem.location is None else (problem.location.file, problem.location.line)
            if (*place, problem.message) not in seen:
                seen.add((*place, problem.message))
                kept.append(problem)
        explained = {problem.location for problem in kept if problem.error_class == ErrorClass.GENERAL}
        kept = [problem for problem in kept if not _explained(problem, explained)]
        quotes: set[object] = set()
        for problem in kept:
            quote = "quote" in problem.message or "missing terminating" in problem.message
            if quote and problem.location is not None:
                if problem.location in quotes:
                    continue
                quotes.add(problem.location)
            if self._said_better(problem, kept):
                continue
            if problem.message == "Unknown keyword '}'" and any(
                other.error_class == ErrorClass.UNEXPECTED_EOB for other in kept
            ):
                continue
            if problem.message.lstrip().startswith("Please use global lvs_sync_daemon"):
                continue  # the second half of a message
            yield self._finding(problem)

    def _counts(self, problem: Problem) -> bool:
        if problem.error_class == ErrorClass.LOG:
            return False
        if problem.error_class == ErrorClass.OK and problem.location is not None:
            return problem.message.startswith("Configuration file")  # of includes without a match K007 speaks
        return not (problem.error_class <= ErrorClass.MISSING_EOB and self._shadowed(problem))

    def _said_better(self, problem: Problem, others: list[Problem]) -> bool:
        """Whether another message gives the reason for this one."""
        if problem.message == "Non-existent interface specified in configuration":
            return any("doesn't exist" in other.message or "Unknown interface" in other.message for other in others)
        if problem.message.endswith("Unknown interface!"):
            name = problem.message.partition(" ")[0].strip("()")
            block = self.named.get(name)
            lines = {statement.line.line for statement in block.all("interface")} if block else set()
            return any(other is not problem and other.location and other.location.line in lines for other in others)
        if problem.message.endswith("the virtual router id must be set"):
            name = problem.message.partition(")")[0]
            return any(other is not problem and other.message.startswith(f"{name}): VRID") for other in others)
        return False

    # ---- consequences of an unknown block name

    def _shadows(self) -> list[tuple[int, int]]:
        """Give the places whose problems come from an unknown word before a brace: from its brace to what it unsettles."""
        pairs = self.subject.tree.outline.pairs
        shadows: list[tuple[int, int]] = []
        unknown = sorted(
            {
                problem.position
                for problem in self.subject.loaded.report.problems
                if problem.error_class == ErrorClass.UNKNOWN_KEYWORD
            }
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
        word = _first_quoted(problem.message)
        if not _EVERY_KEYWORD:
            _EVERY_KEYWORD.update(_keywords_below(ROOT))
        return word in _EVERY_KEYWORD or not word.isidentifier()

    # ---- one finding

    def _finding(self, problem: Problem) -> Numbered:
        message = printable(problem.message)
        row = next((row for row in known.KNOWN if row.pattern.search(problem.message)), None)
        rule = _OF_CLASS.get(problem.error_class, known.OTHER)
        advice, severity, keyword = _ADVICE.get(rule, ""), None, ""
        if rule in {known.OTHER, known.NUMBER, known.INTERFACE, known.DEPRECATED} and row is not None:
            rule, advice, severity, keyword = row.rule, row.advice, row.severity, row.keyword
        node, word = self._place(problem, keyword)
        if problem.error_class == ErrorClass.MISSING_EOB and node is None:
            node = self._unclosed()
        if rule == known.UNKNOWN_KEYWORD:
            advice = self._suggestion(problem)
        elif rule == known.STRUCTURE and node is not None and "$" in node.line.text:
            advice += " A '${NAME}' that is not defined counts as braces."
        elif rule in {"S101", "V116"}:
            advice += self._meant(message, problem)
        elif rule == known.INTERFACE:
            advice += self._interface_meant(message)
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

    def _place(self, problem: Problem, keyword: str) -> tuple[Node | None, int | None]:
        if problem.location is not None:
            node = self._at(problem.position)
            if node is None:
                return None, None
            if node.keyword == "}" and problem.error_class >= ErrorClass.MISSING_PARAMETER:
                ended = [
                    block for block in self.places.values() if block.kind is not None and block.end == problem.position
                ]
                if ended:
                    return ended[0], None
            return node, _word_in(node, problem.message)
        block = self._block_named(problem.message)
        if block is None:
            return None, None
        statement = block.last(keyword) if keyword else None
        if statement is None:
            mentioned = [child for child in block.children if _mentions(problem.message, child.keyword)]
            if not mentioned:
                return block, None
            statement = mentioned[-1]
        inner = [entry for entry in statement.children if _mentions(problem.message, entry.words[0])]
        return (inner[0] if inner else statement), None

    def _block_named(self, message: str) -> Node | None:
        """Give the block that a message names at its beginning, else the last one that it mentions."""
        named = _NAMED.match(message)
        if named and named["name"] in self.named:
            return self.named[named["name"]]
        for address, port in _SERVICE.findall(message):
            if (address, port) in self.services:
                return self.services[address, port]
        found = [self.named[word] for word in _TOKEN.findall(message) if word in self.named]
        return max(found, key=lambda node: node.line.position, default=None)

    def _unclosed(self) -> Node | None:
        """Give the statement whose brace is never closed: the last one when there are several."""
        pairs = self.subject.tree.outline.pairs
        opened = [line for line in self.lines if line.text == "{" and line.position not in pairs]
        return self._at(max(opened[-1].position - 1, 0)) if opened else None

    def _at(self, position: int) -> Node | None:
        if not 0 <= position < len(self.lines):
            return None
        line: Line = self.lines[position]
        if position in self.places:
            return self.places[position]
        return Node(words=line.text.split() or [line.text], line=line)

    def _block_at(self, position: int) -> BlockType:
        kind = ROOT
        node = self.subject.root
        while True:
            for child in node.children:
                if child.kind is not None and child.line.position < position <= child.end:
                    node, kind = child, child.kind
                    break
            else:
                return kind

    def _suggestion(self, problem: Problem) -> str:
        word = _first_quoted(problem.message)
        kind = self._block_at(problem.position)
        if word == "nb_get_retry" and "retry" in kind.keywords:
            return "Write 'retry' in this kind of check."
        meant = did_you_mean(printable(word), [*kind.keywords, *kind.blocks])
        if meant:
            return f"Correct or remove the line.{meant}"
        if word.isascii():
            elsewhere = sorted({name or "the outermost level" for name in _blocks_with(ROOT, word)})
            if elsewhere:
                return f"Move it: it belongs into {' or '.join(elsewhere[:3])}."
            return "Remove the line, or see docs/keywords.md for what may stand here."
        return "The word holds a character that only looks like a letter, or a comment without '#'; correct it."

    def _meant(self, message: str, problem: Problem) -> str:
        root = self.subject.root
        if problem.message.startswith("Virtual router") or "sync group" in message:
            words = message.split()
            name = words[2] if len(words) > 2 else ""
            return did_you_mean(name, [one.name for one in self.subject.instances])
        found = re.search(r"(?:track \w+|track_\w+|BFD) (\S+?),? not", message)
        name = found[1] if found else ""
        same = [node for node in root.children if node.word(1) == name]
        if same and same[0].line.position > problem.position:
            return f" It is defined in line {same[0].line.line}, which is too late."
        if same:
            return f" The one in line {same[0].line.line} was dropped, for a reason given there."
        names = [
            node.word(1)
            for node in root.all("vrrp_script", "track_file", "vrrp_track_file", "vrrp_track_process", "bfd_instance")
        ]
        return did_you_mean(name, names)

    def _interface_meant(self, message: str) -> str:
        found = re.search(r"interface (\S+)", message)
        names = self.subject.host.interface_names()
        return did_you_mean(found[1], names) if found else ""


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


def _first_quoted(message: str) -> str:
    return message.removeprefix("Unknown keyword '").removesuffix("'")


def _mentions(message: str, name: str) -> bool:
    """Whether a name stands in a message by itself."""
    at = message.find(name) if name else -1
    while at >= 0:
        end = at + len(name)
        before, after = message[at - 1 : at], message[end : end + 1]
        if not any(letter.isalnum() or letter in "_.-" for letter in before + after):
            return True
        at = message.find(name, at + 1)
    return False


def _word_in(node: Node, message: str) -> int | None:
    """Find which word of a statement a message quotes; the last one that it does, the keyword only for itself."""
    for match in _QUOTED.finditer(message):
        if match[1] in node.words:
            return node.words.index(match[1])
    candidates = [
        index for index, word in enumerate(node.words) if index and len(word) > 1 and _mentions(message, word)
    ]
    return candidates[0] if candidates else None


def _keywords_below(kind: BlockType) -> Iterable[str]:
    yield from kind.keywords
    for name, block in kind.blocks.items():
        yield name
        yield from _keywords_below(block)


def _blocks_with(kind: BlockType, word: str) -> Iterator[str]:
    if word in kind.keywords or word in kind.blocks:
        yield kind.name
    for block in kind.blocks.values():
        yield from _blocks_with(block, word)
