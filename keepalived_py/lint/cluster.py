"""Rules over the files of several nodes: what makes them unable to work together, and which node wins when scripts fail.

Instances belong together when they have the same name and share an address or have the same VRID, or share an advertised address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, cluster_rule
from keepalived_py.lint.rules.sync import groups
from keepalived_py.lint.rules.weights import weighted
from keepalived_py.lint.views import OWNER, InstanceView
from keepalived_py.lint.weights import Candidate, Table, Vote, enumerate_elections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.tree import Node

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Member:
    """An instance on its node."""

    subject: Subject
    instance: InstanceView

    @property
    def name(self) -> str:
        """The node's name."""
        return self.subject.name


def routers(subjects: Sequence[Subject]) -> list[list[Member]]:
    """Put together what is one virtual router: at most one instance of each node, and only those with two or more."""
    found: list[list[Member]] = []
    for subject in subjects:
        for instance in subject.instances:
            member = Member(subject=subject, instance=instance)
            fitting = [
                router
                for router in found
                if all(other.subject is not subject for other in router) and _kin(router[0].instance, instance)
            ]
            if fitting:
                max(fitting, key=lambda router: _kin(router[0].instance, instance)).append(member)
            else:
                found.append([member])
    return [router for router in found if len(router) > 1]


def _kin(one: InstanceView, other: InstanceView) -> int:
    """How closely two instances are related; 0 for not at all."""
    if one.family != other.family:
        return 0
    shared = {vip.address for vip in one.vips} & {vip.address for vip in other.vips}
    same_name = one.name == other.name
    same_vrid = one.vrid is not None and one.vrid == other.vrid
    if shared:
        return 3 + same_vrid + same_name
    return 2 if same_name and same_vrid else 0


def _differing(
    subjects: list[Subject],
    value: Callable[[Member], object],
    finding: Callable[[Member, Member], Finding],
) -> Iterator[Finding]:
    for router in routers(subjects):
        for member in router[1:]:
            if value(member) != value(router[0]):
                yield finding(member, router[0])


def _at(member: Member, node: Node | None, message: str, advice: str, severity: Severity | None = None) -> Finding:
    word = 1 if node is None or len(node.words) > 1 else 0
    return Finding(
        node=node or member.instance.node,
        word=word,
        message=message,
        advice=advice,
        severity=severity,
        subject=member.subject,
    )


@cluster_rule(
    "C001",
    _E,
    "different virtual router ids",
    """Nodes that share an address must share the VRID: with different ones none hears the other, and all are
    master of the same address.""",
)
def _vrid(subjects: list[Subject]) -> Iterator[Finding]:
    return _differing(
        subjects,
        lambda member: member.instance.vrid,
        lambda member, first: _at(
            member,
            member.instance.vrid_node,
            f"{member.instance.name} has VRID {member.instance.vrid} here, {first.instance.vrid} on {first.name}.",
            "Use one virtual_router_id on all nodes.",
        ),
    )


@cluster_rule(
    "C002", _E, "different VRRP versions", "Adverts of the other version are dropped, so all nodes become master."
)
def _version(subjects: list[Subject]) -> Iterator[Finding]:
    return _differing(
        subjects,
        lambda member: member.instance.version,
        lambda member, first: _at(
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
def _interval(subjects: list[Subject]) -> Iterator[Finding]:
    return _differing(
        subjects,
        lambda member: member.instance.advert_int,
        lambda member, first: _at(
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
def _authentication(subjects: list[Subject]) -> Iterator[Finding]:
    def value(member: Member) -> object:
        instance = member.instance
        legacy = (instance.auth_type, instance.auth_pass.encode("utf-8", "surrogateescape")[:8])
        # Without a type, and in version 3, the password is not used.
        used = legacy if instance.version == 2 and instance.auth_type and not instance.strict else None
        return used, tuple(sorted(instance.hmac_keys)) if instance.hmac_keys else None

    return _differing(
        subjects,
        value,
        lambda member, first: _at(
            member,
            member.instance.password_node or member.instance.hmac_node,
            f"{member.instance.name} is authenticated otherwise here than on {first.name}.",
            "Use the same type and password (or keys) on all nodes.",
        ),
    )


@cluster_rule(
    "C005",
    _E,
    "different addresses",
    """The advertised addresses differ, so after a fail-over some are nowhere, or come up on a node that the
    others do not know of. keepalived accepts
    the adverts, but logs each.""",
)
def _addresses(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        first = router[0]
        wanted = {vip.address for vip in first.instance.advertised}
        for member in router[1:]:
            own = {vip.address for vip in member.instance.advertised}
            parts = []
            if wanted - own:
                parts.append(f"{', '.join(sorted(map(str, wanted - own)))} only on {first.name}")
            if own - wanted:
                parts.append(f"{', '.join(sorted(map(str, own - wanted)))} only on {member.name}")
            if parts:
                yield _at(
                    member,
                    None,
                    f"The addresses of {member.instance.name} differ: {'; '.join(parts)}.",
                    "List the same addresses on all nodes.",
                )


@cluster_rule(
    "C006", _E, "different multicast groups", "Adverts to another group are not heard, so all nodes become master."
)
def _multicast(subjects: list[Subject]) -> Iterator[Finding]:
    default = {4: "224.0.0.18", 6: "ff02::12"}
    return _differing(
        [*subjects],
        lambda member: (
            "" if member.instance.unicast else member.instance.group_address or default[member.instance.family]
        ),
        lambda member, first: _at(
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
def _checksum(subjects: list[Subject]) -> Iterator[Finding]:
    return _differing(
        subjects,
        lambda member: member.instance.checksum if member.instance.version == 3 else "",
        lambda member, first: _at(
            member,
            None,
            f"{member.instance.name} computes checksums otherwise here than on {first.name}.",
            "Use the same checksum settings on all nodes.",
        ),
    )


@cluster_rule(
    "C008",
    _E,
    "unicast lists that do not match",
    """A node sends to its peers only. A node that is missing in the list of another hears nothing
    of it, and becomes master beside it. Looked at where `unicast_src_ip` is given.""",
)
def _peers(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        for member in router:
            if not member.instance.unicast:
                continue
            listed = {peer for peer, _ in member.instance.peers}
            for other in router:
                source = other.instance.source
                if other is member or source is None or source in listed or not other.instance.unicast:
                    continue
                yield _at(
                    member,
                    member.instance.node.last("unicast_peer"),
                    f"The peers of {member.instance.name} do not include {source} of {other.name},"
                    " which hears no adverts from here.",
                    f"Add {source} to unicast_peer.",
                )


@cluster_rule(
    "C009",
    _W,
    "equal priorities",
    """All nodes have the same priority, so the higher interface address decides who is master; after a
    simultaneous start both may be for a moment.""",
)
def _equal_priorities(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        if len({member.instance.priority for member in router}) == 1:
            severity = _E if router[0].instance.priority == OWNER else _W
            for member in router[1:]:
                yield _at(
                    member,
                    member.instance.priority_node,
                    f"{member.instance.name} has priority {member.instance.priority} on all nodes.",
                    "Give each node a priority of its own.",
                    severity,
                )


@cluster_rule(
    "C010",
    _W,
    "MASTER on all nodes",
    """`state MASTER` on all nodes: it has no effect on the election, but clears `nopreempt` and hides who is
    meant to be master.""",
)
def _all_master(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        if all(member.instance.state == "MASTER" for member in router):
            for member in router[1:]:
                yield _at(
                    member,
                    member.instance.state_node,
                    f"{member.instance.name} has state MASTER on all nodes.",
                    "Write BACKUP on all nodes but one.",
                )


@cluster_rule(
    "C011",
    _W,
    "nopreempt on one side only",
    """The node without `nopreempt` takes the addresses back when it returns, if its priority is the higher one;
    the other does not.""",
)
def _one_sided(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        having = [member for member in router if member.instance.nopreempt is not None]
        for member in router:
            highest = member.instance.priority == max(one.instance.priority for one in router)
            if having and member not in having and highest:
                yield _at(
                    member,
                    None,
                    f"{member.instance.name} preempts here and has the highest priority, but not on {having[0].name}.",
                    "Write nopreempt on all nodes, or on the one with the highest priority.",
                )


@cluster_rule(
    "C012",
    _W,
    "virtual router id used for something else",
    """Two instances have the same VRID on an interface of the same name, but share neither name nor address. On
    one link they disturb each
    other: the lower one never becomes master.""",
)
def _reused(subjects: list[Subject]) -> Iterator[Finding]:
    for place, subject in enumerate(subjects):
        for instance in subject.instances:
            for other_subject in subjects[:place]:
                for other in other_subject.instances:
                    clash = (
                        instance.vrid is not None
                        and (other.vrid, other.family, other.interface)
                        == (instance.vrid, instance.family, instance.interface)
                        and not _kin(instance, other)
                        and not (instance.unicast and other.unicast)
                    )
                    if clash:
                        yield _at(
                            Member(subject=subject, instance=instance),
                            instance.vrid_node,
                            f"VRID {instance.vrid} is used by {other.name} on {other_subject.name} for other addresses.",
                            "Use another virtual_router_id for one of them, unless they are on different links.",
                        )


@cluster_rule(
    "C013",
    _W,
    "virtual MAC on one side only",
    """With `use_vmac` on some nodes only, the address changes its MAC at a fail-over, and old neighbour entries
    lead nowhere.""",
)
def _vmac(subjects: list[Subject]) -> Iterator[Finding]:
    return _differing(
        subjects,
        lambda member: member.instance.vmac is not None,
        lambda member, first: _at(
            member,
            member.instance.vmac,
            f"{member.instance.name} {'has' if member.instance.vmac else 'has no'} virtual MAC here, other than on {first.name}.",
            "Use virtual MACs on all nodes or on none.",
        ),
    )


@cluster_rule(
    "C014",
    _W,
    "script on one node only",
    "A script that one node tracks and another does not: only one of them notices the fault.",
)
def _scripts(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        everywhere = {tracked.name for member in router for tracked in member.instance.tracked_scripts}
        for member in router:
            missing = everywhere - {tracked.name for tracked in member.instance.tracked_scripts}
            if missing:
                yield _at(
                    member,
                    member.instance.node.last("track_script"),
                    f"{member.instance.name} does not track {', '.join(sorted(missing))} here, but on another node.",
                    "Track the same scripts on all nodes.",
                )


@cluster_rule(
    "C015",
    _W,
    "different sync groups",
    "An instance is grouped with others on one node than on another, so a fail-over moves only some of them.",
)
def _groups(subjects: list[Subject]) -> Iterator[Finding]:
    def companions(member: Member) -> frozenset[str]:
        for _, members in groups(member.subject):
            if member.instance in members:
                return frozenset(one.name for one in members)
        return frozenset()

    return _differing(
        subjects,
        companions,
        lambda member, first: _at(
            member,
            None,
            f"{member.instance.name} has not the sync group that it has on {first.name}.",
            "Use the same groups on all nodes.",
        ),
    )


@cluster_rule(
    "C016",
    _W,
    "instance on one node only",
    "No other node has this virtual router: when its node is gone, so are its addresses.",
)
def _alone(subjects: list[Subject]) -> Iterator[Finding]:
    if len(subjects) < 2:
        return
    joined = {id(member.instance) for router in routers(subjects) for member in router}
    for subject in subjects:
        for instance in subject.instances:
            if id(instance) not in joined:
                yield _at(
                    Member(subject=subject, instance=instance),
                    None,
                    f"No other node has {instance.name} or its addresses.",
                    "Add the instance to another node, or give all the files of the cluster.",
                )


@cluster_rule(
    "C017",
    _E,
    "script that never changes the winner",
    """In no combination of failed scripts on all nodes does this script's success or failure decide which node
    is master: with 150 against 100
    and weight 2 the weaker node never gets there. The table of combinations is printed below the findings. A
    script on a node that wins
    only when others are in FAULT is not counted.""",
)
def _never(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        table = router_table(router)
        if table is None:
            continue
        for member in router:
            for tracked, _, weight in weighted(member.subject, member.instance):
                changed, _ = table.moves((member.name, tracked.name))
                if changed == 0 and member.instance.priority != OWNER and weight and not _grouped(member):
                    yield _at(
                        member,
                        tracked.node,
                        f"{tracked.name} (weight {weight}) on {member.name} never changes which node is master.",
                        "Make the weight larger than the difference of the priorities, or use weight 0.",
                        None if member.name in table.rows[0].winners else _W,
                    )


@cluster_rule(
    "C018",
    _E,
    "weight that nopreempt makes useless",
    """The script lowers the priority of the usual master, but every node that would win then has `nopreempt`:
    it does not take over from a
    living master, however low its priority. The failure changes nothing.""",
)
def _held(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        table = router_table(router)
        if table is None:
            continue
        lame = {
            member.name
            for member in router
            if member.instance.nopreempt is not None
            and member.instance.state != "MASTER"
            and member.instance.priority != OWNER
        }
        usual = table.rows[0].winners
        for member in router:
            if usual != (member.name,) or member.instance.priority == OWNER or _grouped(member):
                continue
            for tracked, _, weight in weighted(member.subject, member.instance):
                after = next(row for row in table.rows if row.failed == {(member.name, tracked.name)}).winners
                if weight and after and after != usual and set(after) <= lame:
                    yield _at(
                        member,
                        tracked.node,
                        f"When {tracked.name} fails on {member.name}, {' or '.join(after)} would win, but has nopreempt.",
                        "Use weight 0, which puts this node into FAULT, or remove nopreempt there.",
                    )


@cluster_rule(
    "C019",
    _E,
    "two nodes with one source address",
    "Adverts of two nodes come from the same address; each takes the other's for its own.",
)
def _same_source(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        for place, member in enumerate(router):
            for other in router[:place]:
                if member.instance.source is not None and member.instance.source == other.instance.source:
                    yield _at(
                        member,
                        member.instance.source_node,
                        f"{member.instance.source} is the source of {other.name}, too.",
                        "Give each node its own address.",
                    )


@cluster_rule(
    "C020",
    _I,
    "clocks must agree",
    """`auth_hmac` with times refuses adverts older than its window (three intervals, 5 s at least): nodes whose
    clocks differ by more are both master.""",
)
def _clocks(subjects: list[Subject]) -> Iterator[Finding]:
    for router in routers(subjects):
        first = router[0]
        node = first.instance.hmac_node
        if node is not None and node.value("anti_replay") != "monotonic":
            yield _at(
                first,
                None,
                f"{first.instance.name} accepts adverts only while the clocks of the nodes agree.",
                "Keep the clocks synchronised on all nodes.",
            )


def _grouped(member: Member) -> bool:
    """Whether weights of the instance are ignored because of its group."""
    return any(
        member.instance in members and node.last("sync_group_tracking_weight") is None
        for node, members in groups(member.subject)
    )


def router_table(router: Sequence[Member]) -> Table | None:
    """Enumerate a virtual router's elections."""
    candidates = []
    for member in router:
        grouped = _grouped(member)
        votes = {
            tracked.name: Vote(
                script=tracked.name,
                weight=weight,
                reverse=script.reverse if tracked.weight is None else tracked.reverse,
            )
            for tracked, script, weight in weighted(member.subject, member.instance)
            if not weight or not (grouped or member.instance.priority == OWNER)
        }
        candidates.append(
            Candidate(
                node=member.name,
                priority=member.instance.priority,
                votes=tuple(votes.values()),
                nopreempt=member.instance.nopreempt is not None,
                address=member.instance.source,
            )
        )
    first = router[0].instance
    addresses = ", ".join(str(vip.address) for vip in first.advertised[:3])
    return enumerate_elections(f"Virtual router {first.vrid} ({first.name}: {addresses})", candidates)


def tables(subjects: Sequence[Subject]) -> list[Table]:
    """Give the tables of all virtual routers of several nodes that track scripts."""
    drawn = [router_table(router) for router in routers(subjects)]
    return [table for table in drawn if table is not None]
