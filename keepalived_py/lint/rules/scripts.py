"""Rules about ``vrrp_script`` blocks and what their timing means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.views import micro

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.views import ScriptView

_E, _W = Severity.ERROR, Severity.WARNING
_SECOND: Final = 1_000_000

#: What a command line says about how long it may take.
_DURATIONS: Final = (
    re.compile(r"(?:^|[\s;&|/])sleep\s+(\d+(?:\.\d+)?)(?=$|[\s;&|\"')])"),
    re.compile(r"(?:^|[\s;&|/])timeout\s+(?:-\S+\s+)*(\d+(?:\.\d+)?)s?\s"),
    re.compile(r"curl\b.*\s(?:-m|--max-time)[\s=](\d+(?:\.\d+)?)"),
    re.compile(r"ping\b.*\s-w\s*(\d+)"),
)


def _seconds(time: int) -> str:
    return f"{time / _SECOND:g} s"


@rule(
    "S001",
    _W,
    "timeout longer than the interval",
    """A script that takes longer than its interval is not started again until it has ended: keepalived logs
    "already running" and the
    failure is noticed only after the timeout.""",
)
def _long_timeout(subject: Subject) -> Iterator[Finding]:
    for script in subject.scripts:
        if script.timeout is not None and script.timeout > script.interval:
            yield Finding(
                node=script.node.last("timeout"),
                word=1,
                message=f"{script.name} may run {_seconds(script.timeout)}, but is to run every {_seconds(script.interval)}.",
                advice="Make the timeout at most the interval.",
            )


@rule(
    "S002",
    _W,
    "script that nothing tracks",
    "A `vrrp_script` that stands in no `track_script` is never run.",
)
def _unused(subject: Subject) -> Iterator[Finding]:
    owners = subject.root.all("vrrp_instance", "vrrp_sync_group")
    used = {entry.words[0] for owner in owners for entry in owner.entries("track_script")}
    for script in subject.scripts:
        if script.name and script.name not in used:
            yield Finding(
                node=script.node,
                word=1,
                message=f"vrrp_script {script.name} is tracked by no instance and no group.",
                advice="Add it to a track_script block, or remove it.",
            )


@rule(
    "S003",
    _E,
    "two scripts of one name",
    """keepalived accepts a second `vrrp_script` of the same name without a word; every reference finds the
    first, the second never runs.""",
)
def _same_name(subject: Subject) -> Iterator[Finding]:
    seen: dict[str, ScriptView] = {}
    for script in subject.scripts:
        first = seen.setdefault(script.name, script)
        if first is not script and script.name:
            yield Finding(
                node=script.node,
                word=1,
                message=f"vrrp_script {script.name} exists already, in line {first.node.line.line}; this one is never used.",
                advice="Rename it, and track it under the new name.",
            )


@rule(
    "S013",
    _W,
    "script that runs as long as its interval",
    "The command line itself asks for a wait of the interval or more, so runs are skipped or end by the timeout.",
)
def _slow(subject: Subject) -> Iterator[Finding]:
    for script in subject.scripts:
        text = " ".join(script.argv)
        for pattern in _DURATIONS:
            found = pattern.search(text)
            time = micro(found[1]) if found else None
            if found and time is not None and time >= script.interval:
                yield Finding(
                    node=script.command,
                    message=f"'{found[0].strip()}' takes {_seconds(time)},"
                    f" but {script.name} is to run every {_seconds(script.interval)}.",
                    advice="Wait for less than the interval, or lengthen it.",
                )
                break
