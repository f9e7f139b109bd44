"""How the dump writes addresses, commands, numbers and truth values."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from keepalived_py.config.ast import Command, IPAddress, Microseconds

_SPECIALS: Final = frozenset('()<>[]:;@\\,."')
_SECOND: Final = 1_000_000
_APOSTROPHE: Final = "'"
#: An apostrophe within single quotes, as a shell reads it.
_QUOTE: Final = "'\\''"


def address_text(address: IPAddress) -> str:
    """Write an address as inet_ntop does."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return socket.inet_ntop(family, address.packed)


def prefix_text(address: IPAddress, length: int) -> str:
    """Write an address with its length, which is left out when it is the full one."""
    text = address_text(address)
    return text if length == address.max_prefixlen else f"{text}/{length}"


def true_false(value: bool) -> str:
    """Write ``true`` or ``false``."""
    return "true" if value else "false"


def enabled(value: bool) -> str:
    """Write ``enabled`` or ``disabled``."""
    return "enabled" if value else "disabled"


def yes_no(value: bool) -> str:
    """Write ``yes`` or ``no``."""
    return "yes" if value else "no"


def on_off(value: bool | None) -> str:
    """Write ``on``, ``off`` or, when nothing was said, ``unset``."""
    return "unset" if value is None else "on" if value else "off"


def decimal_text(microseconds: Microseconds) -> str:
    """Write seconds with six decimal places."""
    return f"{microseconds // _SECOND}.{microseconds % _SECOND:06d}"


def rounded(number: float) -> str:
    """Write a number as C's ``%g`` writes it."""
    return f"{number:g}"


def command_text(command: Command) -> str:
    """Put every word in single quotes; one that begins with a redirection stands as it is."""
    argv = command.argv
    if argv[:2] == ("/bin/sh", "-c") and argv[2:] and argv[2][:1] == "<":
        argv = tuple(argv[2].split(" "))  # what only a shell can do is printed as it was written
    words = [f"'{_QUOTE.join(word.split(_APOSTROPHE))}'" for word in argv]
    if words and argv[0][:1] in {"<", ">"}:
        words[0] = argv[0]
    return " ".join(words)


def linked_elsewhere(command: Command) -> bool:
    """Whether what is run has another path than what was written."""
    return bool(command.path and command.argv) and command.path != command.argv[0]


def owned_command(command: Command) -> str:
    """Write a command with the numbers it runs as; when its links lead elsewhere, what is run stands before it."""
    text = command_text(command)
    if linked_elsewhere(command):
        text = f"{command.path}, params = {text}"
    return f"{text}, uid:gid {command.uid}:{command.gid}"


def mail_address(text: str) -> str:
    """Write ``NAME <ADDRESS>`` with the name in double quotes when a mail header needs them."""
    if not text.endswith(">") or "<" not in text:
        return text
    name, _, address = text.rpartition("<")
    words = name.rstrip(" \t")
    gap = name[len(words) :]
    if not any(character in _SPECIALS - {'"'} for character in words):
        return text
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"{gap}<{address}'
