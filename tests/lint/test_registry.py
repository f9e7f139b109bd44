from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.engine import RULES
from keepalived_py.lint.registry import FAMILIES, declare
from tests.lint.cluster_cases import CLUSTERS
from tests.lint.rule_cases import CASES, ELSEWHERE
from tests.lint.texts import check, marked, of, place

if TYPE_CHECKING:
    from pathlib import Path


def test_every_rule_has_a_case() -> None:
    assert set(RULES) == {*CASES, *CLUSTERS, *ELSEWHERE}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    wanted = marked(CASES[rule][0])
    found = of(check(tmp_path, wanted.text), rule)
    assert [place(one) for one in found] == (wanted.places or [None])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    assert of(check(tmp_path, CASES[rule][1]), rule) == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_explains_itself(rule: str) -> None:
    declared = RULES[rule]
    assert declared.id[0] in FAMILIES
    assert len(declared.text) > len(declared.title)
    assert declared.text.endswith((".", ")"))


def test_an_id_is_given_once() -> None:
    with pytest.raises(ValueError, match="V001"):
        declare("V001", Severity.INFO, "again", "Again.")
