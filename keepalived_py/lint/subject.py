"""One configuration under examination: its tree, keepalived's own findings, the host it is for, and views of its parts."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from keepalived_py.config.expand import Line
from keepalived_py.config.load import Loaded, read_text, understand
from keepalived_py.lint.lvs_views import VirtualServerView, virtual_servers
from keepalived_py.lint.tree import Files, Node, Tree, tree_of
from keepalived_py.lint.views import GroupView, InstanceView, ScriptView, instances, scripts

if TYPE_CHECKING:
    from keepalived_py.config.host import Host
    from keepalived_py.config.interface_facts import Network


class Subject:
    """What the rules look at. ``name`` is the node's in a cluster, else the path."""

    def __init__(self, path: str, *, host: Host, config_id: str, name: str = "") -> None:
        self.path = path
        self.name = name or path
        self.host = host
        text = read_text(path, config_id=config_id, reader=Files)
        self.tree: Tree = tree_of(path, text)
        self.loaded: Loaded = understand(text, host=host, testing=True)

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
    def script_of(self) -> dict[str, ScriptView]:
        """The script that a name means: the first of that name."""
        return {script.name: script for script in reversed(self.scripts)}

    @functools.cached_property
    def sync_groups(self) -> list[GroupView]:
        """The ``vrrp_sync_group`` blocks as written."""
        by_name = {instance.name: instance for instance in self.instances}
        found = []
        for node in self.root.all("vrrp_sync_group"):
            names = [word for entry in node.entries("group") for word in entry.words]
            found.append(GroupView(node, [by_name[name] for name in names if name in by_name]))
        return found

    @functools.cached_property
    def _memberships(self) -> dict[str, list[GroupView]]:
        joined: dict[str, list[GroupView]] = {}
        for group in self.sync_groups:
            for name in dict.fromkeys(member.name for member in group.members):
                joined.setdefault(name, []).append(group)
        return joined

    def groups_of(self, instance: InstanceView) -> list[GroupView]:
        """Give the groups that an instance is a member of."""
        return self._memberships.get(instance.name, [])

    @functools.cached_property
    def virtual_servers(self) -> list[VirtualServerView]:
        """The virtual servers as written."""
        return virtual_servers(self.root)
