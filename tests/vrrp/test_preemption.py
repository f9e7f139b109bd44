"""The preempt delay alone. Source: reference/vrrp-behaviour.md §6."""

from __future__ import annotations

from keepalived_py.vrrp.preemption import PreemptDelay
from tests.vrrp.notation import SECOND, lines, wanted


def test_without_a_delay_a_lower_master_is_never_listened_to() -> None:
    delay, out = PreemptDelay(wanted()), []
    assert not delay.listens(0)
    delay.heard(0, out, lower=True)
    assert out == []


def test_a_delay_that_has_not_begun_and_one_that_runs_listen() -> None:
    delay, out = PreemptDelay(wanted(preempt_delay=2 * SECOND)), []
    assert delay.listens(0)
    delay.heard(SECOND, out, lower=True)
    delay.heard(2 * SECOND, out, lower=True)
    assert delay.listens(3 * SECOND - 1)
    assert not delay.listens(3 * SECOND)
    assert lines(out) == ["detail (V) start preempt delay (2.000000)"]


def test_a_better_master_and_a_new_backup_state_begin_it_anew() -> None:
    delay, out = PreemptDelay(wanted(preempt_delay=2 * SECOND)), []
    delay.heard(0, out, lower=True)
    delay.heard(SECOND, out, lower=False)
    delay.heard(SECOND, out, lower=False)
    assert lines(out)[1:] == ["detail (V) stop preempt delay"]
    delay.heard(2 * SECOND, out, lower=True)
    delay.reset()
    assert delay.listens(100 * SECOND)
