from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves, script

if TYPE_CHECKING:
    from pathlib import Path

TRACKED = "track_script {\nchk\n}"

CASES: dict[str, tuple[str, str]] = {
    "V018": (
        script() + instance("track_script {\nchk weight «-200»\n}"),
        script() + instance("track_script {\nchk weight -99\n}"),
    ),
    "V019": (
        script("weight -10") + instance("nopreempt", "track_script {\n«chk»\n}"),
        script() + instance("nopreempt", TRACKED),
    ),
    "V020": (
        script("weight 5") + instance("track_script {\nchk weight «7»\n}"),
        script("weight 5") + instance(TRACKED),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
