"""Rules about unicast peers and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO


@rule(
    "V004",
    _W,
    "unicast without a source address",
    """Without `unicast_src_ip` the first address of the interface is the source, which may be another one after
    a change of the network; the
    peers list one address and get adverts from another. With IPv6 the source is the link-local address: peers
    with global addresses do not accept it, and both nodes become master (an error).""",
)
def _no_source(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        if not instance.peers or instance.node.last("unicast_src_ip") is not None or instance.source is not None:
            continue
        broken = instance.family == 6 and any(not peer.is_link_local for peer, _ in instance.peers)
        block = instance.node.last("unicast_peer") or instance.node
        yield Finding(
            node=block,
            word=0,
            message=f"{instance.name} has peers but no unicast_src_ip"
            + ("; its adverts come from the link-local address." if broken else "."),
            advice="Add unicast_src_ip with the address that the peers list for this node.",
            severity=_E if broken else _W,
        )


@rule(
    "V005",
    _E,
    "own address among the peers",
    """The address that adverts come from is listed as a peer: the node sends adverts to itself and the list is
    one node short.""",
)
def _own_address(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        for peer, node in instance.peers:
            if peer == instance.source:
                yield Finding(
                    node=node,
                    word=0,
                    message=f"{peer} is this node's own unicast_src_ip.",
                    advice="List only the other nodes.",
                )


@rule(
    "V006",
    _E,
    "virtual address as peer or source",
    """A virtual address moves between the nodes, so adverts to it or from it reach the master itself, or come
    from an address
    that is not there yet.""",
)
def _virtual_peer(subject: Subject) -> Iterator[Finding]:
    virtual = {vip.address: instance.name for instance in subject.instances for vip in instance.vips}
    for instance in subject.instances:
        places = [(peer, node, 0) for peer, node in instance.peers]
        if instance.source is not None and instance.source_node is not None:
            places.append((instance.source, instance.source_node, 1))
        for address, node, word in places:
            if address in virtual:
                yield Finding(
                    node=node,
                    word=word,
                    message=f"{address} is a virtual address of {virtual[address]}.",
                    advice="Use the nodes' own permanent addresses.",
                )


@rule(
    "V007",
    _W,
    "peer or source with a prefix length",
    "A peer and a source are single addresses; keepalived cuts the prefix length off, other versions refuse the line.",
)
def _prefixed(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        nodes = [(node, 0) for _, node in instance.peers]
        if instance.source_node is not None:
            nodes.append((instance.source_node, 1))
        for node, word in nodes:
            if "/" in node.word(word):
                yield Finding(
                    node=node,
                    word=word,
                    message=f"{node.word(word)} is to be a single address.",
                    advice="Remove the prefix length.",
                )


@rule(
    "V023",
    _I,
    "routed peers without a check of the source",
    """A peer in another network is reached through routers, so anybody on the way may send adverts: unlike
    multicast, nothing
    says that they come from the same link. `check_unicast_src`, or `min_ttl` and `max_ttl` of the peer, let keepalived look.""",
)
def _routed_peer(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        checks = instance.node.last("check_unicast_src") or subject.globals("vrrp_check_unicast_src")
        if checks is not None or instance.source is None:
            continue
        bits = 16 if instance.family == 4 else 80
        for peer, node in instance.peers:
            far = peer.version == instance.source.version and int(peer) >> bits != int(instance.source) >> bits
            if far and not {"min_ttl", "max_ttl"} & set(node.words):
                yield Finding(
                    node=node,
                    word=0,
                    message=f"{peer} is in another network, and nothing checks whom adverts come from.",
                    advice="Add check_unicast_src, or min_ttl and max_ttl to the peer.",
                )
