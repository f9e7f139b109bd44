"""Rules about a configuration on its host: addresses, networks, kernel settings. Silent where nothing is known of the host."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.similar import Names, did_you_mean
from keepalived_py.lint.views import OWNER, address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO


@rule(
    "H002",
    _E,
    "virtual address that is the interface's own",
    """Only the owner (priority 255) may have a virtual address permanently. With any other priority the address
    is removed from the
    interface when the instance becomes backup, and the host loses it. (On a running master an IPv6 address
    found may be the one keepalived set:
    then it is a warning.)""",
)
def _own_address(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        if instance.priority == OWNER:
            continue
        for vip in instance.vips:
            device = vip.device or instance.interface
            for name, network in subject.networks:
                if name == device and network.ip == vip.address:
                    yield Finding(
                        node=vip.node,
                        word=0,
                        message=f"{vip.address} is the address of {name} itself, and {instance.name} has not priority 255.",
                        advice="Use an address that no host has of its own.",
                        severity=_E if vip.address.version == 4 else _W,
                    )


@rule(
    "H003",
    _I,
    "address without a prefix length on a wider network",
    """Without a prefix length an IPv4 address is set as /32. It works for services, but it is not used as a
    source for the network, and
    some tools expect the network's own length.""",
)
def _no_prefix(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        for vip in instance.vips:
            if vip.prefix is not None or vip.address.version == 6:
                continue
            for name, network in subject.networks:
                if (
                    name == (vip.device or instance.interface)
                    and vip.address in network.network
                    and network.network.prefixlen < 32
                ):
                    yield Finding(
                        node=vip.node,
                        word=0,
                        message=f"{vip.address} is set as /32, but the network of {name} is {network.network}.",
                        advice=f"Write {vip.address}/{network.network.prefixlen} if that is meant.",
                    )
                    break


@rule(
    "H004",
    _I,
    "virtual address outside the interface's networks",
    """No address of the interface is in the network of the virtual one. Hosts there must have a route, and the
    node itself has none to
    them while it is backup. Reported once for an instance and interface.""",
)
def _foreign_network(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        told: set[str] = set()
        for vip in instance.vips:
            device = vip.device or instance.interface
            networks = [network.network for name, network in subject.networks if name == device]
            same = [network for network in networks if network.version == vip.address.version and device not in told]
            if same and not vip.address.is_link_local and not any(vip.address in network for network in same):
                told.add(device)
                yield Finding(
                    node=vip.node,
                    word=0,
                    message=f"{device} has no address in the network of {vip.text}.",
                    advice="Check the address and the interface.",
                )


@rule(
    "H005",
    _W,
    "source address that is not on this host",
    "`unicast_src_ip` or `mcast_src_ip` is no address of this host now; adverts cannot be sent from it until it is.",
)
def _foreign_source(subject: Subject) -> Iterator[Finding]:
    own = {network.ip for _, network in subject.networks}
    for instance in subject.instances:
        if own and instance.source is not None and instance.source not in own:
            yield Finding(
                node=instance.source_node,
                word=1,
                message=f"{instance.source} is no address of this host.",
                advice="Use an address of this host; perhaps this is the other node's file.",
            )


@rule(
    "H006",
    _W,
    "address of this host among the peers",
    "A peer is an address of this host: perhaps one file is used for all nodes, or this is the other node's.",
)
def _own_peer(subject: Subject) -> Iterator[Finding]:
    own = {network.ip for _, network in subject.networks}
    for instance in subject.instances:
        for peer, node in instance.peers:
            if peer in own and peer != instance.source:
                yield Finding(
                    node=node,
                    word=0,
                    message=f"{peer} is an address of this host.",
                    advice="List only the other nodes.",
                )


@rule(
    "H007",
    _W,
    "route by way of a gateway that cannot be reached",
    """""The gateway of a virtual route is in no network of this host and none of the virtual addresses: the
    kernel refuses the route."""
    "",
)
def _gateway(subject: Subject) -> Iterator[Finding]:
    networks = [network.network for _, network in subject.networks]
    if not networks:
        return
    for instance in subject.instances:
        near = {*networks}
        for vip in instance.vips:
            length = vip.prefix if vip.prefix is not None else vip.address.max_prefixlen
            if length <= vip.address.max_prefixlen:
                near.add(ipaddress.ip_network((vip.address, length), strict=False))
        lengths = {(network.version, network.prefixlen) for network in near}
        for node in instance.node.entries("virtual_routes"):
            if "onlink" in node.words:
                continue
            for place, word in enumerate(node.words):
                gateway = address(node.word(place + 1)) if word in {"via", "gw"} else None
                if (
                    gateway is not None
                    and not gateway.is_link_local
                    and not any(
                        ipaddress.ip_network((gateway, length), strict=False) in near
                        for version, length in lengths
                        if version == gateway.version
                    )
                ):
                    yield Finding(
                        node=node,
                        word=place + 1,
                        message=f"The gateway {gateway} is in no network of this host.",
                        advice="Correct the gateway, or add 'onlink'.",
                    )


@rule(
    "H008",
    _I,
    "interface that is not there yet",
    """`dynamic_interfaces` lets keepalived wait for an interface that does not exist; so a mistyped name is
    waited for for ever.""",
)
def _hidden(subject: Subject) -> Iterator[Finding]:
    names = subject.host.interface_names()
    known = Names(names)
    if not names or subject.globals("dynamic_interfaces") is None:
        return
    for instance in subject.instances:
        if (
            instance.interface_node is not None
            and instance.interface
            and subject.host.interface(instance.interface) is None
        ):
            yield Finding(
                node=instance.interface_node,
                word=1,
                message=f"There is no interface {instance.interface} now; dynamic_interfaces waits for it.",
                advice=f"Check the name.{did_you_mean(instance.interface, known)}",
            )


@rule(
    "H009",
    _W,
    "NAT without forwarding",
    """With lvs_method NAT the director routes the packets of the real servers; `net.ipv4.ip_forward` (or
    IPv6's) must be 1.""",
)
def _forwarding(subject: Subject) -> Iterator[Finding]:
    for server in subject.virtual_servers:
        family = server.address.version if server.address is not None else 4
        name = "net.ipv4.ip_forward" if family == 4 else "net.ipv6.conf.all.forwarding"
        if (server.method or "NAT").upper() == "NAT" and server.real_servers and subject.host.sysctl(name) == "0":
            yield Finding(
                node=server.node,
                message=f"lvs_method is NAT, but {name} is 0 on this host.",
                advice=f"Set {name} = 1 in /etc/sysctl.d.",
            )
            return


@rule(
    "H010",
    _I,
    "virtual addresses would go with the first one",
    """A virtual address is in the same network as the interface's own, so it is a secondary one: if the first
    address is removed while `promote_secondaries`
    is 0, the kernel removes the virtual ones too.""",
)
def _secondaries(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        name = instance.interface
        if not name or "/" in name or instance.node.last("promote_secondaries") is not None:
            continue
        settings = [subject.host.sysctl(f"net.ipv4.conf.{where}.promote_secondaries") for where in (name, "all")]
        if settings[0] != "0" or settings[1] == "1":
            continue
        for vip in instance.vips:
            inside = [
                network
                for one, network in subject.networks
                if one == name and vip.prefix == network.network.prefixlen and vip.address in network.network
            ]
            if inside and vip.address.version == 4:
                yield Finding(
                    node=vip.node,
                    word=0,
                    message=f"{vip.address} would be removed together with {inside[0].ip} of {name}.",
                    advice="Add promote_secondaries to the instance, or set the sysctl.",
                )
                break


@rule(
    "H011",
    _W,
    "replies dropped by reverse-path filtering",
    """Strict reverse-path filtering (`rp_filter` 1) drops packets to a virtual address on one interface whose
    answers would leave by another. Reported for addresses
    with a `dev` other than the instance's interface.""",
)
def _reverse_path(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        for vip in instance.vips:
            if (
                not vip.device
                or vip.device in {instance.interface, "lo"}
                or "/" in vip.device
                or vip.address.version == 6
            ):
                continue
            settings = [subject.host.sysctl(f"net.ipv4.conf.{where}.rp_filter") for where in (vip.device, "all")]
            if "1" in settings and "2" not in settings:
                yield Finding(
                    node=vip.node,
                    word=0,
                    message=f"{vip.device} filters strictly by reverse path, and {vip.address} is not on the instance's interface.",
                    advice=f"Set net.ipv4.conf.{vip.device}.rp_filter to 2 if answers leave by another interface.",
                )
                break
