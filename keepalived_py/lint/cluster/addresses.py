"""The addresses of several nodes: those they share, those they send from and to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.cluster.routers import Cluster, at
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, cluster_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_E = Severity.ERROR


@cluster_rule(
    "C005",
    _E,
    "different addresses",
    """The advertised addresses differ, so after a fail-over some are nowhere, or come up on a node that the
    others do not know of. keepalived accepts
    the adverts, but logs each.""",
)
def _addresses(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
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
                yield at(
                    member,
                    None,
                    f"The addresses of {member.instance.name} differ: {'; '.join(parts)}.",
                    "List the same addresses on all nodes.",
                )


@cluster_rule(
    "C008",
    _E,
    "unicast lists that do not match",
    """A node sends to its peers only. A node that is missing in the list of another hears nothing
    of it, and becomes master beside it. Looked at where `unicast_src_ip` is given.""",
)
def _peers(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
        for member in router:
            if not member.instance.unicast:
                continue
            listed = {peer for peer, _ in member.instance.peers}
            for other in router:
                source = other.instance.source
                if other is member or source is None or source in listed or not other.instance.unicast:
                    continue
                yield at(
                    member,
                    member.instance.node.last("unicast_peer"),
                    f"The peers of {member.instance.name} do not include {source} of {other.name},"
                    " which hears no adverts from here.",
                    f"Add {source} to unicast_peer.",
                )


@cluster_rule(
    "C019",
    _E,
    "two nodes with one source address",
    "Adverts of two nodes come from the same address; each takes the other's for its own.",
)
def _same_source(cluster: Cluster) -> Iterator[Finding]:
    for router in cluster.routers:
        for place, member in enumerate(router):
            for other in router[:place]:
                if member.instance.source is not None and member.instance.source == other.instance.source:
                    yield at(
                        member,
                        member.instance.source_node,
                        f"{member.instance.source} is the source of {other.name}, too.",
                        "Give each node its own address.",
                    )
