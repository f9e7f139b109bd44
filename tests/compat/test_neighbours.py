"""keepalived-py and Debian's keepalived share a virtual address, in both roles, by multicast and by unicast.

All judge the same four plays (see duel.py): the first router, priority 150, becomes master, is killed with -9, comes
back, has its script fail and succeed, and is stopped; the second, priority 100, takes over and gives back.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Program

if TYPE_CHECKING:
    from tests.compat.duel import Story

pytestmark = [pytest.mark.netns, pytest.mark.interop]

# Three intervals of a second and the skew of priority 100; the kill came 0.3 s after an advertisement.
MASTER_DOWN_INTERVAL = 3 + (256 - 100) / 256
SKEW = (256 - 100) / 256


def test_after_kill_9_the_other_takes_over_within_the_protocols_window(story: Story) -> None:
    assert 2.6 <= story.outage("kill") <= 3.65
    assert story.since_last_advertisement("kill") == pytest.approx(MASTER_DOWN_INTERVAL, abs=0.05)


def test_the_router_of_higher_priority_preempts_when_it_returns(story: Story) -> None:
    assert story.facts["second gave the address up to the preempting first"]
    assert story.facts["second fell silent"]
    assert "(VI) Master received advert from 10.77.0.1 with higher priority 150, ours 100" in story.second_log


def test_a_failing_script_makes_the_master_send_priority_0_within_its_interval(story: Story) -> None:
    assert story.outage("script fails") <= 1.5
    assert "VRRP_Script(healthy) failed (exited with status 1)" in story.first_log
    assert "(VI) Entering FAULT STATE" in story.first_log


def test_priority_0_hands_the_address_over_after_the_skew_time(story: Story) -> None:
    assert story.outage("priority 0 of the failing") == pytest.approx(SKEW, abs=0.05)
    assert "(VI) Backup received priority 0 advertisement" in story.second_log


def test_a_script_that_succeeds_again_brings_the_address_back(story: Story) -> None:
    assert 3.3 <= story.outage("script succeeds") <= 5.0
    assert "VRRP_Script(healthy) succeeded" in story.first_log


def test_a_clean_stop_hands_the_address_over_within_seven_tenths_of_a_second(story: Story) -> None:
    assert story.outage("stop") <= 0.7
    assert story.stop_status == 0
    assert story.facts["address gone after the clean stop"]
    assert story.facts["address gone after both stopped"]


def test_our_clean_stop_takes_less_than_a_second(story_with_us_first: Story) -> None:
    assert story_with_us_first.stop_seconds <= 1.0


def test_the_reference_refuses_none_of_our_advertisements(story: Story) -> None:
    seen = [sections["VI"] for sections in story.statistics.values()]
    assert seen
    for statistics in seen:
        assert statistics.rejected == {}
        assert statistics.counters["Advertisements/Received"] > 0


def test_we_refuse_none_of_the_references_advertisements(story: Story) -> None:
    ours = story.first_log if story.first is Program.OURS else story.second_log
    for complaint in ("invalid passwd", "Invalid VRRPv2 checksum", "not present in advert", "expected", "invalid TTL"):
        assert complaint not in ours


def test_at_no_moment_do_both_advertise_longer_than_an_election_takes(story: Story) -> None:
    adverts = [frame for frame in story.frames if frame.is_vrrp and frame.priority > 0]
    changes = [
        (earlier.when, later.when) for earlier, later in itertools.pairwise(adverts) if earlier.source != later.source
    ]
    # start, kill, preemption, failure, recovery, stop: nobody alternates.
    assert len(changes) <= 6 + 1


def test_the_states_are_logged_in_keepaliveds_words(story_with_us_first: Story) -> None:
    log = story_with_us_first.first_log
    for words in ("(VI) Entering BACKUP STATE", "(VI) Entering MASTER STATE", "(VI) sent 0 priority"):
        assert words in log


def test_nothing_of_ours_ends_in_a_traceback(story: Story) -> None:
    ours = story.first_log if story.first is Program.OURS else story.second_log
    assert "Traceback" not in ours
