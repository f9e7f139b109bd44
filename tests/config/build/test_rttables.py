"""config/build/rttables.py"""

from __future__ import annotations

import pytest

from keepalived_py.config.build.context import Context
from keepalived_py.config.build.drafts import GlobalDraft
from keepalived_py.config.build.rttables import TABLES, TYPES, known, lookup, realms
from keepalived_py.config.host import FactsHost
from keepalived_py.config.report import Report, Stage


@pytest.mark.parametrize(
    ("word", "expected"),
    [("main", True), ("5", True), ("0xff", True), ("010", True), ("nowhere", False), ("-1", False)],
)
def test_a_table_is_a_name_or_a_number(word: str, expected: bool) -> None:
    assert known(TABLES, word, 4294967295) is expected


def test_types_have_the_kernels_numbers() -> None:
    assert (TYPES["unicast"], TYPES["blackhole"], TYPES["xresolve"], TYPES["brd"]) == (1, 6, 11, 3)


@pytest.fixture
def context() -> Context:
    facts = {"iproute2": {"rt_realms": {"inside": 7}, "rt_tables": {"isp": 300, "main": 9}, "rt_protos": {"big": 256}}}
    return Context(Report(), Stage.VRRP, FactsHost(facts), GlobalDraft(), testing=True)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("5", 5),
        ("1/2", 0x10002),
        ("cosmos/0x14", 20),
        ("inside/3", 0x70003),
        ("1/2/3", None),
        ("65536", None),
        ("x", None),
    ],
)
def test_realms_are_one_or_two_numbers(context: Context, word: str, expected: int | None) -> None:
    assert realms(context, word) == expected


@pytest.mark.parametrize(
    ("file", "word", "expected"),
    [
        ("rt_tables", "isp", 300),
        ("rt_tables", "main", 254),
        ("rt_tables", "0x10", 16),
        ("rt_tables", "unknown", None),
        ("rt_protos", "bird", 12),
        ("rt_protos", "big", None),
        ("rt_scopes", "link", 253),
        ("rt_dsfield", "EF", 0xB8),
    ],
)
def test_a_name_is_a_usual_one_or_one_of_the_host(context: Context, file: str, word: str, expected: int | None) -> None:
    assert lookup(context, file, word) == expected
