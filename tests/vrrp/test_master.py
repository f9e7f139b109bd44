"""What is known of the master. Source: reference/vrrp-behaviour.md §5."""

from __future__ import annotations

import pytest

from keepalived_py.vrrp.master import KnownMaster
from tests.vrrp.notation import HIGHER, LOWER, SECOND, advert, lines, wanted

VERSION_3 = wanted(version=3)
QUICK = wanted(version=3, advert_int=500_000)


def test_the_first_master_is_set_and_another_one_changed() -> None:
    master = KnownMaster(VERSION_3)
    assert master.introduction(advert(150)).text == "(V) master set to 10.0.0.6"
    master.accept(advert(150), [])
    assert (master.address, master.priority) == (HIGHER, 150)
    assert master.introduction(advert(150, LOWER)).text == "(V) master changed from 10.0.0.6 to 10.0.0.4"


def test_an_interval_is_learnt_in_version_3_only() -> None:
    master, out = KnownMaster(VERSION_3), []
    master.accept(advert(150, of=QUICK), out)
    assert lines(out) == ["detail (V) advertisement interval updated from 1000ms to 500ms by master"]
    assert master.interval == 500_000
    old = KnownMaster(wanted())
    old.accept(advert(150, interval=500_000), out)
    assert old.interval == SECOND


@pytest.mark.parametrize(("changed", "interval"), [(VERSION_3, 500_000), (wanted(), SECOND), (QUICK, 500_000)])
def test_a_reload_keeps_what_was_learnt_while_it_can_hold(changed: object, interval: int) -> None:
    master = KnownMaster(VERSION_3)
    master.accept(advert(150, of=QUICK), [])
    master.change(changed)  # type: ignore[arg-type]
    assert master.interval == interval


def test_our_own_interval_returns_with_a_line_when_asked_for() -> None:
    master, out = KnownMaster(VERSION_3), []
    master.accept(advert(150, of=QUICK), [])
    master.forget_interval(out)
    master.forget_interval(out)
    assert lines(out) == ["detail (V) changing advert interval from 500ms to locally configured 1000ms"]
