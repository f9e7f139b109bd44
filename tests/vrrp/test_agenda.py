"""The heap of deadlines behaves like asking every machine."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from keepalived_py.vrrp.agenda import Agenda


@dataclass(eq=False)
class Machine:
    deadline: int | None = None


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("set"), st.integers(0, 4), st.one_of(st.none(), st.integers(0, 50))),
            st.tuples(st.just("pop"), st.integers(0, 60), st.none()),
        ),
        max_size=60,
    )
)
def test_the_earliest_deadline_is_that_of_all_machines(steps: list[tuple[str, int, int | None]]) -> None:
    agenda, machines = Agenda(), [Machine() for _ in range(5)]
    for kind, number, when in steps:
        if kind == "set":
            machines[number].deadline = when
            agenda.update(machines[number])
        else:
            due = agenda.pop_due(number)
            expected = [each.deadline for each in machines if each.deadline is not None and each.deadline <= number]
            assert (due is None) == (not expected)
            if due is not None:
                assert due.deadline == min(expected)
                due.deadline = None  # type: ignore[misc]
        pending = [each.deadline for each in machines if each.deadline is not None]
        assert agenda.deadline == (min(pending) if pending else None)


def test_machines_due_at_the_same_time_come_in_the_order_of_their_arrival() -> None:
    agenda, machines = Agenda(), [Machine(7) for _ in range(5)]
    for machine in machines:
        agenda.update(machine)
    assert [agenda.pop_due(7) for _ in machines] == machines
    assert agenda.pop_due(7) is None


def test_a_deadline_that_only_moves_away_costs_one_entry() -> None:
    agenda, machine = Agenda(), Machine(1)
    for when in range(1, 1000):
        machine.deadline = when
        agenda.update(machine)
    assert len(agenda._heap) == 1
    assert agenda.deadline == 999


def test_a_cleared_agenda_has_no_deadline() -> None:
    agenda = Agenda()
    agenda.update(Machine(1))
    agenda.clear()
    assert agenda.deadline is None
