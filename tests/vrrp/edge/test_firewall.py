"""vrrp/edge/firewall.py"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, TypeVar

import pytest

from keepalived_py.config.ast import Configuration, GlobalDefinitions, VirtualAddress, VirtualMac
from keepalived_py.config.ast.settings import Nftables
from keepalived_py.kernel.interfaces import list_interfaces
from keepalived_py.vrrp.edge.firewall import Firewall
from keepalived_py.vrrp.effects import FilterAddresses
from tests.lab.netns import Lab, in_namespace
from tests.vrrp.edge.written import Written
from tests.vrrp.notation import wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab.netns import Namespace

VIP = VirtualAddress(address=IPv4Address("10.99.0.100"), prefix_length=24, interface="eth0")
ON = FilterAddresses(instance="V", addresses=(VIP,))
OFF = replace(ON, on=False)
Result = TypeVar("Result")


@pytest.fixture
def host() -> Iterator[Namespace]:
    with Lab() as lab:
        namespace = lab.namespace("firewall")
        namespace.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        yield namespace


def made(log: Written, **settings: object) -> Firewall:
    globals_ = GlobalDefinitions(**settings)  # type: ignore[arg-type]
    return Firewall(globals_, log, interface=lambda name: list_interfaces().get(name))  # type: ignore[arg-type]


def inside(host: Namespace, work: Callable[[], Result]) -> Result:
    return in_namespace(host.name, work)


def ruleset(host: Namespace) -> str:
    return host.run("nft", "list", "ruleset").stdout


@pytest.mark.netns
def test_an_address_is_filtered_and_let_pass_and_nothing_is_left_at_the_end(host: Namespace) -> None:
    firewall = made(Written())
    assert ruleset(host) == ""
    inside(host, lambda: firewall.change(ON))
    assert "elements = { 10.99.0.100 }" in ruleset(host)
    inside(host, lambda: firewall.change(OFF))
    assert "elements" not in ruleset(host)
    inside(host, firewall.close)
    assert ruleset(host) == ""


@pytest.mark.netns
def test_the_table_has_the_configured_name_and_priority_and_counters(host: Namespace) -> None:
    firewall = made(Written(), nftables=Nftables(table="mine"), nftables_priority=-5, nftables_counters=True)
    inside(host, lambda: firewall.change(ON))
    shown = ruleset(host)
    assert "table ip mine {" in shown
    assert "priority filter - 5;" in shown
    assert "ip saddr @vips counter packets 0 bytes 0 drop" in shown


@pytest.mark.netns
def test_tables_that_another_run_left_are_removed_first(host: Namespace) -> None:
    host.run("nft", "add", "table", "ip6", "keepalived")
    host.run("nft", "add", "table", "ip", "keepalived")
    host.run("nft", "add", "chain", "ip", "keepalived", "stale")
    log = Written()
    firewall = made(log)
    inside(host, lambda: firewall.change(ON))
    assert log.lines == ["Deleting old ip keepalived table", "Deleting old ip6 keepalived table"]
    assert "stale" not in ruleset(host)
    assert "ip6" not in ruleset(host)


@pytest.mark.netns
def test_tables_that_somebody_flushed_are_made_anew_with_all_that_is_wanted(host: Namespace) -> None:
    log = Written()
    firewall = made(log)
    inside(host, lambda: firewall.change(ON))
    host.run("nft", "flush", "ruleset")
    other = replace(ON, instance="W", addresses=(replace(VIP, address=IPv4Address("10.99.0.101")),))
    inside(host, lambda: firewall.change(other))
    assert "elements = { 10.99.0.100, 10.99.0.101 }" in ruleset(host)
    assert log.lines == ["nftables: table keepalived was changed by somebody else; made anew"]
    inside(host, firewall.close)
    assert ruleset(host) == ""


@pytest.mark.netns
def test_an_address_on_an_interface_that_is_not_there_is_not_filtered(host: Namespace) -> None:
    firewall = made(Written())
    inside(host, lambda: firewall.change(replace(ON, addresses=(replace(VIP, interface="none"),))))
    assert ruleset(host) == ""


@pytest.mark.netns
def test_where_nftables_refuses_one_line_says_what_follows_and_a_reload_tries_again(host: Namespace) -> None:
    log = Written()
    # A base chain of this name is not possible: the kernel refuses a name that is too long.
    firewall = made(log, nftables=Nftables(table="x" * 300))
    inside(host, lambda: firewall.change(ON))
    inside(host, lambda: firewall.change(OFF))
    (line,) = log.lines
    assert line.startswith(
        "nftables: error 34 (Numerical result out of range), packets are not filtered: addresses with"
    )
    firewall.announce(Configuration(global_defs=GlobalDefinitions(nftables=Nftables(table="x")), vrrp_instances=()))
    inside(host, lambda: firewall.change(ON))
    assert len(log.lines) == 2
    inside(host, firewall.close)


@pytest.mark.parametrize(
    ("settings", "nftables", "said"),
    [
        ({"accept": False}, None, True),
        ({"virtual_mac": VirtualMac(kind="vmac", interface="vrrp.51")}, None, True),
        ({"virtual_mac": VirtualMac(kind="ipvlan", interface="vrrp.51")}, None, False),
        ({}, None, False),
        ({"accept": False}, Nftables(table="keepalived"), False),
    ],
)
def test_it_says_so_when_a_firewall_is_needed_that_nobody_configured(
    settings: dict[str, object], nftables: Nftables | None, said: bool
) -> None:
    log = Written()
    configuration = Configuration(
        global_defs=GlobalDefinitions(nftables=nftables),
        vrrp_instances=(wanted(**settings),),  # type: ignore[arg-type]
    )
    made(log).announce(configuration)
    line = "use_vmac or no_accept/strict specified, but no firewall configured - using nftables"
    assert log.lines == ([line] if said else [])
