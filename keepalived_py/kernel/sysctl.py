"""Kernel settings under /proc/sys of the namespace we are in. Knows paths and text, not what a value is good for."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path("/proc/sys")


def read(*path: str) -> str | None:
    """Return a setting without its line end, None when this kernel has none of that name.

    ``path`` is given by components, as interface names may hold dots: ``read("net", "ipv4", "ip_forward")``. Raises
    OSError.
    """
    try:
        return _ROOT.joinpath(*path).read_text(encoding="ascii").rstrip("\n")
    except FileNotFoundError:
        return None


def write(*path: str, value: str) -> str | None:
    """Set a value and return the one before, None when this kernel has no such setting. Raises OSError."""
    before = read(*path)
    if before is not None and before != value:
        _ROOT.joinpath(*path).write_text(value, encoding="ascii")
    return before


def promote_secondaries(interface_name: str) -> bool:
    """Make the kernel keep secondary addresses when the primary one goes (reference/vrrp-behaviour.md §10).

    Returns whether this changed something, so that the caller can undo it at the end. Raises OSError.
    """
    return write("net", "ipv4", "conf", interface_name, "promote_secondaries", value="1") == "0"
