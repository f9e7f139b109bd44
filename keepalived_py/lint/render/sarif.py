"""Findings as SARIF 2.1.0 (OASIS), which code hosts and editors read."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from keepalived_py import __version__
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import RULES

if TYPE_CHECKING:
    from keepalived_py.lint.diagnostic import Diagnostic
    from keepalived_py.lint.engine import Result
    from keepalived_py.lint.registry import Rule

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(result: Result) -> str:
    """Give one run with the rules that were used and a result for each finding."""
    used = sorted({one.rule for one in result.diagnostics})
    places = {id_: place for place, id_ in enumerate(used)}
    driver = {
        "name": "keepalived-py",
        "version": __version__,
        "rules": [_rule(RULES[id_]) for id_ in used],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not result.unreadable}],
        "results": [_result(one, places[one.rule]) for one in result.diagnostics],
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": " ".join(rule.text.split())},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(diagnostic: Diagnostic, place: int) -> dict[str, Any]:
    span = diagnostic.span
    file = diagnostic.file if span is None else span.file
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if span is not None:
        location["region"] = {
            "startLine": span.line,
            "startColumn": span.start,
            "endColumn": max(span.end, span.start),
            "snippet": {"text": span.text},
        }
    return {
        "ruleId": diagnostic.rule,
        "ruleIndex": place,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": f"{diagnostic.message} {diagnostic.advice}".strip()},
        "locations": [{"physicalLocation": location}],
    }


def _uri(file: str) -> str:
    path = quote(os.fsencode(file))
    return f"file://{path}" if path.startswith("/") else path
