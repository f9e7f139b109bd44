from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves

if TYPE_CHECKING:
    from pathlib import Path

GOOD = instance()

CASES: dict[str, tuple[str, str]] = {
    "K007": ("include «no-such-file.conf»\n" + GOOD, GOOD),
    "K009": ("«! a»\r\n" + GOOD, "! a\n" + GOOD),
    "K010": (instance("advert_int 1", "«advert_int 2»"), instance("advert_int 1")),
    "K011": (instance(name='"«VI 1»"'), instance(name='"VI_1"')),
    "K013": (instance("advert_int 1 «second»"), instance("advert_int 1 # second")),
    "K014": ("global_defs {\n}\n", GOOD),
    "K018": (instance("advert_int«\u00a0»1"), instance("advert_int 1 # a\u00a0b")),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
