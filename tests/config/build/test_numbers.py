from __future__ import annotations

import pytest

from keepalived_py.config.build import numbers

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("word", "lenient", "testing", "value", "complaint"),
    [
        ("7", False, True, 7, None),
        ("+7", False, True, 7, None),
        ("  7", False, True, 7, None),
        ("-7", False, True, None, "negative number '-7'"),
        ("7q", False, False, None, "invalid number '7q'"),
        ("7q", True, False, 7, "WARNING - invalid number '7q'"),
        ("7q", True, True, None, "invalid number '7q'"),
        ("q", True, False, None, "WARNING - invalid number 'q'"),
        ("300", True, False, None, "WARNING - number '300' outside range [1, 255]"),
        ("300", False, True, None, "number '300' outside range [1, 255]"),
        ("99999999999", False, True, None, "number '99999999999' outside unsigned integer range"),
        ("\u0663", False, True, None, "invalid number '\u0663'"),
    ],
)
def test_unsigned_numbers_are_strict_or_lenient(
    word: str, lenient: bool, testing: bool, value: int | None, complaint: str | None
) -> None:
    said: list[str] = []
    assert numbers.unsigned(word, 1, 255, lenient=lenient, testing=testing, complain=said.append) == value
    assert said == ([] if complaint is None else [complaint])


@pytest.mark.parametrize(
    ("word", "value", "complaint"),
    [
        ("-253", -253, None),
        ("254", None, "number '254' outside range [-253, 253]"),
        ("9999999999", None, "number '9999999999' outside integer range"),
        ("x", None, "invalid number 'x'"),
    ],
)
def test_signed_numbers(word: str, value: int | None, complaint: str | None) -> None:
    said: list[str] = []
    assert numbers.signed(word, -253, 253, lenient=True, testing=True, complain=said.append) == value
    assert said == ([] if complaint is None else [complaint])


@pytest.mark.parametrize(
    ("word", "value", "complaint"),
    [
        ("1", SECOND, None),
        ("0.5", SECOND // 2, None),
        (".5", SECOND // 2, None),
        ("5.", 5 * SECOND, None),
        ("1.0000005", 1_000_001, "number '1.0000005' has too many decimal places"),
        ("0", None, "number '0' outside range [0.010000, 255.000000]"),
        ("-1", None, "negative number '-1'"),
        ("1e3", None, "invalid number '1e3'"),
        ("5x", None, "invalid number '5x'"),  # read as 5 of the smallest unit, which is then out of range
    ],
)
def test_times_are_decimal_seconds_kept_in_microseconds(word: str, value: int | None, complaint: str | None) -> None:
    said: list[str] = []
    found = numbers.decimal(word, 10_000, 255 * SECOND, 6, lenient=True, testing=True, complain=said.append)
    assert found == value
    assert said == ([] if complaint is None else [complaint])


@pytest.mark.parametrize(("word", "value"), [("on", True), ("no", False), ("True", None), ("1", None)])
def test_truth_has_six_words(word: str, value: bool | None) -> None:
    assert numbers.truth(word) is value


@pytest.mark.parametrize(("word", "value"), [("300", 300), ("-4x", -4), ("x", 0)])
def test_the_number_a_word_begins_with(word: str, value: int) -> None:
    assert numbers.leading(word) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4f 50", (b"\x4f\x50", None)),
        ("1 2 3", (b"\x01\x02\x03", None)),
        ("4f505", (b"\x4f\x50\x05", None)),
        ("3x x", (b"\x30\x00", b"\x0f\x0f")),
        ("xX", (b"\x00", b"\xff")),
        ("", None),
        ("4g", None),
        ("1\t2", None),
    ],
)
def test_octets_are_one_or_two_digits(text: str, expected: tuple[bytes, bytes | None] | None) -> None:
    assert numbers.hex_bytes(text, wildcards=True) == expected
