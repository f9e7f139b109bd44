from __future__ import annotations

import pytest

from keepalived_py.lint.document import DOCUMENT, document, explain
from keepalived_py.lint.engine import RULES, UnknownRuleError


def test_the_document_is_what_the_rules_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python -m keepalived_py.lint.document"


def test_a_rule_is_explained_by_its_id_in_any_case() -> None:
    text = explain("v001")
    assert text.startswith("V001 (error): same address in two instances\n\n")
    assert "both" in text or "two nodes" in text


def test_all_lists_every_rule() -> None:
    assert len(explain("all").splitlines()) == len(RULES)


def test_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownRuleError):
        explain("Z999")
