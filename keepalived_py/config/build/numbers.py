"""Numbers, times and truth values as keepalived reads them: strict or lenient, with its complaints.

Each reader returns the value, or None when it is not to be used; complaints go to ``complain``.
Source: reference/config-language.md §8.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Complain = Callable[[str], None]

_SIGNED: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)?(.*)", re.DOTALL)
_UNSIGNED: Final = re.compile(r"\+?([0-9]+)?(.*)", re.DOTALL)
_INT_MIN: Final = -(1 << 31)
_INT_MAX: Final = (1 << 31) - 1
_UINT_MAX: Final = (1 << 32) - 1
_ULONG_MAX: Final = (1 << 64) - 1

_TRUTH: Final = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}


def truth(word: str) -> bool | None:
    """Read ``true on yes`` or ``false off no``, else None."""
    return _TRUTH.get(word)


def leading(word: str) -> int:
    """Give the whole number a word begins with, as strtol reads it; 0 when it begins with none."""
    match = _SIGNED.match(word)
    return int(match.group(1)) if match and match.group(1) else 0


def signed(word: str, low: int, high: int, *, lenient: bool, testing: bool, complain: Complain) -> int | None:
    """Read a whole number, signed."""
    warning = "WARNING - " if lenient and not testing else ""
    match = _SIGNED.match(word)
    digits, rest = match.groups() if match else (None, word)
    value = int(digits) if digits else 0
    if digits is None:
        rest = word
    if rest:
        complain(f"{warning}invalid number '{word}'")
    elif not _INT_MIN <= value <= _INT_MAX:
        complain(f"{warning}number '{word}' outside integer range")
    elif not low <= value <= high:
        complain(f"number '{word}' outside range [{low}, {high}]")
    else:
        return value
    return value if lenient and not testing and low <= value <= high else None


def unsigned(word: str, low: int, high: int, *, lenient: bool, testing: bool, complain: Complain) -> int | None:
    """Read a whole number, not negative."""
    warning = "WARNING - " if lenient and not testing else ""
    text = word.lstrip(" \t\f\n\r\v")
    if text.startswith("-"):
        complain(f"{warning}negative number '{word}'")
        return None
    match = _UNSIGNED.match(text)
    digits, rest = match.groups() if match else (None, text)
    value = int(digits) if digits else 0
    if digits is None:
        rest = text
    if rest:
        complain(f"{warning}invalid number '{word}'")
    elif value > _UINT_MAX:
        complain(f"{warning}number '{word}' outside unsigned integer range")
    elif not low <= value <= high:
        complain(f"{warning}number '{word}' outside range [{low}, {high}]")
    else:
        return value
    return value if lenient and not testing and low <= value <= high else None


def decimal(
    word: str, low: int, high: int, places: int, *, lenient: bool, testing: bool, complain: Complain
) -> int | None:
    """Read a decimal number, not negative, as a whole number of its smallest unit (10 to the power of minus ``places``)."""
    warning = "WARNING - " if lenient and not testing else ""
    if word.startswith("-"):
        complain(f"{warning}negative number '{word}'")
        return None
    whole, point, fraction = word.partition(".")
    up = 0
    if len(fraction) > places:
        complain(f"{warning}number '{word}' has too many decimal places")
        up = int(fraction[places] >= "5")
        fraction = fraction[:places]
    text = (whole + fraction if point else word) + "0" * (places - len(fraction))
    match = _UNSIGNED.match(text.lstrip(" \t\f\n\r\v"))
    digits, rest = match.groups() if match else (None, text)
    value = (int(digits) if digits else 0) + up
    if rest or digits is None:
        complain(f"{warning}invalid number '{word}'")
    elif value > _ULONG_MAX:
        complain(f"{warning}number '{word}' outside unsigned decimal range")
        return None
    elif not low <= value <= high:
        unit = 10**places
        limits = ", ".join(
            f"{limit // unit}.{limit % unit:0{places}d}" if places else f"{limit}." for limit in (low, high)
        )
        complain(f"{warning}number '{word}' outside range [{limits}]")
    else:
        return value
    return value if lenient and low <= value <= high else None


_HEX: Final = frozenset("0123456789abcdefABCDEF")


def hex_bytes(text: str, *, wildcards: bool) -> tuple[bytes, bytes | None] | None:
    """Read octets of one or two hexadecimal digits: the octets, and a mask with the bits of wildcards (``x``), None without any.

    None when it is no such text.
    """
    octets, mask = bytearray(), bytearray()
    at = 0
    while True:
        while text[at : at + 1] in {" ", "\t"}:
            at += 1
        if at == len(text):
            break
        digits = text[at : at + 1] if text[at + 1 : at + 2] in {"", " "} else text[at : at + 2]
        value = wild = 0
        for digit in digits:
            if digit in _HEX:
                value, wild = value << 4 | int(digit, 16), wild << 4
            elif wildcards and digit in "xX":
                value, wild = value << 4, wild << 4 | 0x0F
            else:
                return None
        octets.append(value)
        mask.append(wild)
        at += len(digits)
    if not octets:
        return None
    return bytes(octets), bytes(mask) if any(mask) else None
