"""Which node wins when scripts fail, and the scripts whose weight does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.cluster.routers import Cluster, Member, at
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, cluster_rule
from keepalived_py.lint.rules.weights import weighted
from keepalived_py.lint.views import OWNER
from keepalived_py.lint.weights import Candidate, Table, Vote, enumerate_elections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_E, _W = Severity.ERROR, Severity.WARNING


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
def _never(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
        table = router_table(router)
        if table is None:
            continue
        for member in router:
            if member.instance.priority == OWNER or _grouped(member):
                continue
            for tracked, _, weight in weighted(member.subject, member.instance):
                changed, _ = table.moves((member.name, tracked.name))
                if changed == 0 and weight:
                    yield at(
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
def _held(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
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
                    yield at(
                        member,
                        tracked.node,
                        f"When {tracked.name} fails on {member.name}, {' or '.join(after)} would win, but has nopreempt.",
                        "Use weight 0, which puts this node into FAULT, or remove nopreempt there.",
                    )


def _grouped(member: Member) -> bool:
    """Whether weights of the instance are ignored because of its group."""
    return any(
        group.node.last("sync_group_tracking_weight") is None for group in member.subject.groups_of(member.instance)
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


def tables(cluster: Cluster) -> list[Table]:
    """Give the tables of all virtual routers of several nodes that track scripts."""
    drawn = [router_table(router) for router in cluster.routers]
    return [table for table in drawn if table is not None]
