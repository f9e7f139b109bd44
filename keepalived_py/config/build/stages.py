"""Which blocks each stage builds, and which it skips as a whole. Builds drafts from one stage's root items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keepalived_py.config.ast import GarpGroup
from keepalived_py.config.build.checkers import (
    build_server,
    build_server_group,
    refuses_real_server,
    refuses_server,
)
from keepalived_py.config.build.context import Context, MissingParameterError, read_block
from keepalived_py.config.build.globals import build_globals, root_statement
from keepalived_py.config.build.lines import interface_exists, linkbeat_interface, read_address, up_down_delay
from keepalived_py.config.build.routes import read_routes
from keepalived_py.config.build.rules import read_rules
from keepalived_py.config.build.scripts import build_process, build_script, build_session, build_track_file
from keepalived_py.config.build.vrrp import build_group, build_instance
from keepalived_py.config.report import ErrorClass, Stage
from keepalived_py.config.tree import Block, Item

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.blocks import Refuses
    from keepalived_py.config.build.drafts import Drafts
    from keepalived_py.config.expand import Line
    from keepalived_py.config.tree import Terminal

_BFD_NAME_LENGTH = 31


def refuses(context: Context) -> Refuses:
    """Make what decides, while a stage's lines are read, that a block is skipped; it reports why."""
    seen: set[tuple[str, str]] = set()

    def decide(keyword: str, words: list[str], line: Line) -> bool:
        context.at(line)
        match keyword:
            case "vrrp_instance":
                return _refuses_name(
                    context, seen, words, "vrrp_instance must have a name", "vrrp instance {} already defined"
                )
            case "vrrp_sync_group":
                return _refuses_name(
                    context,
                    seen,
                    words,
                    "vrrp_sync_group must have a name - skipping",
                    "vrrp sync group {} already defined",
                )
            case "track_group":
                return _refuses_name(
                    context, seen, words, "track_group must have a name - skipping", "track_group {} already defined"
                )
            case "bfd_instance" if len(words) > 1:
                return _refuses_session(context, seen, words)
            case "virtual_server":
                return refuses_server(context, words)
            case "real_server":
                return refuses_real_server(context, words)
            case _:
                return False

    return decide


def _refuses_name(context: Context, seen: set[tuple[str, str]], words: list[str], nameless: str, again: str) -> bool:
    if len(words) != 2:
        context.error(nameless)
        return True
    key = (words[0], words[1])
    if key in seen:
        context.error(again.format(words[1]))
        return True
    seen.add(key)
    return False


def _refuses_session(context: Context, seen: set[tuple[str, str]], words: list[str]) -> bool:
    name = words[1]
    if len(name) > _BFD_NAME_LENGTH and context.stage != Stage.CHECKER:
        context.error(
            f"BFD name {name} too long"
            if context.stage == Stage.VRRP
            else f"Configuration error: BFD instance {name} name too long"
        )
        return True
    if ("bfd_instance", name) in seen:
        context.error(
            f"Configuration error: BFD instance {name} already configured, ignoring"
            if context.stage == Stage.BFD
            else f"BFD {name} already specified"
        )
        return True
    seen.add(("bfd_instance", name))
    return False


def build_stage(context: Context, drafts: Drafts, items: list[Item]) -> None:
    """Build what one stage read. Stops quietly where keepalived's process would (a missing parameter)."""
    try:
        for item in items:
            if isinstance(item, Block):
                context.at(item.head.line)
                _BUILDERS[item.keyword](context, drafts, item)
            else:
                root_statement(context, drafts.globals, item)
    except MissingParameterError:
        return


def _track_group(context: Context, drafts: Drafts, block: Block) -> None:
    name = block.head.words[1]
    for item in block.items:
        if not isinstance(item, Block):
            continue
        context.at(item.head.line)
        if name in drafts.track_groups:
            context.error(f"Group list already specified for sync group {name}")
            continue
        members = [word for entry in item.entries for word in entry.words]
        context.at(item.close.line)
        if members:
            drafts.track_groups[name] = members
        else:
            context.error(f"Warning - track group {name} has empty group block")
    context.at(block.close.line)
    if name not in drafts.track_groups:
        context.error(f"Static track group {name} has no members - removing")


class _GarpDraft:
    """A ``garp_group`` while it is read."""

    def __init__(self) -> None:
        self.name = "garp_group"
        self.values: dict[str, Any] = {}


def _garp_group(context: Context, drafts: Drafts, block: Block) -> None:
    joined: list[str] = []

    def join(name: str, named_in_error: str) -> None:
        if not interface_exists(context, drafts, name):
            context.error(f"WARNING - interface {name} specified for garp_group doesn't exist")
        elif name in drafts.garp_interfaces:
            context.error(f"garp_group already specified for {named_in_error} - ignoring")
        else:
            drafts.garp_interfaces.add(name)
            joined.append(name)

    def interface(context: Context, _draft: _GarpDraft, terminal: Terminal) -> None:
        name = context.word(terminal.words, 1)
        join(name, name)

    def interfaces(context: Context, _draft: _GarpDraft, inner: Block) -> None:
        names = [word for item in inner.entries for word in item.words]
        context.at(inner.close.line)
        if not names:
            context.error("Warning - empty garp_group interfaces block")
        else:
            drafts.garp_groups += 1
        for name in names:
            # The reference names the block's second interface, whichever it means.
            join(name, names[1] if len(names) > 1 else name)

    draft = _GarpDraft()
    before = set(drafts.garp_interfaces)
    read_block(context, block, draft, {"interface": interface}, {"interfaces": interfaces})
    if not {"garp_interval", "gna_interval"} & draft.values.keys():
        context.error(f"garp group {drafts.garp_groups} does not have any delay set - removing")
        drafts.garp_interfaces = before
        return
    drafts.garp.append(
        GarpGroup(
            interfaces=tuple(name for name in joined if name in drafts.garp_interfaces),
            garp_interval=draft.values.get("garp_interval"),
            gna_interval=draft.values.get("gna_interval"),
        )
    )


def _static_addresses(context: Context, drafts: Drafts, block: Block) -> None:
    for item in block.entries:
        context.at(item.line)
        words: list[str] = item.words
        address = read_address(context, drafts, words, static=True)
        if address is not None:
            drafts.static_addresses.append(address)
        default = str(context.globals.values.get("default_interface", "eth0"))
        if address is not None and address.interface is None and not interface_exists(context, drafts, default):
            context.problem(
                ErrorClass.FATAL,
                f"Static address {words[0]} requires either an interface or default interface must exist",
            )


def _static_routes(context: Context, drafts: Drafts, block: Block) -> None:
    drafts.static_routes += read_routes(context, drafts, block, static=True)


def _static_rules(context: Context, drafts: Drafts, block: Block) -> None:
    drafts.static_rules += read_rules(context, drafts, block, static=True)


def _entries(function: Callable[[Context, Drafts, list[str]], None]) -> Callable[[Context, Drafts, Block], None]:
    def read(context: Context, drafts: Drafts, block: Block) -> None:
        for item in block.entries:
            context.at(item.line)
            function(context, drafts, item.words)

    return read


class _SslDraft:
    """The ``SSL`` block while it is read."""

    def __init__(self) -> None:
        self.name = "SSL"
        self.values: dict[str, Any] = {}


def _ssl(context: Context, drafts: Drafts, block: Block) -> None:
    context.not_acted_on("SSL", "checks present no client certificate")
    if drafts.ssl is not None:
        context.error("SSL context already specified - replacing")
    draft = _SslDraft()
    read_block(context, block, draft, {}, {})
    drafts.ssl = draft.values


_BUILDERS: dict[str, Callable[[Context, Drafts, Block], None]] = {
    "global_defs": lambda context, drafts, block: build_globals(context, drafts.globals, block),
    "vrrp_instance": build_instance,
    "vrrp_sync_group": build_group,
    "vrrp_script": build_script,
    "vrrp_track_process": build_process,
    "track_file": build_track_file,
    "vrrp_track_file": build_track_file,
    "track_group": _track_group,
    "garp_group": _garp_group,
    "static_ipaddress": _static_addresses,
    "static_routes": _static_routes,
    "static_rules": _static_rules,
    "linkbeat_interfaces": _entries(linkbeat_interface),
    "interface_up_down_delays": _entries(up_down_delay),
    "virtual_server": build_server,
    "virtual_server_group": build_server_group,
    "SSL": _ssl,
    "bfd_instance": build_session,
}
