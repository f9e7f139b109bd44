"""The plays of this folder, each performed once and all at the same time: they mostly wait."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.compat.duel import Story, play
from tests.lab.daemon import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CASTS = {
    "we-multicast": (Program.OURS, Program.REFERENCE, False),
    "they-multicast": (Program.REFERENCE, Program.OURS, False),
    "we-unicast": (Program.OURS, Program.REFERENCE, True),
    "they-unicast": (Program.REFERENCE, Program.OURS, True),
}


@pytest.fixture(scope="package")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Story]]:
    """Give the story of a cast by its name; a play that broke raises in each test that asks for it."""
    with ThreadPoolExecutor(len(CASTS)) as pool:
        running: dict[str, Future[Story]] = {
            name: pool.submit(play, first, second, tmp_path_factory.mktemp(name), unicast=unicast)
            for name, (first, second, unicast) in CASTS.items()
        }
        yield lambda name: running[name].result(120)


@pytest.fixture(params=list(CASTS))
def story(request: pytest.FixtureRequest, plays: Callable[[str], Story]) -> Story:
    """Each cast in turn: "we" or "they" says who is the router of higher priority, that dies, returns and stops."""
    return plays(request.param)


@pytest.fixture(params=[name for name in CASTS if name.startswith("we")])
def story_with_us_first(request: pytest.FixtureRequest, plays: Callable[[str], Story]) -> Story:
    """Give the casts in which keepalived-py has the higher priority."""
    return plays(request.param)


@pytest.fixture(params=[name for name in CASTS if name.startswith("they")])
def story_with_us_second(request: pytest.FixtureRequest, plays: Callable[[str], Story]) -> Story:
    """Give the casts in which keepalived-py has the lower priority."""
    return plays(request.param)
