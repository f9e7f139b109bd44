from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.host import AnyHost
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.engine import Selection, UnknownRuleError, run
from tests.lint.texts import FACTS, check, instance

if TYPE_CHECKING:
    from pathlib import Path


def test_several_errors_are_found_in_one_run_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = instance("advert_intt 1", vip="virtual_ipaddress {\n198.51.100.0/24\n}") + "nonsense\n"
    found = [one for one in check(tmp_path, text).diagnostics if one.severity == Severity.ERROR]
    assert [(one.rule, one.span.line if one.span else 0) for one in found] == [("K001", 5), ("V002", 7), ("K001", 10)]


def test_rules_are_selected_and_ignored_by_the_beginning_of_their_ids(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text(instance("advert_intt 1", vip="virtual_ipaddress {\n198.51.100.0/24\n}"))

    def rules(**lists: str) -> set[str]:
        result = run([str(path)], host=AnyHost(), config_id="a", selection=Selection.of(**lists))
        return {one.rule for one in result.diagnostics}

    assert rules() == {"K001", "V002"}
    assert rules(select="v") == {"V002"}
    assert rules(ignore="V002,K") == set()
    assert rules(select="K,V", ignore="K001") == {"V002"}


def test_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownRuleError, match="X1"):
        Selection.of(select="V,X1")


def test_the_status_follows_the_severity_asked_for(tmp_path: Path) -> None:
    warning = check(tmp_path, instance(priority=""))
    assert warning.status(Severity.ERROR) == 0
    assert warning.status(Severity.WARNING) == 1
    clean = check(tmp_path, instance(), facts={**FACTS, "sysctls": {}})
    assert clean.status(Severity.INFO) == 0


def test_a_missing_file_is_unreadable_whatever_else_is_found(tmp_path: Path) -> None:
    result = run([str(tmp_path / "none.conf")], host=AnyHost(), config_id="a")
    assert result.status(Severity.ERROR) == 2
    assert [one.rule for one in result.diagnostics] == ["K006"]


def test_a_node_s_name_decides_its_conditional_lines(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text(instance(priority="@one priority 150\n@two priority 100"))
    result = run([f"one={path}", f"two={path}"], host=AnyHost(), config_id="other")
    assert [one for one in result.diagnostics if one.rule in {"V003", "C009"}] == []
    assert [one.node for one in result.diagnostics if one.rule == "V003"] == []
