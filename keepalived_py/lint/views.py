"""VRRP as written: what a rule wants to know of an instance or a script, each value with the statement it comes from.

Lenient: a value that is wrong counts as not written, because keepalived reports it and goes on.
Defaults: reference/keywords-global-vrrp.tsv.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from keepalived_py.config.lexer import UnclosedQuoteError, split_script

if TYPE_CHECKING:
    from keepalived_py.lint.tree import Node

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

OWNER: Final = 255
_SECOND: Final = 1_000_000
_TRUE: Final = frozenset({"true", "on", "yes"})
_FALSE: Final = frozenset({"false", "off", "no"})


def address(text: str) -> Address | None:
    """Read an address, with or without a prefix length."""
    try:
        return ipaddress.ip_address(text.partition("/")[0].partition("%")[0])
    except ValueError:
        return None


def whole(text: str) -> int | None:
    """Read a whole number."""
    bare = text.lstrip("+-")
    if not (bare.isascii() and bare.isdigit()) or len(text) > 12:
        return None
    return int(text)


def micro(text: str) -> int | None:
    """Read a time in seconds as microseconds."""
    head, _, tail = text.partition(".")
    if not (head + tail).isascii() or not (head + tail).isdigit() or len(text) > 18:
        return None
    return int(head or "0") * _SECOND + int((tail + "000000")[:6])


def boolean(node: Node | None, *, default: bool = False) -> bool:
    """Read a keyword that is a flag or a boolean."""
    if node is None:
        return default
    return node.word(1) not in _FALSE


@dataclass(slots=True, eq=False)
class VipView:
    """A virtual address; ``prefix`` is None when none was written."""

    address: Address
    prefix: int | None
    device: str
    node: Node
    excluded: bool = False

    @property
    def text(self) -> str:
        """As people write it."""
        return str(self.address) if self.prefix is None else f"{self.address}/{self.prefix}"


@dataclass(slots=True, eq=False)
class TrackedView:
    """An entry of ``track_script``; ``weight`` is None when the entry gives none."""

    name: str
    weight: int | None
    reverse: bool
    node: Node


@dataclass(slots=True, eq=False)
class ScriptView:
    """A ``vrrp_script``; times in microseconds. ``timeout`` is None when not written."""

    name: str
    node: Node
    command: Node | None
    argv: list[str]
    interval: int = _SECOND
    timeout: int | None = None
    weight: int = 0
    weight_node: Node | None = None
    reverse: bool = False


@dataclass(slots=True, eq=False)
class InstanceView:
    """A ``vrrp_instance``, inheritance from ``global_defs`` resolved."""

    name: str
    node: Node
    interface: str
    interface_node: Node | None
    vrid: int | None
    vrid_node: Node | None
    priority: int
    priority_node: Node | None
    state: str
    state_node: Node | None
    family: int
    version: int
    advert_int: int
    advert_node: Node | None
    vips: list[VipView]
    peers: list[tuple[Address, Node]]
    source: Address | None
    source_node: Node | None
    unicast: bool
    auth_type: str
    auth_node: Node | None
    auth_pass: str
    password_node: Node | None
    hmac_keys: tuple[tuple[str, str], ...]
    hmac_mode: str
    hmac_node: Node | None
    nopreempt: Node | None
    strict: bool
    accept: bool
    group_address: str
    checksum: str
    vmac: Node | None
    tracked_scripts: list[TrackedView] = field(default_factory=list)

    @property
    def advertised(self) -> list[VipView]:
        """The addresses that are in the adverts."""
        return [vip for vip in self.vips if not vip.excluded]

    @property
    def anchor(self) -> Node:
        """Where to point at when the whole instance is meant."""
        return self.node


@dataclass(frozen=True, slots=True, eq=False)
class GroupView:
    """A ``vrrp_sync_group`` with those of its members that exist."""

    node: Node
    members: list[InstanceView]


def instances(root: Node) -> list[InstanceView]:
    """Read the instances; one without a name is left out, and a second one of a name, because keepalived skips it."""
    found: dict[str, InstanceView] = {}
    for node in root.all("vrrp_instance"):
        if node.word(1) and node.word(1) not in found:
            found[node.word(1)] = _instance(root, node)
    return list(found.values())


def _global(root: Node, keyword: str) -> Node | None:
    found = [node for block in root.all("global_defs") for node in block.all(keyword)]
    return found[-1] if found else None


def _instance(root: Node, node: Node) -> InstanceView:
    vips = [
        vip
        for keyword in ("virtual_ipaddress", "virtual_ipaddress_excluded")
        for entry in node.entries(keyword)
        if (vip := _vip(entry, excluded=keyword.endswith("excluded"))) is not None
    ]
    peers = [(one, entry) for entry in node.entries("unicast_peer") if (one := address(entry.words[0])) is not None]
    source_node = node.last("unicast_src_ip") or node.last("mcast_src_ip")
    source = address(source_node.word(1)) if source_node else None
    family = _family(node, vips, peers, source)
    version = whole(node.value("version")) or whole(_word(_global(root, "vrrp_version"))) or 2
    if family == 6:
        version = 3
    state_node = node.last("state")
    state = state_node.word(1) if state_node else ""
    priority_node = node.last("priority")
    priority = whole(priority_node.word(1)) if priority_node else (OWNER if state == "MASTER" else None)
    vrid_node = node.last("virtual_router_id")
    strict = boolean(node.last("strict_mode") or _global(root, "vrrp_strict"))
    authentication = node.last("authentication")
    hmac = node.last("auth_hmac")
    mode = hmac.value("mode") if hmac else ""
    accept = node.last("accept") is not None or not (strict or node.last("no_accept") is not None)
    return InstanceView(
        name=node.word(1),
        node=node,
        interface=node.value("interface") or _word(_global(root, "default_interface")),
        interface_node=node.last("interface"),
        vrid=whole(vrid_node.word(1)) if vrid_node else None,
        vrid_node=vrid_node,
        priority=priority if priority is not None and 1 <= priority <= OWNER else 100,
        priority_node=priority_node,
        state=state,
        state_node=state_node,
        family=family,
        version=version,
        advert_int=micro(node.value("advert_int")) or _SECOND,
        advert_node=node.last("advert_int"),
        vips=vips,
        peers=peers,
        source=source,
        source_node=source_node,
        unicast=bool(peers),
        auth_type=authentication.value("auth_type") if authentication else "",
        auth_node=authentication.last("auth_type") if authentication else None,
        auth_pass=authentication.value("auth_pass") if authentication else "",
        password_node=authentication.last("auth_pass") if authentication else None,
        hmac_keys=tuple((key.word(1), key.word(2)) for key in hmac.all("key")) if hmac else (),
        hmac_mode=mode or "enforce",
        hmac_node=hmac,
        nopreempt=_nopreempt(node),
        strict=strict,
        accept=accept,
        group_address=node.value("mcast_dst_ip") or _word(_global(root, f"vrrp_mcast_group{family}")),
        checksum=" ".join(_flags(root, node)),
        vmac=node.last("use_vmac") or node.last("use_ipvlan"),
        tracked_scripts=[_tracked(entry) for entry in node.entries("track_script")],
    )


def _word(node: Node | None) -> str:
    return node.word(1) if node else ""


def _flags(root: Node, node: Node) -> list[str]:
    names = []
    if boolean(node.last("v3_checksum_as_v2") or _global(root, "v3_checksum_as_v2")):
        names.append("v3_checksum_as_v2")
    old = node.last("old_unicast_checksum")
    if old is not None:
        names.append(" ".join(old.words))
    return names


def _nopreempt(node: Node) -> Node | None:
    found = None
    for child in node.all("nopreempt", "preempt"):
        found = child if child.keyword == "nopreempt" else None
    return found


def _family(node: Node, vips: list[VipView], peers: list[tuple[Address, Node]], source: Address | None) -> int:
    for vip in vips:
        return vip.address.version
    for peer, _ in peers:
        return peer.version
    if source is not None:
        return source.version
    return 6 if node.last("native_ipv6") else 4


def _vip(entry: Node, *, excluded: bool) -> VipView | None:
    found = address(entry.words[0])
    if found is None:
        return None
    prefix = whole(entry.words[0].partition("/")[2]) if "/" in entry.words[0] else None
    device = ""
    for key, value in zip(entry.words[1:], entry.words[2:], strict=False):
        if key == "dev":
            device = value
    return VipView(address=found, prefix=prefix, device=device, node=entry, excluded=excluded)


def _tracked(entry: Node) -> TrackedView:
    weight = None
    if entry.word(1) == "weight":
        weight = whole(entry.word(2))
    reverse = "reverse" in entry.words[1:] and "noreverse" not in entry.words[1:]
    return TrackedView(name=entry.words[0], weight=weight, reverse=reverse, node=entry)


def command_words(node: Node) -> list[str]:
    """Give the arguments a script keyword's program would receive; [] when its quotes are not closed."""
    text = node.line.text[len(node.words[0]) :]
    try:
        parts = split_script(text, escapes=False)
        return split_script(parts[0], escapes=True) if parts else []
    except UnclosedQuoteError:
        return []


def scripts(root: Node) -> list[ScriptView]:
    """Read every ``vrrp_script``, also a second one of a name."""
    found = []
    for node in root.all("vrrp_script"):
        command = node.last("script")
        weight = node.last("weight")
        found.append(
            ScriptView(
                name=node.word(1),
                node=node,
                command=command,
                argv=command_words(command) if command else [],
                interval=micro(node.value("interval")) or _SECOND,
                timeout=micro(node.value("timeout")),
                weight=(whole(weight.word(1)) or 0) if weight else 0,
                weight_node=weight,
                reverse=weight is not None and "reverse" in weight.words[2:],
            )
        )
    return found
