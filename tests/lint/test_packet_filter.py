from __future__ import annotations

import ipaddress
import json
import shutil
import subprocess
from typing import Any

import pytest

from keepalived_py.lint.packet_filter import AH, VRRP, Packet, iptables_drops, nftables_drops
from tests.lab.capabilities import cannot_run

GROUP = ipaddress.IPv4Address("224.0.0.18")
ADVERT = Packet(protocol=VRRP, family=4, interface="eth0", destination=GROUP)
PEER = ipaddress.IPv4Address("192.0.2.2")
UNICAST = Packet(protocol=VRRP, family=4, interface="eth0", source=PEER, destination=ipaddress.IPv4Address("192.0.2.1"))


def match(left: dict[str, Any], right: object, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": left, "right": right}}


def meta(key: str, right: object, op: str = "==") -> dict[str, Any]:
    return match({"meta": {"key": key}}, right, op)


def field(protocol: str, name: str, right: object, op: str = "==") -> dict[str, Any]:
    return match({"payload": {"protocol": protocol, "field": name}}, right, op)


ESTABLISHED = match({"ct": {"key": "state"}}, ["established", "related"], "in")
ACCEPT, DROP = {"accept": None}, {"drop": None}


def ruleset(*rules: list[Any], policy: str = "drop", hook: str = "input", **chains: list[list[Any]]) -> dict[str, Any]:
    base = {"family": "inet", "table": "t", "name": "base", "hook": hook, "type": "filter", "prio": 0, "policy": policy}
    entries: list[dict[str, Any]] = [{"chain": base}]
    entries += [{"rule": {"family": "inet", "table": "t", "chain": "base", "expr": rule}} for rule in rules]
    for name, content in chains.items():
        entries.append({"chain": {"family": "inet", "table": "t", "name": name}})
        entries += [{"rule": {"family": "inet", "table": "t", "chain": name, "expr": rule}} for rule in content]
    return {"nftables": entries}


DROPPED = {
    "a policy": ruleset(),
    "a rule about the protocol": ruleset([meta("l4proto", 112), DROP], policy="accept"),
    "a rule about the group": ruleset([field("ip", "daddr", "224.0.0.18"), {"reject": None}], policy="accept"),
    "what is not established": ruleset([ESTABLISHED, ACCEPT]),
    "another protocol than those let in": ruleset([meta("l4proto", {"set": ["tcp", "udp", "icmp"]}), ACCEPT]),
    "other ports": ruleset([field("tcp", "dport", 22), ACCEPT]),
    "another interface": ruleset([meta("iifname", "eth1"), meta("l4proto", "vrrp"), ACCEPT]),
    "the end of a chain that is called": ruleset(
        [{"jump": {"target": "zone"}}], policy="accept", zone=[[meta("iifname", "eth*"), DROP]]
    ),
    "a rule with a counter": ruleset([{"counter": {"packets": 0, "bytes": 0}}, DROP], policy="accept"),
    "an early hook": ruleset([field("ip", "protocol", "vrrp"), DROP], policy="accept", hook="prerouting"),
}
PASSED = {
    "no rules": {"nftables": []},
    "a policy": ruleset(policy="accept"),
    "the protocol": ruleset([meta("l4proto", "vrrp"), ACCEPT]),
    "the protocol of IP": ruleset([field("ip", "protocol", 112), ACCEPT]),
    "multicast": ruleset([field("ip", "daddr", {"prefix": {"addr": "224.0.0.0", "len": 4}}), ACCEPT]),
    "the interface": ruleset([meta("iifname", "eth0"), ACCEPT]),
    "everything but one interface": ruleset([meta("iifname", "eth1", "!="), ACCEPT]),
    "what is new": ruleset([match({"ct": {"key": "state"}}, "new", "in"), ACCEPT]),
    "perhaps a named set": ruleset([field("ip", "protocol", "@wanted"), ACCEPT]),
    "perhaps a range": ruleset([meta("l4proto", {"range": [100, 120]}), ACCEPT]),
    "perhaps a map of verdicts": ruleset([{"vmap": {"key": {"meta": {"key": "iifname"}}, "data": {"set": []}}}]),
    "perhaps a match of iptables": ruleset([{"xt": None}, ACCEPT]),
    "perhaps what is in a mark": ruleset([meta("mark", 7), ACCEPT]),
    "what a called chain accepts": ruleset([{"jump": {"target": "zone"}}], zone=[[meta("l4proto", 112), ACCEPT]]),
    "another family": {
        "nftables": [
            {"chain": {"family": "ip6", "table": "t", "name": "c", "hook": "input", "type": "filter", "policy": "drop"}}
        ]
    },
    "the way out": ruleset(hook="output"),
    "some of a flood": ruleset([{"limit": {"rate": 1, "per": "second"}}, DROP], policy="accept"),
}


@pytest.mark.parametrize("name", DROPPED)
def test_a_packet_is_dropped_when_nothing_lets_it_pass(name: str) -> None:
    assert nftables_drops(DROPPED[name], ADVERT)


@pytest.mark.parametrize("name", PASSED)
def test_a_packet_that_passes_or_may_pass_is_not_called_dropped(name: str) -> None:
    assert not nftables_drops(PASSED[name], ADVERT)


def test_a_connection_between_peers_may_be_established() -> None:
    assert nftables_drops(ruleset([ESTABLISHED, ACCEPT]), ADVERT)
    assert not nftables_drops(ruleset([ESTABLISHED, ACCEPT]), UNICAST)


def test_the_authentication_header_is_a_protocol_of_its_own() -> None:
    rules = ruleset([meta("l4proto", "vrrp"), ACCEPT])
    assert nftables_drops(rules, Packet(protocol=AH, family=4, interface="eth0", destination=GROUP))


def test_chains_that_call_each_other_without_end_decide_nothing() -> None:
    loop = ruleset(
        [{"jump": {"target": "a"}}],
        a=[[{"jump": {"target": "b"}}]] * 20,
        b=[[{"jump": {"target": "c"}}]] * 20,
        c=[[{"jump": {"target": "d"}}]] * 20,
        d=[[{"counter": None}]] * 20,
    )
    assert not nftables_drops(loop, ADVERT)


SAVED = [
    "*nat",
    ":INPUT ACCEPT [0:0]",
    "*filter",
    ":INPUT DROP [0:0]",
    ":FORWARD DROP [0:0]",
    "-A INPUT -i lo -j ACCEPT",
    "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
    "-A INPUT ! -i eth0 -j ACCEPT",
]


def test_what_iptables_lets_in_is_all_that_comes() -> None:
    assert iptables_drops(SAVED, ADVERT)
    assert not iptables_drops([*SAVED, "-A INPUT -p vrrp -j ACCEPT"], ADVERT)
    assert not iptables_drops([*SAVED, "-A INPUT -p 112 -m comment --comment 'our own' -j ACCEPT"], ADVERT)
    assert not iptables_drops([*SAVED, "-A INPUT -d 224.0.0.0/8 -j ACCEPT"], ADVERT)
    assert not iptables_drops([*SAVED, "-A INPUT -m set --match-set friends src -j ACCEPT"], ADVERT)
    assert not iptables_drops([*SAVED, "-A INPUT -j ours", "-A ours -p vrrp -j ACCEPT"], ADVERT)
    assert not iptables_drops(SAVED, Packet(protocol=VRRP, family=4, interface="eth1", destination=GROUP))


def test_a_final_refusal_of_iptables_drops_what_no_rule_before_it_took() -> None:
    refusal = [
        ":INPUT ACCEPT [0:0]",
        "-A INPUT -m comment --comment 'the rest' -j REJECT --reject-with icmp-port-unreachable",
    ]
    assert iptables_drops(["*filter", *refusal], ADVERT)
    assert not iptables_drops(["*filter", refusal[0], "-A INPUT -m limit --limit 1/s -j REJECT"], ADVERT)
    assert not iptables_drops(["*filter", "-A INPUT 'open"], ADVERT)


def test_the_rules_of_a_real_nftables_are_understood() -> None:
    if not (shutil.which("nft") and shutil.which("unshare")):
        cannot_run("nft and unshare")
    text = (
        "table inet f { chain zone { ip protocol %s accept; }\n"
        "chain i { type filter hook input priority 0; policy drop; ct state established,related accept;"
        ' iifname "lo" accept; tcp dport { 22, 80 } accept; iifname "eth0" jump zone; }\n}\n'
    )

    def listed(protocol: str) -> dict[str, Any]:
        answer = subprocess.run(
            ["unshare", "--net", "sh", "-c", "nft -f - && nft -j list ruleset"],
            input=text % protocol,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            cannot_run(f"a network namespace with nftables: {answer.stderr}")
        rules: dict[str, Any] = json.loads(answer.stdout)
        return rules

    assert nftables_drops(listed("ospf"), ADVERT)
    assert not nftables_drops(listed("vrrp"), ADVERT)
