"""Which instances of several nodes make one virtual router, and how a rule speaks of them.

Instances belong together when they have the same name and share an address or have the same VRID, or share an advertised address.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keepalived_py.lint.registry import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from keepalived_py.lint.diagnostic import Severity
    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.tree import Node
    from keepalived_py.lint.views import InstanceView


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Member:
    """An instance on its node."""

    subject: Subject
    instance: InstanceView

    @property
    def name(self) -> str:
        """The node's name."""
        return self.subject.name


class Cluster:
    """Several nodes, and the virtual routers they have in common."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        self.subjects = list(subjects)

    @functools.cached_property
    def routers(self) -> list[list[Member]]:
        """What is one virtual router: at most one instance of each node, and only those with two or more."""
        found: list[list[Member]] = []
        by_key: dict[Hashable, list[list[Member]]] = {}
        for subject in self.subjects:
            for instance in subject.instances:
                member = Member(subject=subject, instance=instance)
                router = _closest(by_key, member)
                if router is None:
                    router = []
                    found.append(router)
                    for key in {key for keys in _keys(instance) for key in keys}:
                        by_key.setdefault(key, []).append(router)
                router.append(member)
        return [router for router in found if len(router) > 1]


def _closest(by_key: dict[Hashable, list[list[Member]]], member: Member) -> list[Member] | None:
    """Give the router whose first member is most closely related; None when there is none without this node."""
    for keys in _keys(member.instance):
        for key in keys:
            for router in by_key.get(key, ()):
                if router[-1].subject is not member.subject:
                    return router
    return None


def _keys(instance: InstanceView) -> list[list[Hashable]]:
    """Give what an instance must have in common with another one to be its kin, the closest first."""
    family, name, vrid = instance.family, instance.name, instance.vrid
    addresses = sorted({vip.address for vip in instance.vips}, key=int)
    degrees: list[list[Hashable]] = []
    if vrid is not None:
        degrees.append([("all", family, address, name, vrid) for address in addresses])
        degrees.append([("vrid", family, address, vrid) for address in addresses])
    degrees.append([("name", family, address, name) for address in addresses])
    degrees.append([("address", family, address) for address in addresses])
    if vrid is not None:
        degrees.append([("named", family, name, vrid)])
    return degrees


def kin(one: InstanceView, other: InstanceView) -> bool:
    """Whether two instances have so much in common that they are meant to be one virtual router."""
    if one.family != other.family:
        return False
    if not {vip.address for vip in one.vips}.isdisjoint(vip.address for vip in other.vips):
        return True
    return one.name == other.name and one.vrid is not None and one.vrid == other.vrid


def differing(
    cluster: Cluster,
    value: Callable[[Member], object],
    finding: Callable[[Member, Member], Finding],
) -> Iterator[Finding]:
    """Give a finding for each member of a router whose value is not that of the first one."""
    for router in cluster.routers:
        wanted = value(router[0])
        for member in router[1:]:
            if value(member) != wanted:
                yield finding(member, router[0])


def at(member: Member, node: Node | None, message: str, advice: str, severity: Severity | None = None) -> Finding:
    """Make a finding about a member: at a statement of its instance, or at the instance."""
    word = 1 if node is None or len(node.words) > 1 else 0
    return Finding(
        node=node or member.instance.node,
        word=word,
        message=message,
        advice=advice,
        severity=severity,
        subject=member.subject,
    )
