"""Who is to be master: priorities, states and preemption of several nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.cluster.routers import Cluster, at
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, cluster_rule
from keepalived_py.lint.views import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator

_E, _W = Severity.ERROR, Severity.WARNING


@cluster_rule(
    "C009",
    _W,
    "equal priorities",
    """All nodes have the same priority, so the higher interface address decides who is master; after a
    simultaneous start both may be for a moment.""",
)
def _equal_priorities(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
        if len({member.instance.priority for member in router}) == 1:
            severity = _E if router[0].instance.priority == OWNER else _W
            for member in router[1:]:
                yield at(
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
def _all_master(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
        if all(member.instance.state == "MASTER" for member in router):
            for member in router[1:]:
                yield at(
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
def _one_sided(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
        having = [member for member in router if member.instance.nopreempt is not None]
        for member in router:
            highest = member.instance.priority == max(one.instance.priority for one in router)
            if having and member not in having and highest:
                yield at(
                    member,
                    None,
                    f"{member.instance.name} preempts here and has the highest priority, but not on {having[0].name}.",
                    "Write nopreempt on all nodes, or on the one with the highest priority.",
                )
