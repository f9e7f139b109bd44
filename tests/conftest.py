"""For the whole suite: the option that rewrites recorded cases, and what happens to tests that cannot run here.

A test marked netns, interop or vm which this machine cannot run is skipped with the reason and counted at the end;
where CI=true it fails instead, so that nothing is silently left out there.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.lab import guest
from tests.lab.capabilities import REASONS, cannot_run

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says more of the machine than of the code; what must be quick has its own test.
settings.register_profile("keepalived-py", deadline=None)
settings.load_profile("keepalived-py")

_CANNOT_RUN = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="rewrite the expectations of recorded cases with what happens now, for review",
    )


@pytest.fixture(scope="session")
def update_cases(request: pytest.FixtureRequest) -> bool:
    """Whether recorded cases are to be rewritten (--update-cases) instead of compared."""
    return bool(request.config.getoption("--update-cases"))


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """Give the suite its umask back: a worker that a test runs in this process takes the configuration's."""
    mask = os.umask(0o022)
    os.umask(mask)
    yield
    os.umask(mask)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_CANNOT_RUN] = Counter()
    config.pluginmanager.register(guest.plugin(config))


def pytest_collection_finish() -> None:
    """Let no garbage collection walk through what was loaded for thousands of tests: some play in real time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark, reason_of in REASONS.items():
        if item.get_closest_marker(mark) is None:
            continue
        reason = reason_of()
        if reason is None:
            continue
        item.config.stash[_CANNOT_RUN][f"{mark}: {reason}"] += 1
        cannot_run(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    counts = config.stash[_CANNOT_RUN]
    if not counts:
        return
    terminalreporter.section("could not run here")
    for reason, count in counts.most_common():
        terminalreporter.line(f"{count} tests: {reason}")
