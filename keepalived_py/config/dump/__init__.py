"""The text of keepalived's start-up dump (``-d``): what was understood, section by section, in its words.

Owns the wording only; everything printed stands in the AST. It must not read files or ask the host.
Source: reference/cli-and-process.md §13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.dump.bfd import bfd_lines
from keepalived_py.config.dump.checkers import checker_lines
from keepalived_py.config.dump.globals import global_lines
from keepalived_py.config.dump.vrrp import vrrp_lines

if TYPE_CHECKING:
    from keepalived_py.config.ast import Configuration

#: What may be asked for: the parent's view, and that of each kind of child.
PARTS: Final = ("global", "vrrp", "check", "bfd")

__all__ = ["PARTS", "dump"]


def dump(configuration: Configuration, part: str) -> list[str]:
    """Give the lines that a process of keepalived logs at its start; ``part`` is one of PARTS, else ValueError."""
    if part not in PARTS:
        raise ValueError(part)
    lines = global_lines(configuration, part)
    if part == "vrrp":
        lines += vrrp_lines(configuration)
    elif part == "check":
        lines += checker_lines(configuration)
    elif part == "bfd":
        lines += bfd_lines(configuration)
    return lines
