"""Findings as commands that GitHub Actions turns into annotations, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.lint.diagnostic import Severity

if TYPE_CHECKING:
    from keepalived_py.lint.diagnostic import Diagnostic
    from keepalived_py.lint.engine import Result

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(result: Result) -> str:
    """Give one ``::error file=...::message`` a finding."""
    return "".join(f"{_one(one)}\n" for one in result.diagnostics)


def _one(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    fields = [f"file={_field(diagnostic.file if span is None else span.file)}"]
    if span is not None:
        fields += [f"line={span.line}", f"col={span.start}", f"endColumn={span.end}"]
    fields.append(f"title={_field(diagnostic.rule)}")
    return (
        f"::{_COMMANDS[diagnostic.severity]} {','.join(fields)}::{_text(f'{diagnostic.message} {diagnostic.advice}')}"
    )


def _text(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _field(value: str) -> str:
    return _text(value).replace(":", "%3A").replace(",", "%2C")
