"""The sections of the checker process, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast import Configuration


def checker_lines(configuration: Configuration) -> list[str]:
    """Give everything after the global definitions; empty sections are left out."""
    del configuration
    return []
