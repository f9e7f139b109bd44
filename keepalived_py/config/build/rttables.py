"""The names that iproute2's tables give to numbers, as far as the kernel itself fixes them.

Source: linux/rtnetlink.h and the files iproute2 installs. A host's own additions to them are asked of the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from keepalived_py.config.build.context import Context

TABLES: Final = {"unspec": 0, "default": 253, "main": 254, "local": 255}
SCOPES: Final = {"global": 0, "universe": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}
TYPES: Final = {
    name: number
    for number, name in enumerate(
        [
            "unspec",
            "unicast",
            "local",
            "broadcast",
            "anycast",
            "multicast",
            "blackhole",
            "unreachable",
            "prohibit",
            "throw",
            "nat",
            "xresolve",
        ]
    )
} | {"brd": 3}
PROTOCOLS: Final = {
    "unspec": 0,
    "redirect": 1,
    "kernel": 2,
    "boot": 3,
    "static": 4,
    "gated": 8,
    "ra": 9,
    "mrt": 10,
    "zebra": 11,
    "bird": 12,
    "dnrouted": 13,
    "xorp": 14,
    "ntk": 15,
    "dhcp": 16,
    "mrouted": 17,
    "keepalived": 18,
    "babel": 42,
    "bgp": 186,
    "isis": 187,
    "ospf": 188,
    "rip": 189,
    "eigrp": 192,
}
DSFIELDS: Final = {
    "default": 0x00,
    "lowdelay": 0x10,
    "throughput": 0x08,
    "reliability": 0x04,
    "mincost": 0x02,
    "EF": 0xB8,
    **{f"CS{number}": number << 5 for number in range(8)},
    **{f"AF{high}{low}": (high << 5) | (low << 3) for high in range(1, 5) for low in range(1, 4)},
}


def number(names: dict[str, int], word: str, high: int) -> int | None:
    """Give the number of a name of the table, or a number up to ``high`` (decimal, hexadecimal or octal); None for neither."""
    if word in names:
        return names[word]
    try:
        value = int(word, 8) if word.startswith("0") and word.isdigit() else int(word, 0)
    except ValueError:
        return None
    return value if 0 <= value <= high else None


def known(names: dict[str, int], word: str, high: int) -> bool:
    """Whether a word is a name of the table or a number up to ``high``."""
    return number(names, word, high) is not None


#: iproute2's files: the names that need none, and the largest number.
_FILES: Final[dict[str, tuple[dict[str, int], int]]] = {
    "rt_tables": (TABLES, 4294967295),
    "rt_protos": (PROTOCOLS, 255),
    "rt_scopes": (SCOPES, 255),
    "rt_dsfield": (DSFIELDS, 255),
    "rt_realms": ({"cosmos": 0}, 65535),
    "group": ({"default": 0}, 4294967295),
}


def lookup(context: Context, file: str, word: str) -> int | None:
    """Give what a word stands for: a number, a usual name, or a name in a file of the host (``rt_tables`` and its like)."""
    names, high = _FILES[file]
    found = number(names, word, high)
    if found is None:
        found = context.named_numbers(file).get(word)
    return None if found is None or found > high else found


def realms(context: Context, word: str) -> int | None:
    """``[FROM/]TO``, each a number of 16 bits or a name: FROM in the upper 16 bits. None when it is no such thing."""
    parts = [lookup(context, "rt_realms", part) for part in word.split("/")]
    if len(parts) > 2 or None in parts:
        return None
    upper, lower = (0, parts[0]) if len(parts) == 1 else parts
    return (upper or 0) << 16 | (lower or 0)
