"""The lines of value blocks: addresses, unicast peers, tracked things. Source: reference/keywords-global-vrrp.tsv, line rows."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import (
    InterfaceDelays,
    IPAddress,
    LinkbeatInterface,
    TrackedInterface,
    TrackedScript,
    UnicastPeer,
)
from keepalived_py.config.build.context import parse_address
from keepalived_py.config.build.drafts import AddressDraft
from keepalived_py.config.build.rttables import lookup
from keepalived_py.config.report import ErrorClass

if TYPE_CHECKING:
    from keepalived_py.config.build.context import Context
    from keepalived_py.config.build.drafts import Drafts, InstanceDraft, TrackFileDraft, TrackingDraft

_INTERFACE_NAME_LENGTH: Final = 15
_FOREVER: Final = "forever"
_INFINITY: Final = 4294967295
_FLAGS: Final = frozenset({"home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track"})
_WITH_VALUE: Final = frozenset({"dev", "scope", "broadcast", "brd", "label", "peer", "preferred_lft"})


def interface_exists(context: Context, drafts: Drafts, name: str) -> bool:
    """Whether an interface may be named here; remembers that one was missing."""
    if context.host.interface(name) is not None or "dynamic_interfaces" in context.globals.values:
        return True
    drafts.missing_interface = True
    return False


def parse_prefix(context: Context, text: str) -> tuple[IPAddress, int] | None:
    """``ADDRESS[/LENGTH]``; None, reported, when the address is bad. A bad length becomes the full one."""
    full = 128 if ":" in text else 32
    length = full
    plain, slash, tail = text.partition("/")
    if slash:
        read = context.unsigned(tail, 0, full, lenient=True)
        if read is None:
            context.error(f"Invalid address prefix len {tail} for address {text} - using {full}")
        else:
            length = read
    address = parse_address(plain)
    if address is None:
        context.error(f"VRRP parsed invalid IP {text}. skipping IP...")
        return None
    return address, length


def read_address(context: Context, drafts: Drafts, words: list[str], *, static: bool = False) -> AddressDraft | None:
    """Read a line of ``virtual_ipaddress``; None, reported, when it is dropped."""
    parsed = parse_prefix(context, words[0])
    if parsed is None:
        return None
    draft = AddressDraft(address=parsed[0], prefix_length=parsed[1], location=context.location)
    broadcast = ""
    at = 1
    while at < len(words):
        word = words[at]
        takes_value = word in _WITH_VALUE or (static and word == "track_group")
        if takes_value and at + 1 >= len(words):
            context.error(f"No {word} parameter specified for {words[0]}")
            return None
        value = words[at + 1] if takes_value else ""
        at += 2 if takes_value else 1
        if word == "track_group" and draft.track_group is not None:
            context.error(f"track_group {value} is a duplicate")
            break
        if word in {"broadcast", "brd"}:
            if draft.address.version == 6:
                context.error(
                    f"VRRP is trying to assign a broadcast {word} to the IPv6 address {words[0]} !!?? "
                    "WTF... skipping VIP..."
                )
                return None
            if value not in {"+", "-"} and parse_address(value) is None:
                context.error(f"VRRP is trying to assign invalid broadcast {value}. skipping VIP...")
                return None
            broadcast = value
        elif not _address_option(context, drafts, draft, word, value, address=words[0], static=static):
            return None
    _broadcast(context, draft, broadcast)
    if draft.address.version == 6:
        if draft.scope:
            context.error(f"Cannot specify scope for IPv6 addresses ({words[0]}) - ignoring scope")
            draft.scope = 0
        if draft.label:
            context.error(f"Cannot specify label for IPv6 addresses ({words[0]}) - ignoring label")
            draft.label = None
        if draft.preferred_lifetime == -1:
            draft.preferred_lifetime = 0 if draft.prefix_length == draft.address.max_prefixlen else None
    return draft


def _address_option(
    context: Context, drafts: Drafts, draft: AddressDraft, word: str, value: str, *, address: str, static: bool
) -> bool:
    """Apply one option; False when the line is dropped."""
    match word:
        case "dev":
            if draft.interface is not None:
                context.error(f"Cannot specify ipaddress device more than once for {address}")
                return False
            if not interface_exists(context, drafts, value):
                context.error(f"WARNING - interface {value} for ip address {address} doesn't exist")
                return False
            draft.interface = value
        case "scope":
            scope = lookup(context, "rt_scopes", value)
            if scope is None:
                context.error(f"Invalid scope '{value}' specified for {address} - ignoring")
            else:
                draft.scope = scope
        case "label":
            if len(value) > _INTERFACE_NAME_LENGTH:
                text = f"Address label {value} is longer than maximum length {_INTERFACE_NAME_LENGTH}"
                context.error(f"{text} - removing address")
                return False
            draft.label = value
        case "peer":
            _peer(context, draft, value)
        case "no_track":
            draft.no_track = True
        case "use_vmac" if not static:
            draft.use_vmac = True
        case "preferred_lft":
            lifetime = None if value == _FOREVER else context.unsigned(value, 0, 4294967295, lenient=True)
            if lifetime is None and value != _FOREVER:
                context.error(f"preferred_lft {value} is invalid")
            else:
                draft.preferred_lifetime = None if lifetime == _INFINITY else lifetime
        case "track_group" if static:
            if value in drafts.track_groups:
                draft.track_group = value
            else:
                context.error(f"track_group {value} not found")
        case _ if word in _FLAGS:
            draft.flags.add(word)
        case _:
            context.error(f"Unknown configuration entry '{word}' for ip address - ignoring")
    return True


def _peer(context: Context, draft: AddressDraft, value: str) -> None:
    if draft.peer is not None:
        context.error(f"Peer {value} - another peer has already been specified")
        return
    peer = parse_address(value)
    if peer is None:
        context.error(f"VRRP parsed invalid IP {value}. skipping IP...")
        context.error(f"Invalid peer address {value}")
    elif peer.version != draft.address.version:
        context.error(f"Peer address {value} does not match address family")
    else:
        if draft.prefix_length != draft.address.max_prefixlen:
            context.error("Cannot specify address prefix when specifying peer address - ignoring")
        draft.peer = peer
        draft.prefix_length = draft.address.max_prefixlen


def _broadcast(context: Context, draft: AddressDraft, broadcast: str) -> None:
    if not broadcast:
        return
    if draft.peer is not None:
        context.error("Cannot specify broadcast and peer addresses - ignoring broadcast address")
    elif broadcast not in {"+", "-"}:
        draft.broadcast = parse_address(broadcast)
    elif draft.prefix_length > 30:
        context.error(f"Address prefix length {draft.prefix_length} too long for broadcast")
    else:
        network = ip_network((draft.address, draft.prefix_length), strict=False)
        draft.broadcast = network.broadcast_address if broadcast == "+" else network.network_address


def read_peer(context: Context, draft: InstanceDraft, words: list[str]) -> None:
    """Read a line of ``unicast_peer``."""
    name = draft.name
    found = context.socket_address(words[0])
    if found is None:
        context.error(
            f"Configuration error: VRRP instance[{name}] malformed unicast peer address[{words[0]}]. Skipping..."
        )
        return
    address = found[0]
    if not draft.family:
        draft.family = address.version
    elif address.version != draft.family:
        context.error(
            f"Configuration error: VRRP instance[{name}] and unicast peer address[{words[0]}]"
            " MUST be of the same family !!! Skipping..."
        )
        return
    limits = {"min_ttl": 0, "max_ttl": 255}
    checks = False
    for at in range(1, len(words), 2):
        if at + 1 >= len(words):
            context.error(f"({name}) {words[0]} - {words[at]} is missing a value")
            break
        ttl = context.unsigned(words[at + 1], 0, 255)
        if ttl is None:
            continue
        if words[at] not in limits:
            context.error(f"({name}) {words[0]} - unknown unicast_peer option {words[at]}")
            break
        limits[words[at]] = ttl
        checks = draft.check_unicast_source = True
    if ("peer", address) in draft.taken:
        context.error(f"({name}) {words[0]} - duplicate unicast_peer")
        return
    draft.taken.add(("peer", address))
    low, high = limits["min_ttl"], limits["max_ttl"]
    if low > high:
        context.error(f"({name}) {words[0]} - min_ttl {low} > max_ttl {high} - all packets will be discarded")
    draft.peers.append(UnicastPeer(address=address, min_ttl=low if checks else None, max_ttl=high if checks else None))


def add_address(context: Context, drafts: Drafts, draft: InstanceDraft, words: list[str], *, excluded: bool) -> None:
    """Read a line of ``virtual_ipaddress`` or ``virtual_ipaddress_excluded``: no duplicates, one family."""
    address = read_address(context, drafts, words)
    if address is None:
        return
    if not excluded:
        if not draft.family:
            draft.family = address.address.version
        elif address.address.version != draft.family:
            context.error(f"({draft.name}): address family must match VRRP instance [{words[0]}] - ignoring")
            return
    prefix = "Excluded " if excluded else ""
    place = (address.address, address.interface)
    taken = draft.taken
    if (("a VIP", *place) if excluded else ("a VIP", address.address)) in taken:
        what = "a VIP"
    elif ("an excluded VIP", *place) in taken:
        what = "an excluded VIP"
    else:
        (draft.excluded if excluded else draft.addresses).append(address)
        if excluded:
            taken.add(("an excluded VIP", *place))
        else:
            taken.update({("a VIP", *place), ("a VIP", address.address)})
        return
    context.error(f"({draft.name}): {prefix}VIP duplicates {what} {words[0]} - ignoring")


def track_interface(context: Context, drafts: Drafts, name: str, tracking: TrackingDraft, words: list[str]) -> None:
    """Read a line of ``track_interface``."""
    tracked = words[0]
    if not interface_exists(context, drafts, tracked):
        context.error(f"({name}) tracked interface {tracked} doesn't exist")
        return
    if tracked in tracking.interface_names:
        context.error(f"({name}) duplicate track_interface {tracked} - ignoring")
        return
    weight: int | None = 0
    reverse = False
    if len(words) >= 2:
        if words[1] != "weight":
            context.error(f"({name}) unknown track_interface {tracked} option {words[1]} - ignoring")
            return
        if len(words) == 2:
            context.error(f"({name}) weight without value specified for track_interface {tracked} - ignoring")
            return
        weight = context.signed(words[2], -254, 254, lenient=True)
        if weight is None:
            context.error(
                f"({name}) weight {words[2]} for {tracked} must be between [-253..253] inclusive. Ignoring..."
            )
        weight = _not_254(context, name, tracked, weight or 0)
        if len(words) >= 4:
            reverse = words[3] == "reverse"
            if not reverse:
                context.error(f"({name}) unknown track_interace {tracked} weight option {words[3]} - ignoring")
    tracking.interface_names.add(tracked)
    tracking.interfaces.append(TrackedInterface(name=tracked, weight=weight or 0, reverse=reverse))


def track_script(context: Context, drafts: Drafts, name: str, tracking: TrackingDraft, words: list[str]) -> None:
    """Read a line of ``track_script``."""
    tracked = words[0]
    script = drafts.scripts.get(tracked)
    if script is None:
        context.error(f"({name}) track script {tracked} not found, ignoring...")
        return
    if any(other.name == tracked for other in tracking.scripts):
        context.error(f"({name}) duplicate track_script {tracked} - ignoring")
        return
    weight, reverse = script.weight, script.reverse
    if len(words) >= 2:
        if words[1] != "weight":
            context.error(f"({name}) unknown track script option {words[1]} - ignoring")
            return
        if len(words) == 2:
            context.error(f"({name}) weight without value specified for track script {tracked} - ignoring")
            return
        read = context.signed(words[2], -254, 254, lenient=True)
        if read is None:
            context.error(f"({name}) track script {tracked}: weight must be between [-253..253] inclusive, ignoring...")
        else:
            weight = _not_254(context, name, tracked, read)
        if len(words) >= 4:
            if words[3] in {"reverse", "noreverse"}:
                reverse = words[3] == "reverse"
            else:
                context.error(f"({name}) unknown track_script {tracked} weight option {words[3]} - ignoring")
    tracking.scripts.append(TrackedScript(name=tracked, weight=weight, reverse=reverse))


def _not_254(context: Context, name: str, tracked: str, weight: int) -> int:
    if abs(weight) != 254:
        return weight
    context.error(f"({name}) weight for {tracked} cannot be +/-254. Setting to +/-253")
    return weight - 1 if weight > 0 else weight + 1


_OTHER: Final = {
    # kind: (limit, what an unknown option is called, whether an unknown weight option drops the line)
    "file": (254, "unknown track file option {option}", True),
    "process": (254, "unknown track process option {option}", False),
    "bfd": (253, "unknown track bfd {tracked} option {option}", True),
}


def track_other(  # noqa: PLR0917  one line of three blocks that differ in words only
    context: Context, known: dict[str, TrackFileDraft], kind: str, name: str, tracking: TrackingDraft, words: list[str]
) -> None:
    """Read a line of ``track_file``, ``track_process`` or ``track_bfd``."""
    tracked = words[0]
    limit, unknown, drops = _OTHER[kind]
    target = known.get(tracked)
    if target is None:
        context.error(f"({name}) track {kind} {tracked} not found, ignoring...")
        return
    if any(other[:2] == (kind, tracked) for other in tracking.others):
        context.error(f"({name}) duplicate track_{kind} {tracked} - ignoring")
        return
    weight, reverse = target.weight, target.reverse
    if len(words) >= 2:
        if words[1] != "weight":
            context.error(f"({name}) {unknown.format(option=words[1], tracked=tracked)} - ignoring")
            return
        if len(words) == 2:
            context.error(f"({name}) weight without value specified for track {kind} {tracked} - ignoring")
            return
        read = context.signed(words[2], -limit, limit, lenient=True)
        if read is None:
            context.error(
                f"({name}) weight for track {kind} {tracked} must be in [-{limit}..{limit}] inclusive. Ignoring..."
            )
        else:
            weight = read
        if len(words) >= 4:
            if words[3] in {"reverse", "noreverse"}:
                reverse = words[3] == "reverse"
            else:
                label = "track_process" if kind == "process" else f"track {kind}"
                context.error(f"({name}) unknown {label} {tracked} weight option {words[3]} - ignoring")
                if drops:
                    return
    tracking.others.append((kind, tracked, weight, reverse))
    if kind == "bfd":
        context.not_acted_on(f"track_bfd {tracked}", f"the session is not run, {name} does not follow it")


def linkbeat_interface(context: Context, drafts: Drafts, words: list[str]) -> None:
    """Read a line of ``linkbeat_interfaces``."""
    if context.host.interface(words[0]) is None and "dynamic_interfaces" not in context.globals.values:
        context.problem(ErrorClass.FATAL, f"unknown interface {words[0]} specified for linkbeat interface")
        return
    if len(words) > 1 and (words[1] not in {"MII", "ETHTOOL", "IOCTL"} or len(words) > 2):
        context.error(f"extra characters {words[1]} in linkbeat interface")
    method = words[1] if len(words) > 1 and words[1] in {"MII", "ETHTOOL", "IOCTL"} else ""
    drafts.linkbeat_interfaces.append(LinkbeatInterface(name=words[0], method=method))


def up_down_delay(context: Context, drafts: Drafts, words: list[str]) -> None:
    """Read a line of ``interface_up_down_delays``."""
    from keepalived_py.config.build import numbers  # noqa: PLC0415  a rare block

    if context.host.interface(words[0]) is None and "dynamic_interfaces" not in context.globals.values:
        context.problem(ErrorClass.FATAL, f"unknown interface {words[0]} specified for up/down delay")
        return
    if len(words) < 2:
        context.log(f"No timeouts specified for {words[0]} up/down delays")
    delays: list[int] = []
    for word in words[1:3]:
        delay = numbers.decimal(
            word, 0, 255_000_000, 6, lenient=True, testing=context.testing, complain=context.bad_number
        )
        if delay is not None:
            delays.append(delay)
    if delays and len(delays) == len(words[1:3]):
        up = delays[1] if len(delays) > 1 else 0
        drafts.interface_delays.append(InterfaceDelays(name=words[0], down=delays[0], up=up))
