"""The root of the AST."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keepalived_py.config.ast.globals import GlobalDefinitions

if TYPE_CHECKING:
    from keepalived_py.config.ast.checkers import VirtualServer
    from keepalived_py.config.ast.vrrp import SyncGroup, VrrpInstance, VrrpScript


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One complete configuration, in file order; what the parent hands to the workers."""

    global_defs: GlobalDefinitions = field(default_factory=GlobalDefinitions)
    vrrp_scripts: tuple[VrrpScript, ...] = ()
    vrrp_sync_groups: tuple[SyncGroup, ...] = ()
    vrrp_instances: tuple[VrrpInstance, ...] = ()
    virtual_servers: tuple[VirtualServer, ...] = ()
