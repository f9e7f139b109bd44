"""Effects as the machine asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.vrrp.actions import Actions
from keepalived_py.vrrp.statistics import Statistics
from tests.vrrp.notation import HIGHER, OWN, lines, wanted

if TYPE_CHECKING:
    from keepalived_py.vrrp.events import Effect


def test_the_same_advert_is_the_same_effect() -> None:
    statistics = Statistics()
    actions, out = Actions(wanted(), statistics), []
    for priority, source in ((100, OWN), (100, OWN), (99, OWN), (99, HIGHER)):
        actions.advertise(priority, source, out)
    assert out[0] is out[1]
    assert len({id(effect) for effect in out}) == 3
    assert statistics.advert_sent == 4


def test_without_a_source_nothing_is_sent() -> None:
    statistics = Statistics()
    out: list[Effect] = []
    Actions(wanted(), statistics).advertise(100, None, out)
    assert (out, statistics.advert_sent) == ([], 0)


def test_a_farewell_counts_as_one_advert_of_priority_zero() -> None:
    statistics = Statistics()
    actions, out = Actions(wanted(), statistics), []
    actions.say_goodbye(OWN, out)
    assert lines(out) == ["send V 0", "detail (V) sent 0 priority"]
    assert (statistics.advert_sent, statistics.pri_zero_sent) == (1, 1)


def test_an_instance_without_addresses_has_none_to_set() -> None:
    actions, out = Actions(wanted(virtual_addresses=()), Statistics()), []
    actions.install_addresses(out)
    actions.remove_addresses(out)
    assert out == []
