"""Runs the rules over files and gives what they find, sorted, selected; decides the exit status. Prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from keepalived_py.config.load import uncollected
from keepalived_py.lint import cluster, rules
from keepalived_py.lint.diagnostic import Diagnostic, Severity
from keepalived_py.lint.findings import keepalived_findings, not_acted_on
from keepalived_py.lint.registry import RULES, Finding, Rule
from keepalived_py.lint.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keepalived_py.config.host import Host
    from keepalived_py.lint.weights import Table

EXIT_CLEAN: Final = 0
EXIT_FINDINGS: Final = 1
EXIT_UNREADABLE: Final = 2

#: Where the rules are; imported above so that they are registered.
REGISTERED: Final = (cluster, rules)


class UnknownRuleError(ValueError):
    """A rule was asked for that does not exist; ``args[0]`` is what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rules count: ids, or the beginning of ids such as ``V`` or ``V1``. Nothing selected is everything."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @classmethod
    def of(cls, select: str = "", ignore: str = "") -> Selection:
        """Read two lists with commas. Raises UnknownRuleError for what is the beginning of no id."""
        lists = [tuple(word.strip().upper() for word in text.split(",") if word.strip()) for text in (select, ignore)]
        for word in [*lists[0], *lists[1]]:
            if not any(id_.startswith(word) for id_ in RULES):
                raise UnknownRuleError(word)
        return cls(select=lists[0], ignore=lists[1])

    def takes(self, id_: str) -> bool:
        """Whether a rule counts."""
        return (not self.select or id_.startswith(self.select)) and not (self.ignore and id_.startswith(self.ignore))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run found. ``unreadable`` are the paths that gave no file."""

    diagnostics: tuple[Diagnostic, ...]
    tables: tuple[Table, ...] = ()
    files: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = field(default=())

    def status(self, fail_on: Severity) -> int:
        """Give the exit status: 2 unreadable, 1 something as bad as ``fail_on``, 0 neither."""
        if self.unreadable:
            return EXIT_UNREADABLE
        return EXIT_FINDINGS if any(one.severity >= fail_on for one in self.diagnostics) else EXIT_CLEAN


def run(paths: Sequence[str], *, host: Host, config_id: str, selection: Selection | None = None) -> Result:
    """Check files. ``NODE=FILE`` names a node; with several files the rules for clusters run too."""
    with uncollected():
        return _run(paths, host, config_id, selection or Selection())


def _run(paths: Sequence[str], host: Host, config_id: str, selection: Selection) -> Result:
    subjects = [_subject(path, host, config_id) for path in paths]
    diagnostics: list[Diagnostic] = []
    for subject in subjects:
        found = list(_single(subject, selection))
        diagnostics.extend(sorted(dict.fromkeys(found), key=lambda one: (one.place, -one.severity, one.rule)))
    readable = [subject for subject in subjects if subject.tree.readable]
    together = cluster.Cluster(readable)
    if len(readable) > 1:
        several = list(_several(together, selection))
        diagnostics.extend(sorted(dict.fromkeys(several), key=lambda one: (one.rule, one.node, one.place)))
    return Result(
        diagnostics=tuple(diagnostics),
        tables=tuple(cluster.tables(together)) if len(readable) > 1 else (),
        files=tuple(subject.path for subject in subjects),
        unreadable=tuple(subject.path for subject in subjects if not subject.tree.readable),
    )


def _subject(argument: str, host: Host, config_id: str) -> Subject:
    name, equals, path = argument.partition("=")
    if equals and name and "/" not in name and path:
        return Subject(path, host=host, config_id=name, name=name)
    return Subject(argument, host=host, config_id=config_id)


def _single(subject: Subject, selection: Selection) -> Iterable[Diagnostic]:
    for id_, finding in [*keepalived_findings(subject), *not_acted_on(subject)]:
        if selection.takes(id_):
            yield _diagnostic(subject, RULES[id_], finding)
    if not subject.tree.readable:
        return
    for rule in list(RULES.values()):
        if rule.check is not None and selection.takes(rule.id):
            for finding in rule.check(subject):
                yield _diagnostic(subject, rule, finding)


def _several(together: cluster.Cluster, selection: Selection) -> Iterable[Diagnostic]:
    for rule in list(RULES.values()):
        if rule.cluster_check is not None and selection.takes(rule.id):
            for finding in rule.cluster_check(together):
                yield _diagnostic(finding.subject or together.subjects[0], rule, finding)


def _diagnostic(subject: Subject, rule: Rule, finding: Finding) -> Diagnostic:
    span = None
    node = finding.node
    if node is not None and node.line.line > 0:
        word = finding.word
        if isinstance(word, int):
            word = node.words[word] if word < len(node.words) else None
        span = subject.tree.files.span(node.line, word)
    return Diagnostic(
        rule=rule.id,
        severity=rule.severity if finding.severity is None else finding.severity,
        file=subject.path,
        message=finding.message,
        advice=finding.advice,
        span=span,
        node="" if subject.name == subject.path else subject.name,
    )
