"""Rules about what lies between two nodes on this host: the packet filter and bridges. Silent where nothing is known of them."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.packet_filter import AH, VRRP, Packet, iptables_drops, nftables_drops
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.views import Address, InstanceView, address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject

_GROUPS = {4: "224.0.0.18", 6: "ff02::12"}
#: RFC 4541 §2.1.2: switches forward these to every port.
_ALWAYS_FORWARDED = ipaddress.IPv4Network("224.0.0.0/24")


def _group(instance: InstanceView) -> Address | None:
    return address(instance.group_address or _GROUPS[instance.family])


def _packets(instance: InstanceView) -> Iterator[tuple[Packet, str]]:
    """Give an instance's adverts as they leave and come, with what to call them."""
    protocol = AH if instance.auth_type.upper() == "AH" and instance.version == 2 else VRRP
    peers: list[Address | None] = [peer for peer, _ in instance.peers] if instance.unicast else [None]
    for peer in peers:
        group = peer if instance.unicast else _group(instance)
        yield (
            Packet(
                protocol=protocol,
                family=instance.family,
                interface=instance.interface,
                source=peer,
                destination=instance.source if instance.unicast else group,
            ),
            f"from {peer} " if peer else "",
        )
        yield (
            Packet(
                protocol=protocol,
                family=instance.family,
                interface=instance.interface,
                incoming=False,
                source=instance.source,
                destination=group,
            ),
            f"to {peer} " if peer else "",
        )


@rule(
    "H012",
    Severity.ERROR,
    "adverts dropped by the packet filter",
    """A rule of nftables, firewalld or iptables drops VRRP's packets (IP protocol 112; 51 with AH) on the
    interface, so this node hears nothing of the others, or they nothing of it, and both become master. Reported
    only where every way through the rules ends in a drop; a rule that is not understood counts as one that may
    let packets pass. The rules are asked of `nft` when root checks the host's own file, or come from the keys
    `nftables`, `iptables` and `ip6tables` of `--host-facts`.""",
)
def _dropped(subject: Subject) -> Iterator[Finding]:
    system = subject.host.system()
    if system.nftables is None and system.iptables is None and system.ip6tables is None:
        return
    for instance in subject.instances:
        if not instance.interface or instance.vmac is not None:
            continue
        lines = system.iptables if instance.family == 4 else system.ip6tables
        for packet, who in _packets(instance):
            if (system.nftables is not None and nftables_drops(system.nftables, packet)) or (
                lines is not None and iptables_drops(lines, packet)
            ):
                way = "that come in by" if packet.incoming else "that leave by"
                name = "vrrp" if packet.protocol == VRRP else "ah"
                yield Finding(
                    node=instance.interface_node or instance.node,
                    word=1,
                    message=f"The packet filter drops the adverts of {instance.name} {who}{way} {instance.interface}.",
                    advice=f"Accept protocol {name} there: nft 'meta l4proto {packet.protocol} accept',"
                    f" firewall-cmd --add-protocol={name}, or iptables -p {name} -j ACCEPT.",
                )
                break


@rule(
    "H013",
    Severity.INFO,
    "multicast group behind IGMP snooping without a querier",
    """The interface is a bridge, or a port of one, that looks into IGMP or MLD (`multicast_snooping`) but asks
    nobody (`multicast_querier` 0). Adverts to 224.0.0.18 are forwarded by every switch all the same; those to a
    group of one's own (`mcast_dst_ip`, `vrrp_mcast_group4`) outside of 224.0.0.0/24 reach only ports whose
    hosts have answered a querier. As long as there has been none a Linux bridge floods them; when one
    disappears, or on other switches, they end.""",
)
def _snooping(subject: Subject) -> Iterator[Finding]:
    system = subject.host.system()
    for instance in subject.instances:
        group = _group(instance)
        name = system.bridge_of.get(instance.interface, instance.interface)
        bridge = system.bridges.get(name)
        if bridge is None or not bridge.snooping or bridge.querier or instance.unicast or group is None:
            continue
        if group.version == 4 and group not in _ALWAYS_FORWARDED:
            node = instance.node.last("mcast_dst_ip") or subject.globals("vrrp_mcast_group4") or instance.node
            yield Finding(
                node=node,
                word=1,
                message=f"Adverts of {instance.name} to {group} cross bridge {name}, which snoops but has no querier.",
                advice=f"Use 224.0.0.18, or set multicast_querier on {name} to 1.",
            )


@rule(
    "H014",
    Severity.WARNING,
    "interface that is taken care of by somebody else",
    """systemd-networkd configures the interface. When it is restarted, or told to reconfigure the interface,
    it removes addresses that it did not set, and with them the virtual ones of a master, unless the `.network`
    file says `KeepConfiguration=static` (or yes). With NetworkManager the same happens when the connection is activated
    again; that is only noted. Told from the run-time files below /run, or by the key `manager` of an interface
    in `--host-facts`.""",
)
def _managed(subject: Subject) -> Iterator[Finding]:
    managers = subject.host.system().managers
    told: set[str] = set()
    for instance in subject.instances:
        manager = managers.get(instance.interface)
        if manager is None or manager.keeps_addresses or instance.interface in told or not instance.vips:
            continue
        told.add(instance.interface)
        networkd = manager.name == "systemd-networkd"
        advice = (
            "Write KeepConfiguration=static into the [Network] section of its .network file."
            if networkd
            else f"Leave it unmanaged (nmcli device set {instance.interface} managed no), or reload keepalived afterwards."
        )
        yield Finding(
            node=instance.interface_node or instance.node,
            word=1,
            message=f"{manager.name} configures {instance.interface} and may remove the addresses of {instance.name}.",
            advice=advice,
            severity=Severity.WARNING if networkd else Severity.INFO,
        )
