from __future__ import annotations

import ipaddress

from keepalived_py.lint.weights import MAX_SCRIPTS, Candidate, Vote, enumerate_elections, text


def candidate(node: str, priority: int, *weights: int, reverse: bool = False, address: str | None = None) -> Candidate:
    return Candidate(
        node=node,
        priority=priority,
        votes=tuple(Vote(script=f"s{n}", weight=weight, reverse=reverse) for n, weight in enumerate(weights)),
        address=None if address is None else ipaddress.ip_address(address),
    )


def effective(one: Candidate, *failed: str) -> int | None:
    return one.effective(frozenset((one.node, script) for script in failed))


def test_a_positive_weight_is_added_on_success_a_negative_one_on_failure() -> None:
    one = candidate("a", 100, 20, -30)
    assert effective(one) == 120
    assert effective(one, "s0") == 100
    assert effective(one, "s1") == 90
    assert effective(one, "s0", "s1") == 70


def test_reverse_turns_the_sign() -> None:
    one = candidate("a", 100, 20, -30, reverse=True)
    assert effective(one) == 80
    assert effective(one, "s0", "s1") == 130


def test_weight_0_means_fault_on_failure_and_reversed_on_success() -> None:
    assert effective(candidate("a", 100, 0), "s0") is None
    assert effective(candidate("a", 100, 0)) == 100
    assert effective(candidate("a", 100, 0, reverse=True)) is None


def test_the_sum_stays_between_1_and_254_and_an_owner_keeps_255() -> None:
    assert effective(candidate("a", 100, -200), "s0") == 1
    assert effective(candidate("a", 200, 100)) == 254
    assert effective(candidate("a", 255, -100), "s0") == 255


def test_a_weight_smaller_than_the_distance_never_changes_the_winner() -> None:
    table = enumerate_elections("T", [candidate("a", 150, 2), candidate("b", 100, 2)])
    assert table is not None
    assert {row.winners for row in table.rows} == {("a",)}
    assert table.moves(("a", "s0")) == (0, 2)
    assert text(table) == (
        "T\n"
        "  failed      a    b    wins\n"
        "  -           152  102  a     usual\n"
        "  s0@a        150  102  a     no fail-over\n"
        "  s0@b        152  100  a     stays\n"
        "  s0@a, s0@b  150  100  a     no fail-over\n"
        "  s0@a never changes the winner.\n"
        "  s0@b never changes the winner."
    )


def test_a_weight_larger_than_the_distance_fails_over_unless_both_fail() -> None:
    table = enumerate_elections("T", [candidate("a", 101, 10), candidate("b", 100, 10)])
    assert table is not None
    assert [(row.winners, table.mark(row)) for row in table.rows] == [
        (("a",), "usual"),
        (("b",), "fails over to b"),
        (("a",), "stays"),
        (("a",), "no fail-over"),
    ]


def test_between_equal_priorities_the_higher_address_wins_when_it_is_known() -> None:
    known = [candidate("a", 100, -1, address="192.0.2.1"), candidate("b", 100, address="192.0.2.2")]
    table = enumerate_elections("T", known)
    assert table is not None
    assert table.rows[0].winners == ("b",)
    unknown = enumerate_elections("T", [candidate("a", 100, -1), candidate("b", 100)])
    assert unknown is not None
    assert unknown.rows[0].winners == ("a", "b")


def test_nobody_wins_when_all_are_in_fault() -> None:
    table = enumerate_elections("T", [candidate("a", 150, 0), candidate("b", 100, 0)])
    assert table is not None
    assert table.rows[-1].winners == ()
    assert table.mark(table.rows[-1]) == "nobody is left"


def test_a_script_that_always_decides_is_named() -> None:
    table = enumerate_elections("T", [candidate("a", 150, -100), candidate("b", 100)])
    assert table is not None
    assert text(table).endswith("s0@a changes the winner in every combination.")


def test_too_many_scripts_are_not_enumerated() -> None:
    assert enumerate_elections("T", [candidate("a", 100, *[1] * (MAX_SCRIPTS + 1))]) is None
    assert enumerate_elections("T", [candidate("a", 100)]) is None
