"""The watch on another address owner alone. Source: reference/vrrp-behaviour.md §6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.ownership import OtherOwner
from tests.vrrp.notation import LOWER, SECOND, advert, lines, wanted

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect

PACKET = advert(255, LOWER)


def test_the_last_chance_begins_after_two_adverts_of_ours_and_lasts_a_bit_more_than_an_interval() -> None:
    watch, out = OtherOwner(wanted(priority=255)), []
    assert not watch.heard(PACKET, -1, out)
    watch.advert_sent(0)
    assert watch.deadline is None
    watch.advert_sent(SECOND)
    assert watch.deadline == SECOND + 1_200_000
    assert watch.heard(PACKET, -1, out)
    assert watch.deadline is None


def test_the_conflict_is_logged_once_for_each_round() -> None:
    watch = OtherOwner(wanted(priority=255))
    out: list[Effect] = []
    for _ in range(3):
        watch.heard(PACKET, -1, out)
    assert len(lines(out)) == 1


def test_leaving_master_ends_the_round() -> None:
    watch, out = OtherOwner(wanted(priority=255)), []
    watch.heard(PACKET, -1, out)
    watch.left_master()
    watch.advert_sent(0)
    watch.advert_sent(SECOND)
    assert watch.deadline is None
