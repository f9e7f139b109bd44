"""The same script of events for keepalived-py and for Debian's keepalived: what each says, becomes and mails is compared.

The scripts are generated (happenings.py) from seeds: a few by default, as many as DIFFERENTIAL_SEEDS says otherwise.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.compat.happenings import SPEAKERS, Life, Step, live, script
from tests.lab.daemon import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.netns, pytest.mark.interop]

#: Routers at the same time: they wait nearly always.
AT_ONCE = 16
SEEDS = tuple(range(1, int(os.environ.get("DIFFERENTIAL_SEEDS", "8")) + 1))

#: Announcements come again after seconds, perhaps during another event; who is known as master, and that a version 3 interval is
#: not ours, is said by 2.4 only.
_INCIDENTAL = re.compile(r"ratuitous|master set to|master changed|centi-sec")
#: 2.4 says once what is wrong with a sender's packets, until something changes; 2.2.7 forgets sooner that it has said so.
_COMPLAINT = re.compile(
    r"packet too|wrong version|\d auth, expecting|invalid passwd|packet type|TTL/HL|checksum|MASTER advert|ip number count|mismatch"
)
#: Said of each advert of lower priority.
_REPEATED = re.compile(r"forcing new election|discarding")
#: We speak as 2.4.3, the other is 2.2.7, which names no sender and has other words for a few remarks.
_SENDER = re.compile(
    r"(vrrp packet|wrong VRRP version|auth|passwd|packet type|TTL/HL|checksum|not present in advert|interval mismatch)"
    r" (?:from|with) 10\.77\.0\.\d+"
)
_OLDER_WORDS = (
    (r"expected (\d+) VIPs but received (\d+)", r"received an unexpected ip number count \2, expected \1!"),
    (r"not present in advert:", "not present in MASTER advert:"),
    (r"wrong VRRP version\.", "wrong version."),
)


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int, Program], Life]]:
    """Give what a program lived through with a seed's script; a play that broke raises in each test that asks for it."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running: dict[tuple[int, Program], Future[Life]] = {
            (seed, program): pool.submit(
                live, program, script(seed), tmp_path_factory.mktemp(f"{seed}-{program.value}")
            )
            for seed in SEEDS
            for program in Program
        }
        yield lambda seed, program: running[seed, program].result()


@pytest.fixture(params=SEEDS)
def both(request: pytest.FixtureRequest, lives: Callable[[int, Program], Life]) -> tuple[Life, Life]:
    """Give our life and the reference's, seed by seed."""
    return lives(request.param, Program.OURS), lives(request.param, Program.REFERENCE)


def as_2_2_7(line: str) -> str:
    """Put a line of 2.4.3 into the words of 2.2.7."""
    line = _SENDER.sub(r"\1", line)
    for ours, theirs in _OLDER_WORDS:
        line = re.sub(ours, theirs, line)
    return line


def test_the_states_follow_each_other_as_the_references_do(both: tuple[Life, Life]) -> None:
    ours, theirs = both
    assert ours.states == theirs.states


def told(step: Step) -> tuple[set[str], set[str]]:
    """Return what is said of states and what moves them, and the complaints about packets, in the words of 2.2.7."""
    said = {as_2_2_7(line) for line in step.lines if not _INCIDENTAL.search(line)}
    # Another router that has been speaking for a while goes on: what is said of it in this very step is chance.
    speaks = f"priority {SPEAKERS[step.event][0]}" if step.event in SPEAKERS else "nobody"
    said = {line for line in said if not _REPEATED.search(line) or speaks in line.replace("(", "").replace(")", "")}
    complaints = {line for line in said if _COMPLAINT.search(line)}
    return said - complaints, complaints


def test_after_each_event_we_say_what_the_reference_says(both: tuple[Life, Life]) -> None:
    ours, theirs = both
    for mine, reference in zip(ours.steps, theirs.steps, strict=True):
        assert told(mine)[0] == told(reference)[0], (mine.event, [step.event for step in ours.steps])


def test_we_complain_of_the_same_packets_and_not_more_often(both: tuple[Life, Life]) -> None:
    ours, theirs = both
    for mine, reference in zip(ours.steps, theirs.steps, strict=True):
        assert told(mine)[1] <= told(reference)[1], (mine.event, [step.event for step in ours.steps])
    everything = [{line for step in life.steps for line in told(step)[1]} for life in both]
    assert everything[0] == everything[1]


def test_the_same_mails_arrive(both: tuple[Life, Life]) -> None:
    ours, theirs = both
    assert ours.mails == theirs.mails
    assert any("Entering MASTER" in subject for subject in ours.mails)


def test_nothing_of_ours_ends_in_a_traceback(both: tuple[Life, Life]) -> None:
    assert "Traceback" not in both[0].log
