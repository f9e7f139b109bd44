"""Rules about weights that one file alone shows to be wrong; what needs the peers is in keepalived_py.lint.cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.views import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.views import InstanceView, ScriptView, TrackedView

_W, _I = Severity.WARNING, Severity.INFO
#: A larger weight is refused by keepalived.
_MOST = 253


def weighted(subject: Subject, instance: InstanceView) -> Iterator[tuple[TrackedView, ScriptView, int]]:
    """Give what an instance tracks with the weight in force: the entry's own, else the script's."""
    for tracked in instance.tracked_scripts:
        found = subject.script_of.get(tracked.name)
        if found is not None:
            yield tracked, found, found.weight if tracked.weight is None else tracked.weight


@rule(
    "V018",
    _W,
    "weight cut at the limits",
    """The effective priority stays between 1 and 254. A weight that would leave that range moves it only to the
    limit: with
    priority 100 and weight -200 a failing node has priority 1 and is still a candidate (weight 0 puts it into
    FAULT instead); with
    priority 200 and weight 100 a success gives 254. The step is smaller than written.""",
)
def _clamped(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        if instance.priority == OWNER:
            continue
        for tracked, script, weight in weighted(subject, instance):
            total = instance.priority + weight
            if 1 <= total <= OWNER - 1 or abs(weight) > _MOST:
                continue
            node = tracked.node if tracked.weight is not None else script.weight_node
            still = "it stays a candidate" if total < 1 else "no more than that"
            yield Finding(
                node=node,
                word=2 if tracked.weight is not None else 1,
                message=f"Priority {instance.priority} of {instance.name} with weight {weight}"
                f" is cut to {max(1, min(254, total))}: {still}.",
                advice="Use weight 0 to leave the election on failure, or a weight that keeps the sum between 1 and 254.",
            )


@rule(
    "V019",
    _W,
    "weight with nopreempt",
    """A weight lowers the priority of a master whose script fails, so that a peer takes over; but a backup with
    `nopreempt` does
    not take over from a living master, however low its priority. If the peers have `nopreempt` as well, the
    failure changes nothing. Given
    the files of all nodes, C018 says for certain.""",
)
def _nopreempt(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        if instance.nopreempt is None or instance.state == "MASTER" or instance.priority == OWNER:
            continue
        for tracked, _, weight in weighted(subject, instance):
            if weight:
                yield Finding(
                    node=tracked.node,
                    word=0,
                    message=f"{instance.name} has nopreempt: a change of priority by {tracked.name} alone hands nothing over"
                    " to such a node.",
                    advice="Use weight 0 for the script, or preemption (with preempt_delay).",
                )


@rule(
    "V020",
    _I,
    "two weights for one script",
    "Both the `vrrp_script` and the `track_script` entry give a weight; the entry's counts.",
)
def _two_weights(subject: Subject) -> Iterator[Finding]:
    for instance in subject.instances:
        for tracked, script, _ in weighted(subject, instance):
            if tracked.weight is not None and script.weight_node is not None and tracked.weight != script.weight:
                yield Finding(
                    node=tracked.node,
                    word=2,
                    message=f"{tracked.name} has weight {script.weight} of its own, and {tracked.weight} here, which counts.",
                    advice="Keep one of the two.",
                )
