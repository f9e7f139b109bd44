"""The root of the AST."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keepalived_py.config.ast.globals import GlobalDefinitions
from keepalived_py.config.ast.lvs import LvsSections

if TYPE_CHECKING:
    from keepalived_py.config.ast.checkers import VirtualServer
    from keepalived_py.config.ast.routes import Route, Rule
    from keepalived_py.config.ast.trackers import (
        BfdInstance,
        GarpGroup,
        InterfaceDelays,
        LinkbeatInterface,
        TrackFile,
        TrackGroup,
        TrackProcess,
    )
    from keepalived_py.config.ast.vrrp import SyncGroup, VirtualAddress, VrrpInstance, VrrpScript


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One complete configuration, in file order; what the parent hands to the workers."""

    global_defs: GlobalDefinitions = field(default_factory=GlobalDefinitions)
    vrrp_scripts: tuple[VrrpScript, ...] = ()
    vrrp_sync_groups: tuple[SyncGroup, ...] = ()
    vrrp_instances: tuple[VrrpInstance, ...] = ()
    virtual_servers: tuple[VirtualServer, ...] = ()
    #: All instances and groups, also those that this version cannot run rightly and so leaves out above.
    declared_instances: tuple[VrrpInstance, ...] = ()
    declared_sync_groups: tuple[SyncGroup, ...] = ()
    track_files: tuple[TrackFile, ...] = ()
    track_processes: tuple[TrackProcess, ...] = ()
    bfd_instances: tuple[BfdInstance, ...] = ()
    #: Sessions as the VRRP process knows them: it reads their names and weights only.
    vrrp_bfd_instances: tuple[BfdInstance, ...] = ()
    track_groups: tuple[TrackGroup, ...] = ()
    static_addresses: tuple[VirtualAddress, ...] = ()
    static_routes: tuple[Route, ...] = ()
    static_rules: tuple[Rule, ...] = ()
    garp_groups: tuple[GarpGroup, ...] = ()
    linkbeat_interfaces: tuple[LinkbeatInterface, ...] = ()
    interface_delays: tuple[InterfaceDelays, ...] = ()
    #: The checker process's configuration as written; ``virtual_servers`` are those of it that run.
    lvs: LvsSections = field(default_factory=LvsSections)
