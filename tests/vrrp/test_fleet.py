"""Many instances in one process."""

from __future__ import annotations

from dataclasses import replace

from keepalived_py.vrrp.events import DeadlineReached, InterfaceFacts
from tests.vrrp.fleets import QUIET, started
from tests.vrrp.notation import OWN, SECOND, lines, wanted


def test_a_thousand_instances_answer_in_the_order_of_their_deadlines() -> None:
    instances = tuple(
        replace(wanted(f"V{n}", router_id=n % 255 + 1, garp=QUIET), interface=f"eth{n // 255}") for n in range(1000)
    )
    facts = tuple(InterfaceFacts(name=f"eth{n}", addresses=((OWN, 24),)) for n in range(4))
    machine = started(*instances, facts=facts)
    effects = []
    while machine.deadline == 3_609_375:
        some = machine.handle(DeadlineReached(), 3_609_375)
        # Few enough that the worker can look at the clock between them.
        assert 1 <= sum(line.endswith("MASTER STATE") for line in lines(some)) <= 16
        effects += some
    assert sum(line.endswith("MASTER STATE") for line in lines(effects)) == 1000
    assert machine.deadline == 3_609_375 + SECOND
