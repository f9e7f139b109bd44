"""Effects as the machine asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import Authentication, AuthenticationType
from keepalived_py.vrrp.actions import Actions
from keepalived_py.vrrp.effects import SendAdvertisement
from keepalived_py.vrrp.memory import Memory
from keepalived_py.vrrp.statistics import Statistics
from tests.lab.routing import routes, rules
from tests.vrrp.notation import HIGHER, OWN, lines, wanted

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect


def test_the_same_advert_is_the_same_effect() -> None:
    statistics = Statistics()
    actions, out = Actions(wanted(), statistics, Memory()), []
    for priority, source in ((100, OWN), (100, OWN), (99, OWN), (99, HIGHER)):
        actions.advertise(priority, source, out)
    assert out[0] is out[1]
    assert len({id(effect) for effect in out}) == 3
    assert statistics.advert_sent == 4


def test_without_a_source_nothing_is_sent() -> None:
    statistics = Statistics()
    out: list[Effect] = []
    Actions(wanted(), statistics, Memory()).advertise(100, None, out)
    assert (out, statistics.advert_sent) == ([], 0)


def test_a_farewell_counts_as_one_advert_of_priority_zero() -> None:
    statistics = Statistics()
    actions, out = Actions(wanted(), statistics, Memory()), []
    actions.say_goodbye(OWN, out)
    assert lines(out) == ["send V 0", "detail (V) sent 0 priority"]
    assert (statistics.advert_sent, statistics.pri_zero_sent) == (1, 1)


def test_an_instance_without_addresses_has_none_to_set() -> None:
    actions, out = Actions(wanted(virtual_addresses=()), Statistics(), Memory()), []
    actions.install(out)
    actions.remove(out)
    assert out == []


def _sent(memory: Memory, adverts: int = 1, **settings: object) -> list[SendAdvertisement]:
    actions = Actions(wanted(**settings), Statistics(), memory)  # type: ignore[arg-type]
    out: list[Effect] = []
    for _ in range(adverts):
        actions.advertise(100, OWN, out)
    return [effect for effect in out if isinstance(effect, SendAdvertisement)]


def test_adverts_with_an_authentication_header_are_numbered_where_the_memory_ended() -> None:
    memory, header = Memory(), Authentication(type=AuthenticationType.AH, password=b"secret")
    assert [each.sequence for each in _sent(memory, 3, authentication=header)] == [1, 2, 3]
    memory.sequence.accepts(1000, HIGHER)
    assert [each.sequence for each in _sent(memory, 2, authentication=header)] == [1001, 1002]


def test_other_adverts_have_no_number() -> None:
    assert [each.sequence for each in _sent(Memory(), 2)] == [0, 0]


def test_the_checksum_over_the_group_is_sent_when_configured_or_learnt() -> None:
    knows = Memory(group_checksum=True)
    unicast = {"version": 3, "unicast": True}
    assert [each.group_checksum for each in _sent(Memory(), **unicast)] == [False]
    assert [each.group_checksum for each in _sent(knows, **unicast)] == [True]
    assert [each.group_checksum for each in _sent(Memory(), **unicast, unicast_checksum="config")] == [True]
    assert [each.group_checksum for each in _sent(knows, **unicast, unicast_checksum="never")] == [False]
    assert [each.group_checksum for each in _sent(knows, version=3, unicast_checksum="config")] == [False]


def test_addresses_come_first_then_routes_then_rules_and_all_go_the_other_way_round() -> None:
    settings = {
        "virtual_routes": routes("10.1.0.0/16 dev eth0"),
        "virtual_rules": rules("from all table 9 preference 7"),
    }
    actions, out = Actions(wanted(**settings), Statistics(), Memory()), []
    actions.install(out)
    assert lines(out) == [
        "detail (V) setting VIPs.",
        "install 10.9.0.51/24 dev eth0",
        "detail (V) setting Virtual Routes",
        "install route 10.1.0.0/16 dev eth0",
        "detail (V) setting Virtual Rules",
        "install rule 7: from all table 9",
    ]
    out.clear()
    actions.remove(out)
    assert lines(out) == [
        "detail (V) removing Virtual Rules",
        "remove rule 7: from all table 9",
        "detail (V) removing Virtual Routes",
        "remove route 10.1.0.0/16 dev eth0",
        "detail (V) removing VIPs.",
        "remove 10.9.0.51/24 dev eth0",
    ]
