from __future__ import annotations

from pathlib import Path

import pytest

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.engine import RULES
from keepalived_py.lint.registry import FAMILIES, declare

#: Rules whose findings cannot come from a text on the described host, and where they are tested instead.
ELSEWHERE = {
    "K006": "tests/lint/test_command.py: a directory in place of a file",
    "K015": "tests/lint/test_findings.py: what is not acted on changes with every version",
    "L103": "tests/lint/test_findings.py",
}
ROOM = Path(__file__).parent


def home(rule: str) -> Path:
    """Where a rule is tested: the path of its module, mirrored."""
    check = RULES[rule].check or RULES[rule].cluster_check
    if check is None:
        return ROOM / "test_known.py"
    parts = check.__module__.removeprefix("keepalived_py.lint.").split(".")
    return ROOM.joinpath(*parts[:-1], f"test_{parts[-1]}.py")


@pytest.mark.parametrize("rule", sorted(set(RULES) - set(ELSEWHERE)))
def test_every_rule_has_a_case_beside_its_module(rule: str) -> None:
    assert f'"{rule}"' in home(rule).read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_explains_itself(rule: str) -> None:
    declared = RULES[rule]
    assert declared.id[0] in FAMILIES
    assert len(declared.text) > len(declared.title)
    assert declared.text.endswith((".", ")"))


def test_an_id_is_given_once() -> None:
    with pytest.raises(ValueError, match="V001"):
        declare("V001", Severity.INFO, "again", "Again.")
