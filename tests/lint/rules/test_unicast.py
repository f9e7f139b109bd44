from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves

if TYPE_CHECKING:
    from pathlib import Path


CASES: dict[str, tuple[str, str]] = {
    "V004": (
        instance("«unicast_peer» {\n198.51.100.2\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "V005": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«198.51.100.1»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "V006": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«198.51.100.10»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "V007": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«198.51.100.2/24»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n198.51.100.2\n}"),
    ),
    "V023": (
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n«192.0.2.1»\n}"),
        instance("unicast_src_ip 198.51.100.1", "unicast_peer {\n192.0.2.1 min_ttl 250\n}"),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
