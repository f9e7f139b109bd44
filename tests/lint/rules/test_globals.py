from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves

if TYPE_CHECKING:
    from pathlib import Path

MAIL = "notification_email {\na@example.org\n}"
GOOD = instance()

CASES: dict[str, tuple[str, str]] = {
    "G001": (
        instance("«smtp_alert»"),
        "global_defs {\n" + MAIL + "\nsmtp_server 127.0.0.1\n}\n" + instance("smtp_alert"),
    ),
    "G002": (
        "global_defs {\n«notification_email» {\na@example.org\n}\n}\n" + GOOD,
        "global_defs {\n" + MAIL + "\nsmtp_server 127.0.0.1\n}\n" + GOOD,
    ),
    "G003": (
        "global_defs {\n«notification_email» {\na@example.org\n}\n}\n" + GOOD,
        "global_defs {\n" + MAIL + "\nsmtp_alert\n}\n" + GOOD,
    ),
    "G004": ("global_defs {\n}\n«global_defs» {\n}\n" + GOOD, "global_defs {\n}\n" + GOOD),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
