"""The section ``Global definitions``, which every process's dump begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast import GlobalDefinitions


def global_lines(global_defs: GlobalDefinitions, part: str) -> list[str]:
    """Give the section as the process for ``part`` prints it."""
    del part
    return ["------< Global definitions >------", f" Router ID = {global_defs.router_id}"]
