"""``--check-conf``: what is wrong with configuration files, told to a person: place, severity, message, the line itself.

Reads the same as the daemon does and adds nothing to its judgement; rules of its own come with the lint room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.load import load
from keepalived_py.config.report import ErrorClass, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keepalived_py.config.ast import Location
    from keepalived_py.config.host import Host
    from keepalived_py.config.report import Report

_SEVERITIES: Final = {
    ErrorClass.LOG: "note",
    ErrorClass.OK: "note",
    ErrorClass.DEPRECATED: "warning",
    ErrorClass.WARNING: "warning",
    ErrorClass.SECURITY: "security",
}


def check(paths: Sequence[str], host: Host, config_id: str) -> tuple[str, int]:
    """Check files one after the other: the text to print, and the worst of their ``-t`` statuses."""
    parts: list[str] = []
    status = 0
    for path in paths:
        loaded = load(path, host=host, config_id=config_id, testing=True)
        found = list(_diagnostics(path, loaded.report))
        status = max(status, loaded.report.exit_status(testing=True))
        parts.extend(found)
        parts.append(_summary(path, loaded.report))
    return "\n".join(parts) + "\n", status


def _diagnostics(path: str, report: Report) -> Iterable[str]:
    seen: set[tuple[str, int, str]] = set()
    for problem in report.problems:
        location = problem.location
        place = ("", 0) if location is None else (location.file, location.line)
        key = (*place, problem.message)
        if key in seen:
            continue  # each of keepalived's processes says it once
        seen.add(key)
        yield from _told(path, problem.message, _severity(problem), location)
    for item in report.not_acted_on:
        consequence = f": {item.consequence}" if item.consequence else ""
        message = f"understood, but this version does nothing about {item.what}{consequence}"
        yield from _told(path, message, "warning" if item.unsafe else "note", item.location)


def _severity(problem: Problem) -> str:
    return _SEVERITIES.get(problem.error_class, "error")


def _told(path: str, message: str, severity: str, location: Location | None) -> Iterable[str]:
    """One diagnostic: ``file:line: severity: message``, and the line it is about."""
    if location is None:
        yield f"{path}: {severity}: {message}"
        return
    yield f"{location.file}:{location.line}: {severity}: {message}"
    text = _line_of(location)
    if text:
        yield f"  {location.line:>5} | {text}"


def _line_of(location: Location) -> str:
    """Read a line again; "" when it cannot be (the file's name may be relative to another one's)."""
    try:
        with open(location.file, "rb") as stream:
            lines = stream.read().split(b"\n")
    except OSError:
        return ""
    if location.line > len(lines):
        return ""
    return lines[location.line - 1].rstrip(b"\r").decode("utf-8", "surrogateescape").replace("\t", "    ")


def _summary(path: str, report: Report) -> str:
    counts = dict.fromkeys(("security", "error", "warning", "note"), 0)
    for problem in report.problems:
        counts[_severity(problem)] += 1
    unsafe = sum(item.unsafe for item in report.not_acted_on)
    words = [f"{count} {severity}" for severity, count in counts.items() if count and severity != "note"]
    if unsafe:
        words.append(f"{unsafe} left out or unchecked")
    return f"{path}: {', '.join(words) if words else 'no problems'}"
