"""Rules about sync groups and the IPVS sync daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.similar import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject


@rule(
    "V015",
    Severity.WARNING,
    "different priorities in a sync group",
    """The members of a group move together, so they should win and lose together. With different priorities a
    group becomes
    master only when its weakest member wins, and two nodes may block each other.""",
)
def _different_priorities(subject: Subject) -> Iterator[Finding]:
    for members in (group.members for group in subject.sync_groups):
        for member in members[1:]:
            if member.priority != members[0].priority:
                yield Finding(
                    node=member.priority_node or member.node,
                    word=1,
                    message=f"{member.name} has priority {member.priority},"
                    f" but {members[0].name} of its group {members[0].priority}.",
                    advice="Give all members of a sync group the same priority.",
                )


@rule(
    "V016",
    Severity.WARNING,
    "nopreempt on some members of a sync group",
    "A member without `nopreempt` pulls the group over although the others were told to leave it where it is.",
)
def _some_nopreempt(subject: Subject) -> Iterator[Finding]:
    for group in subject.sync_groups:
        having = [member for member in group.members if member.nopreempt is not None]
        for member in group.members:
            if having and member.nopreempt is None:
                yield Finding(
                    node=member.node,
                    word=1,
                    message=f"{member.name} has no nopreempt, but {having[0].name} of group {group.node.word(1)} has.",
                    advice="Write nopreempt in all members or in none.",
                )


@rule(
    "V027",
    Severity.ERROR,
    "sync daemon of an instance that does not exist",
    """`lvs_sync_daemon IFNAME INSTANCE` follows the state of an instance. keepalived finds none of this name,
    says nothing, and
    never starts the daemon: connections are lost at a fail-over.""",
)
def _sync_daemon(subject: Subject) -> Iterator[Finding]:
    node = subject.globals("lvs_sync_daemon")
    if node is None:
        return
    place = 3 if node.word(2) == "inst" else 2
    name = node.word(place)
    if place == 2 and "inst" in node.words:
        place = node.words.index("inst") + 1
        name = node.word(place)
    names = [instance.name for instance in subject.instances]
    if name and name not in {*names, "id", "maxlen", "port", "ttl", "group"}:
        yield Finding(
            node=node,
            word=place,
            message=f"There is no vrrp_instance {name} for the sync daemon to follow.",
            advice=f"Name an instance of this file.{did_you_mean(name, names)}",
        )
