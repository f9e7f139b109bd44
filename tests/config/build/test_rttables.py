from __future__ import annotations

import pytest

from keepalived_py.config.build.rttables import TABLES, TYPES, known, realms


@pytest.mark.parametrize(
    ("word", "expected"),
    [("main", True), ("5", True), ("0xff", True), ("010", True), ("nowhere", False), ("-1", False)],
)
def test_a_table_is_a_name_or_a_number(word: str, expected: bool) -> None:
    assert known(TABLES, word, 4294967295) is expected


def test_types_have_the_kernels_numbers() -> None:
    assert (TYPES["unicast"], TYPES["blackhole"], TYPES["xresolve"], TYPES["brd"]) == (1, 6, 11, 3)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("5", 5), ("1/2", 0x10002), ("cosmos/0x14", 20), ("1/2/3", None), ("65536", None), ("x", None)],
)
def test_realms_are_one_or_two_numbers(word: str, expected: int | None) -> None:
    assert realms(word) == expected
