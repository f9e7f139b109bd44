"""What should be alike on all nodes: instances, what they track, how they are grouped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.cluster.routers import Cluster, Member, at, differing
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, cluster_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_W = Severity.WARNING


@cluster_rule(
    "C014",
    _W,
    "script on one node only",
    "A script that one node tracks and another does not: only one of them notices the fault.",
)
def _scripts(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
        everywhere = {tracked.name for member in router for tracked in member.instance.tracked_scripts}
        for member in router:
            missing = everywhere - {tracked.name for tracked in member.instance.tracked_scripts}
            if missing:
                yield at(
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
def _groups(cluster: Cluster) -> Iterator[Finding]:
    def companions(member: Member) -> frozenset[str]:
        joined = member.subject.groups_of(member.instance)
        return frozenset(one.name for one in joined[0].members) if joined else frozenset()

    return differing(
        cluster,
        companions,
        lambda member, first: at(
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
def _alone(cluster: Cluster) -> Iterator[Finding]:
    joined = {id(member.instance) for router in cluster.routers for member in router}
    for subject in cluster.subjects:
        for instance in subject.instances:
            if id(instance) not in joined:
                yield at(
                    Member(subject=subject, instance=instance),
                    None,
                    f"No other node has {instance.name} or its addresses.",
                    "Add the instance to another node, or give all the files of the cluster.",
                )
