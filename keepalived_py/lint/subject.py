"""One configuration under examination: its tree, keepalived's own findings, the host it is for, and views of its parts."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from keepalived_py.config.expand import Line
from keepalived_py.config.load import Loaded, load
from keepalived_py.lint.lvs_views import VirtualServerView, virtual_servers
from keepalived_py.lint.tree import Node, Tree, read_tree
from keepalived_py.lint.views import InstanceView, ScriptView, instances, scripts

if TYPE_CHECKING:
    from keepalived_py.config.host import Host, Network


class Subject:
    """What the rules look at. ``name`` is the node's in a cluster, else the path."""

    def __init__(self, path: str, *, host: Host, config_id: str, name: str = "") -> None:
        self.path = path
        self.name = name or path
        self.host = host
        self.tree: Tree = read_tree(path, config_id)
        self.loaded: Loaded = load(path, host=host, config_id=config_id, testing=True)

    @property
    def root(self) -> Node:
        """The root of the tree."""
        return self.tree.root

    def globals(self, keyword: str) -> Node | None:
        """Give the last statement of a keyword in ``global_defs``."""
        found = [node for block in self.root.all("global_defs") for node in block.all(keyword)]
        return found[-1] if found else None

    def line_at(self, file: str, number: int) -> Line:
        """Give a line for a finding about a physical line, whatever is on it."""
        return Line("", file, number, -1)

    @functools.cached_property
    def networks(self) -> list[tuple[str, Network]]:
        """The host's addresses with their networks, as far as they are known, by interface."""
        found: list[tuple[str, Network]] = []
        for name in self.host.interface_names():
            facts = self.host.interface(name)
            if facts is not None:
                found.extend((name, network) for network in facts.networks)
        return found

    @functools.cached_property
    def instances(self) -> list[InstanceView]:
        """The VRRP instances as written."""
        return instances(self.root)

    @functools.cached_property
    def scripts(self) -> list[ScriptView]:
        """The ``vrrp_script`` blocks as written."""
        return scripts(self.root)

    @functools.cached_property
    def virtual_servers(self) -> list[VirtualServerView]:
        """The virtual servers as written."""
        return virtual_servers(self.root)
