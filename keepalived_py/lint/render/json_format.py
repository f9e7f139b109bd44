"""Findings as one JSON object, for programs of one's own. The fields only ever grow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from keepalived_py.lint.diagnostic import Severity

if TYPE_CHECKING:
    from keepalived_py.lint.diagnostic import Diagnostic
    from keepalived_py.lint.engine import Result
    from keepalived_py.lint.weights import Table


def render(result: Result) -> str:
    """Give ``{"version": 1, "files", "unreadable", "findings", "elections", "counts"}``; lines and columns count from 1."""
    document = {
        "version": 1,
        "files": list(result.files),
        "unreadable": list(result.unreadable),
        "findings": [_finding(one) for one in result.diagnostics],
        "elections": [_table(table) for table in result.tables],
        "counts": {severity.word: sum(one.severity == severity for one in result.diagnostics) for severity in Severity},
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.span
    return {
        "rule": diagnostic.rule,
        "severity": diagnostic.severity.word,
        "file": diagnostic.file if span is None else span.file,
        "line": None if span is None else span.line,
        "column": None if span is None else span.start,
        "end_column": None if span is None else span.end,
        "node": diagnostic.node or None,
        "message": diagnostic.message,
        "advice": diagnostic.advice,
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "nodes": [one.node for one in table.candidates],
        "rows": [
            {
                "failed": [{"node": node, "script": script} for node, script in sorted(row.failed)],
                "priorities": list(row.priorities),
                "winners": list(row.winners),
                "effect": table.mark(row),
            }
            for row in table.rows
        ],
    }
