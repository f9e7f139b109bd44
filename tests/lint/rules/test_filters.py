from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keepalived_py.lint.diagnostic import Severity
from tests.lint.texts import FACTS, check, finds, instance, leaves, of

if TYPE_CHECKING:
    from pathlib import Path

MARKED = instance().replace("interface eth0", "interface «eth0»")


def facts(*, eth0: dict[str, Any] | None = None, **more: object) -> dict[str, Any]:
    interfaces = {**FACTS["interfaces"], "eth0": {**FACTS["interfaces"]["eth0"], **(eth0 or {})}}
    return {**FACTS, "interfaces": interfaces, **more}


def chain(policy: str, *rules: list[Any]) -> dict[str, Any]:
    base = {"family": "inet", "table": "t", "name": "c", "hook": "input", "type": "filter", "policy": policy}
    entries = [{"rule": {"family": "inet", "table": "t", "chain": "c", "expr": rule}} for rule in rules]
    return {"nftables": [{"chain": base}, *entries]}


LET_IN = [{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 112}}, {"accept": None}]
H012 = ("H012", MARKED)


def test_a_packet_filter_that_drops_adverts_is_found(tmp_path: Path) -> None:
    finds(tmp_path, *H012, facts(nftables=chain("drop")))
    leaves(tmp_path, "H012", instance(), facts(nftables=chain("drop", LET_IN)))
    leaves(tmp_path, "H012", instance(), facts(nftables=chain("accept")))
    leaves(tmp_path, "H012", instance())


def test_the_rules_of_iptables_are_those_of_the_family(tmp_path: Path) -> None:
    saved = ["*filter", ":INPUT DROP [0:0]", "COMMIT"]
    finds(tmp_path, *H012, facts(iptables=saved))
    leaves(tmp_path, "H012", instance(), facts(ip6tables=saved))
    leaves(tmp_path, "H012", instance(), facts(iptables=[*saved, "-A INPUT -p vrrp -j ACCEPT"]))


def test_a_peer_that_is_let_in_does_not_help_another(tmp_path: Path) -> None:
    text = instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n198.51.100.3\n}")
    one = ["*filter", ":INPUT DROP [0:0]", "-A INPUT -s 198.51.100.2/32 -p vrrp -j ACCEPT"]
    (found,) = of(check(tmp_path, text, facts=facts(iptables=one)), "H012")
    assert found.message == "The packet filter drops the adverts of VI from 198.51.100.3 that come in by eth0."


def test_adverts_that_cannot_leave_are_found_too(tmp_path: Path) -> None:
    saved = ["*filter", ":OUTPUT ACCEPT [0:0]", "-A OUTPUT -o eth0 -d 224.0.0.0/4 -j DROP"]
    (found,) = of(check(tmp_path, instance(), facts=facts(iptables=saved)), "H012")
    assert "that leave by eth0" in found.message


def test_a_group_of_ones_own_on_a_bridge_without_a_querier_is_noted(tmp_path: Path) -> None:
    def bridge(querier: int) -> dict[str, Any]:
        return facts(eth0={"bridge": {"multicast_snooping": 1, "multicast_querier": querier}})

    text = instance("mcast_dst_ip «239.1.1.1»")
    finds(tmp_path, "H013", text, bridge(0))
    leaves(tmp_path, "H013", text.replace("«", "").replace("»", ""), bridge(1))
    leaves(tmp_path, "H013", instance(), bridge(0))


def test_a_port_of_a_bridge_is_as_good_as_the_bridge(tmp_path: Path) -> None:
    bridged = facts(eth0={"master": "br0"})
    bridged["interfaces"]["br0"] = {"bridge": {"multicast_snooping": 1}}
    finds(tmp_path, "H013", instance("mcast_dst_ip «239.1.1.1»"), bridged)


def test_an_interface_of_networkd_loses_its_virtual_addresses(tmp_path: Path) -> None:
    finds(tmp_path, "H014", MARKED, facts(eth0={"manager": "systemd-networkd"}))
    kept = {"name": "systemd-networkd", "keeps_addresses": True}
    leaves(tmp_path, "H014", instance(), facts(eth0={"manager": kept}))
    leaves(tmp_path, "H014", instance())


def test_an_interface_of_networkmanager_is_only_noted(tmp_path: Path) -> None:
    (found,) = of(check(tmp_path, instance(), facts=facts(eth0={"manager": "NetworkManager"})), "H014")
    assert found.severity == Severity.INFO
    assert "nmcli device set eth0 managed no" in found.advice
