"""The counters of an instance."""

from __future__ import annotations

from keepalived_py.vrrp.statistics import Statistics


def test_clearing_zeroes_every_counter() -> None:
    statistics = Statistics(advert_rcvd=3, chk_err=1)
    statistics.clear()
    assert statistics == Statistics()
