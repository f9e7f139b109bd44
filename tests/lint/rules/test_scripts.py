from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves, script

if TYPE_CHECKING:
    from pathlib import Path

TRACKED = "track_script {\nchk\n}"
GOOD = instance()

CASES: dict[str, tuple[str, str]] = {
    "S001": (script("timeout «10»") + instance(TRACKED), script("timeout 2") + instance(TRACKED)),
    "S002": (script(name="«chk»") + GOOD, script() + instance(TRACKED)),
    "S003": (script() + script(name="«chk»") + instance(TRACKED), script() + instance(TRACKED)),
    "S013": (
        script(command="/usr/bin/sleep 2").replace('script "/usr/bin/sleep 2"', '«script "/usr/bin/sleep 2"»')
        + instance(TRACKED),
        script(command="/usr/bin/sleep 1") + instance(TRACKED),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
