from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves

if TYPE_CHECKING:
    from pathlib import Path

GOOD = instance()

CASES: dict[str, tuple[str, str]] = {
    "V001": (
        GOOD + instance(name="V2", vrid=6, vip="virtual_ipaddress {\n«198.51.100.10/24»\n}"),
        GOOD + instance(name="V2", vrid=6, vip="virtual_ipaddress {\n198.51.100.11/24\n}"),
    ),
    "V002": (
        instance(vip="virtual_ipaddress {\n«198.51.100.0/24»\n}"),
        instance(vip="virtual_ipaddress {\n198.51.101.0/23\n}"),
    ),
    "V003": (instance(priority="", name="«VI»"), GOOD),
    "V008": (
        instance("authentication {\n«auth_pass sesame»\n}"),
        instance("authentication {\nauth_type PASS\nauth_pass sesame\n}"),
    ),
    "V009": (
        instance("authentication {\nauth_type PASS\nauth_pass «1111»\n}"),
        instance("authentication {\nauth_type PASS\nauth_pass s3same\n}"),
    ),
    "V010": (
        instance("authentication {\nauth_type «AH»\nauth_pass s3same\n}"),
        instance("authentication {\nauth_type PASS\nauth_pass s3same\n}"),
    ),
    "V012": (instance("strict_mode on", name="«VI»"), instance("version 3", "strict_mode on", "accept")),
    "V013": (
        instance(vip="virtual_ipaddress {\n«2001:db8::10/64»\n}"),
        instance(vip="virtual_ipaddress {\nfe80::10/64\n2001:db8::10/64\n}"),
    ),
    "V014": (
        instance("«version 2»", vip="virtual_ipaddress {\nfe80::10/64\n}"),
        instance("version 3", vip="virtual_ipaddress {\nfe80::10/64\n}"),
    ),
    "V017": (instance("down_timer_adverts «1»"), instance("down_timer_adverts 2")),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
