"""Names that a host gives to numbers for iproute2: routing tables, protocols, realms, scopes, TOS values, groups of links.

Reads iproute2's files as iproute2 does: the local directory's file instead of the vendor's, then the ``.conf`` files of the folder
beside it. Source: reference/keywords-global-vrrp.tsv, ``iproute_usr_dir`` and ``iproute_etc_dir``.
"""
# PTH: as elsewhere in this room, no pathlib for a file or two

from __future__ import annotations

import os

_LARGEST = 1 << 20


def read_names(file: str, vendor: str, local: str) -> dict[str, int]:
    """Return number by name of one of the files (``rt_tables`` and its like); what cannot be read holds none."""
    main = f"{local}/{file}" if os.path.isfile(f"{local}/{file}") else f"{vendor}/{file}"
    found: dict[str, int] = {}
    names = {name: f"{folder}/{file}.d/{name}" for folder in (vendor, local) for name in _configurations(folder, file)}
    for path in (main, *names.values()):
        for name, number in _entries(path):
            found.setdefault(name, number)
    return found


def _configurations(folder: str, file: str) -> list[str]:
    try:
        names = os.listdir(f"{folder}/{file}.d")
    except OSError:
        return []
    return sorted(name for name in names if name.endswith(".conf") and not name.startswith("."))


def _entries(path: str) -> list[tuple[str, int]]:
    entries: list[tuple[str, int]] = []
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            text = stream.read(_LARGEST)
    except OSError:
        return []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) != 2:
            continue
        try:
            number = int(words[0], 8) if words[0].startswith("0") and words[0].isdecimal() else int(words[0], 0)
        except ValueError:
            continue
        if number >= 0:
            entries.append((words[1], number))
    return entries
