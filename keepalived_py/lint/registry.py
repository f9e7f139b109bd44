"""The rules by id: severity, title, long text and the function that looks. Knows no rule itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from keepalived_py.lint.cluster import Cluster
    from keepalived_py.lint.diagnostic import Severity
    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.tree import Node

#: What the first letter of an id means.
FAMILIES: Final = {
    "K": "the language: spelling, structure, values, what keepalived itself finds",
    "V": "VRRP instances and sync groups",
    "S": "scripts",
    "L": "LVS: virtual servers, real servers and their checks",
    "G": "global settings and mail",
    "H": "what the host has",
    "C": "several nodes held against each other",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule's function gives. ``node`` is the statement, ``word`` which of its words, or a part of it (None: all of it)."""

    node: Node | None
    message: str
    advice: str
    word: int | str | None = None
    severity: Severity | None = None
    subject: Subject | None = None


SingleCheck: TypeAlias = Callable[["Subject"], Iterable[Finding]]
ClusterCheck: TypeAlias = Callable[["Cluster"], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. ``severity`` is its usual one: a finding may be milder where a case is less certain."""

    id: str
    severity: Severity
    title: str
    text: str
    check: SingleCheck | None = None
    cluster_check: ClusterCheck | None = None


RULES: Final[dict[str, Rule]] = {}


def declare(id_: str, severity: Severity, title: str, text: str) -> str:
    """Register a rule whose findings come from keepalived's own report."""
    _register(Rule(id=id_, severity=severity, title=title, text=inspect.cleandoc(text)))
    return id_


def rule(id_: str, severity: Severity, title: str, text: str) -> Callable[[SingleCheck], SingleCheck]:
    """Register a function that looks at one file."""

    def register(check: SingleCheck) -> SingleCheck:
        _register(Rule(id=id_, severity=severity, title=title, text=inspect.cleandoc(text), check=check))
        return check

    return register


def cluster_rule(id_: str, severity: Severity, title: str, text: str) -> Callable[[ClusterCheck], ClusterCheck]:
    """Register a function that looks at the files of several nodes."""

    def register(check: ClusterCheck) -> ClusterCheck:
        _register(Rule(id=id_, severity=severity, title=title, text=inspect.cleandoc(text), cluster_check=check))
        return check

    return register


def _register(new: Rule) -> None:
    if new.id in RULES or new.id[0] not in FAMILIES:
        message = f"rule {new.id} exists already, or is of no family"
        raise ValueError(message)
    RULES[new.id] = new
