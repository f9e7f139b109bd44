"""Interfaces that go up and down. Source: reference/vrrp-behaviour.md §7."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import InterfaceDelays
from keepalived_py.vrrp.debounce import Debounce, limited
from keepalived_py.vrrp.events import DeadlineReached, InterfaceChanged
from tests.vrrp.notation import SECOND, lines, wanted

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect

UP, DOWN = (InterfaceChanged(name="eth0", is_up=up, flags=0x11043 if up else 0x11003) for up in (True, False))


def debounce(*, up: int = 0, down: int = 0, is_up: bool = True) -> Debounce:
    return Debounce(InterfaceDelays(name="eth0", up=up, down=down), is_up=is_up, flags=0x11043)


def test_a_loss_counts_when_it_lasts() -> None:
    eth0 = debounce(down=SECOND)
    assert lines(eth0.handle(DOWN, 5)) == ["log eth0: Adding flags change from 0x11043 to 0x11003 delay by 1000000"]
    assert eth0.deadline == SECOND + 5
    assert eth0.settled.is_up
    eth0.handle(DeadlineReached(), SECOND + 5)
    assert eth0.settled is DOWN
    assert eth0.deadline is None


@pytest.mark.parametrize(("flags", "said"), [(0x11043, []), (0x11143, ["log Delay timer for eth0 cancelled"])])
def test_one_that_is_back_in_time_never_happened(flags: int, said: list[str]) -> None:
    eth0 = debounce(down=SECOND)
    eth0.handle(DOWN, 0)
    assert lines(eth0.handle(replace(UP, flags=flags), 10)) == said
    eth0.handle(DeadlineReached(), SECOND)
    assert eth0.settled.is_up


def test_a_report_of_what_waits_already_does_not_make_it_wait_longer() -> None:
    eth0 = debounce(down=SECOND)
    eth0.handle(DOWN, 0)
    assert eth0.handle(DOWN, SECOND // 2) == []
    assert eth0.deadline == SECOND


def test_up_has_a_delay_of_its_own_but_not_for_the_first_time() -> None:
    eth0 = debounce(up=2 * SECOND, is_up=False)
    eth0.handle(UP, 0)
    assert eth0.settled is UP
    eth0.handle(DOWN, 1)
    assert eth0.settled is DOWN
    eth0.handle(UP, 2)
    assert eth0.settled is DOWN
    assert eth0.deadline == 2 * SECOND + 2


def test_an_interface_that_is_deleted_has_no_patience() -> None:
    eth0 = debounce(down=SECOND)
    eth0.handle(DOWN, 0)
    eth0.forget()
    assert not eth0.settled.is_up
    assert eth0.deadline is None


def test_a_wait_goes_on_over_a_reload() -> None:
    old, new = debounce(down=SECOND), debounce(down=2 * SECOND)
    old.handle(DOWN, 0)
    new.inherit(old)
    new.handle(DeadlineReached(), SECOND)
    assert new.settled is DOWN


def test_a_delay_ends_before_a_backup_would_lose_its_patience() -> None:
    out: list[Effect] = []
    configured = [InterfaceDelays(name="eth0", up=5 * SECOND, down=5 * SECOND), InterfaceDelays(name="eth1", down=9)]
    longest = 2 * SECOND - SECOND // 256
    assert limited(configured, [wanted()], out) == [
        InterfaceDelays(name="eth0", up=longest, down=longest),
        InterfaceDelays(name="eth1", down=9),
    ]
    assert lines(out) == ["log V: interface eth0 debounce timer(s) not less that 2 * advert_int - resetting"]


def test_an_up_delay_of_its_own_is_not_limited() -> None:
    configured = [InterfaceDelays(name="eth0", up=9 * SECOND, down=5 * SECOND)]
    assert limited(configured, [wanted()], [])[0].up == 9 * SECOND


def test_with_a_patience_of_one_advert_there_are_no_delays() -> None:
    out: list[Effect] = []
    configured = [InterfaceDelays(name="eth0", down=SECOND)]
    assert limited(configured, [wanted(down_timer_adverts=1)], out) == [InterfaceDelays(name="eth0")]
    assert lines(out) == ["log V: cannot use debounce timers with down_timer_adverts = 1 - resetting"]
