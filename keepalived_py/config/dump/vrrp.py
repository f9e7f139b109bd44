"""The sections of the VRRP process, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast import Configuration


def vrrp_lines(configuration: Configuration) -> list[str]:
    """Give everything after the global definitions; empty sections are left out."""
    lines: list[str] = []
    if configuration.vrrp_instances:
        lines.append("------< VRRP Topology >------")
        lines.extend(f" VRRP Instance = {instance.name}" for instance in configuration.vrrp_instances)
    return lines
