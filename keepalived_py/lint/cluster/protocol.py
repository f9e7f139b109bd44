"""What makes one node drop the adverts of another: ids, versions, times, passwords, groups, checksums, clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.cluster.routers import Cluster, Member, at, differing, kin
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, cluster_rule

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO


@cluster_rule(
    "C001",
    _E,
    "different virtual router ids",
    """Nodes that share an address must share the VRID: with different ones none hears the other, and all are
    master of the same address.""",
)
def _vrid(cluster: Cluster) -> Iterator[Finding]:
    return differing(
        cluster,
        lambda member: member.instance.vrid,
        lambda member, first: at(
            member,
            member.instance.vrid_node,
            f"{member.instance.name} has VRID {member.instance.vrid} here, {first.instance.vrid} on {first.name}.",
            "Use one virtual_router_id on all nodes.",
        ),
    )


@cluster_rule(
    "C002", _E, "different VRRP versions", "Adverts of the other version are dropped, so all nodes become master."
)
def _version(cluster: Cluster) -> Iterator[Finding]:
    return differing(
        cluster,
        lambda member: member.instance.version,
        lambda member, first: at(
            member,
            member.instance.node.last("version"),
            f"{member.instance.name} speaks VRRP version {member.instance.version} here, {first.instance.version} on {first.name}.",
            "Use one version on all nodes.",
        ),
    )


@cluster_rule(
    "C003",
    _E,
    "different advertisement intervals",
    """VRRPv2 drops adverts whose interval is not its own: all nodes become master. VRRPv3 learns the master's
    interval; there it is a warning, because
    the time of a fail-over depends on who is master.""",
)
def _interval(cluster: Cluster) -> Iterator[Finding]:
    return differing(
        cluster,
        lambda member: member.instance.advert_int,
        lambda member, first: at(
            member,
            member.instance.advert_node,
            f"{member.instance.name} has an interval of {member.instance.advert_int / 1e6:g} s here,"
            f" {first.instance.advert_int / 1e6:g} s on {first.name}.",
            "Use one advert_int on all nodes.",
            _E if member.instance.version == 2 else _W,
        ),
    )


@cluster_rule(
    "C004",
    _E,
    "different authentication",
    "Type, password or keys differ: each node drops the other's adverts, and all become master.",
)
def _authentication(cluster: Cluster) -> Iterator[Finding]:
    def value(member: Member) -> object:
        instance = member.instance
        legacy = (instance.auth_type, instance.auth_pass.encode("utf-8", "surrogateescape")[:8])
        # Without a type, and in version 3, the password is not used.
        used = legacy if instance.version == 2 and instance.auth_type and not instance.strict else None
        return used, tuple(sorted(instance.hmac_keys)) if instance.hmac_keys else None

    return differing(
        cluster,
        value,
        lambda member, first: at(
            member,
            member.instance.password_node or member.instance.hmac_node,
            f"{member.instance.name} is authenticated otherwise here than on {first.name}.",
            "Use the same type and password (or keys) on all nodes.",
        ),
    )


@cluster_rule(
    "C006", _E, "different multicast groups", "Adverts to another group are not heard, so all nodes become master."
)
def _multicast(cluster: Cluster) -> Iterator[Finding]:
    default = {4: "224.0.0.18", 6: "ff02::12"}
    return differing(
        cluster,
        lambda member: (
            "" if member.instance.unicast else member.instance.group_address or default[member.instance.family]
        ),
        lambda member, first: at(
            member,
            member.instance.node.last("mcast_dst_ip") or member.instance.node.last("unicast_peer"),
            f"{member.instance.name} sends {_way(member)} here, {_way(first)} on {first.name}.",
            "Use the same group, or unicast, on all nodes.",
        ),
    )


def _way(member: Member) -> str:
    return "unicast" if member.instance.unicast else f"to {member.instance.group_address or 'the default group'}"


@cluster_rule(
    "C007",
    _W,
    "different checksum settings",
    "`v3_checksum_as_v2` or `old_unicast_checksum` differ; VRRPv3 adverts may be dropped for their checksum.",
)
def _checksum(cluster: Cluster) -> Iterator[Finding]:
    return differing(
        cluster,
        lambda member: member.instance.checksum if member.instance.version == 3 else "",
        lambda member, first: at(
            member,
            None,
            f"{member.instance.name} computes checksums otherwise here than on {first.name}.",
            "Use the same checksum settings on all nodes.",
        ),
    )


@cluster_rule(
    "C012",
    _W,
    "virtual router id used for something else",
    """Two instances have the same VRID on an interface of the same name, but share neither name nor address. On
    one link they disturb each
    other: the lower one never becomes master.""",
)
def _reused(cluster: Cluster) -> Iterator[Finding]:
    seen: dict[Hashable, list[Member]] = {}
    for subject in cluster.subjects:
        own: list[tuple[Hashable, Member]] = []
        for instance in subject.instances:
            if instance.vrid is None:
                continue
            member = Member(subject=subject, instance=instance)
            key: Hashable = (instance.vrid, instance.family, instance.interface)
            own.append((key, member))
            told: set[str] = set()
            for other in seen.get(key, ()):
                both_unicast = instance.unicast and other.instance.unicast
                if other.name not in told and not both_unicast and not kin(instance, other.instance):
                    told.add(other.name)
                    yield at(
                        member,
                        instance.vrid_node,
                        f"VRID {instance.vrid} is used by {other.instance.name} on {other.name} for other addresses.",
                        "Use another virtual_router_id for one of them, unless they are on different links.",
                    )
        for key, member in own:
            seen.setdefault(key, []).append(member)


@cluster_rule(
    "C013",
    _W,
    "virtual MAC on one side only",
    """With `use_vmac` on some nodes only, the address changes its MAC at a fail-over, and old neighbour entries
    lead nowhere.""",
)
def _vmac(cluster: Cluster) -> Iterator[Finding]:
    return differing(
        cluster,
        lambda member: member.instance.vmac is not None,
        lambda member, first: at(
            member,
            member.instance.vmac,
            f"{member.instance.name} {'has' if member.instance.vmac else 'has no'} virtual MAC here, other than on {first.name}.",
            "Use virtual MACs on all nodes or on none.",
        ),
    )


@cluster_rule(
    "C020",
    _I,
    "clocks must agree",
    """`auth_hmac` with times refuses adverts older than its window (three intervals, 5 s at least): nodes whose
    clocks differ by more are both master.""",
)
def _clocks(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
        first = router[0]
        node = first.instance.hmac_node
        if node is not None and node.value("anti_replay") != "monotonic":
            yield at(
                first,
                None,
                f"{first.instance.name} accepts adverts only while the clocks of the nodes agree.",
                "Keep the clocks synchronised on all nodes.",
            )
