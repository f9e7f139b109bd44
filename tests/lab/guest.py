"""Tests marked vm run inside the virtual machine, all of them in one boot, and are reported here one by one.

Owns the passage: on the host the first such test boots the guest, which runs pytest on every vm test of the session and
writes each report as a line of JSON; the host hands those reports on as its own. Inside the guest only the writing is
done. So a vm test is an ordinary test with ordinary fixtures; it simply always has ip_vs.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.capabilities import in_guest, vm_reason
from tests.lab.vm import GuestRun, run_in_guest

if TYPE_CHECKING:
    from collections.abc import Iterable

REPORTS = "reports.jsonl"
RESULTS_VARIABLE = "KEEPALIVED_LAB_RESULTS"
TIMEOUT = 1800.0


class ReportWriter:
    """In the guest: writes every report where the host reads it."""

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self._config = config
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Append one report; the file is written through to the host at once."""
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        with self._path.open("a") as output:
            output.write(json.dumps(data, default=str) + "\n")


class GuestRunner:
    """On the host: runs the session's vm tests in the guest when the first of them is due."""

    def __init__(self) -> None:
        self._reports: dict[str, list[pytest.TestReport]] | None = None
        self._run: GuestRun | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the guest to the end: whatever fails quickly is told first."""
        items.sort(key=lambda item: item.get_closest_marker("vm") is not None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Stand in for running a vm test here; other tests, and machines that cannot boot one, are left to pytest."""
        if item.get_closest_marker("vm") is None or vm_reason() is not None:
            return None
        if self._reports is None:
            self._reports = self._boot(item.config, item.session.items)
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in self._reports.get(item.nodeid) or [self._no_report(item)]:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how long the guest ran."""
        if self._run is not None:
            terminalreporter.line(f"virtual machine: one boot, {self._run.seconds:.0f} s")

    def _boot(self, config: pytest.Config, items: Iterable[pytest.Item]) -> dict[str, list[pytest.TestReport]]:
        wanted = [item.nodeid for item in items if item.get_closest_marker("vm") is not None]
        with tempfile.TemporaryDirectory(prefix="keepalived-py-vm-") as folder:
            results = Path(folder)
            options = [
                "-p",
                "no:cacheprovider",
                "-p",
                "no:hypothesispytest",
                "--basetemp=/tmp/keepalived-py-guest",
                "-q",
            ]
            command = ["env", f"{RESULTS_VARIABLE}={results}", sys.executable, "-m", "pytest", *options, *wanted]
            self._run = run_in_guest(command, results, TIMEOUT)
            reports: dict[str, list[pytest.TestReport]] = {}
            written = results / REPORTS
            for line in written.read_text().splitlines() if written.exists() else ():
                report = config.hook.pytest_report_from_serializable(config=config, data=_with_tuples(json.loads(line)))
                reports.setdefault(report.nodeid, []).append(report)
        return reports

    def _no_report(self, item: pytest.Item) -> pytest.TestReport:
        console = self._run.console[-6000:] if self._run else ""
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="failed",
            longrepr=f"the virtual machine brought no report of this test; its console ended:\n{console}",
            when="call",
        )


def _with_tuples(data: dict[str, Any]) -> dict[str, Any]:
    # JSON has no tuples; pytest's terminal takes locations and skip reasons apart as such.
    data["location"] = tuple(data["location"])
    if isinstance(data.get("longrepr"), list):
        data["longrepr"] = tuple(data["longrepr"])
    return data


def plugin(config: pytest.Config) -> object:
    """Return the plugin for this side."""
    if in_guest():
        return ReportWriter(config, Path(os.environ[RESULTS_VARIABLE]) / REPORTS)
    return GuestRunner()
