"""``vrrp_instance`` and ``vrrp_sync_group``: the keywords whose words need more than their declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.build.authentication import AUTH_HMAC, AUTHENTICATION
from keepalived_py.config.build.context import read_block, read_statement
from keepalived_py.config.build.drafts import Drafts, GroupDraft, InstanceDraft, TrackingDraft
from keepalived_py.config.build.lines import add_address, read_peer, track_interface, track_other, track_script
from keepalived_py.config.build.routes import read_routes
from keepalived_py.config.build.rules import read_rules
from keepalived_py.config.build.virtual_mac import use_ipvlan, use_vmac
from keepalived_py.config.keywords import ROOT
from keepalived_py.config.keywords.unbuilt import UNBUILT
from keepalived_py.config.report import ErrorClass
from keepalived_py.config.tree import Block

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.build.context import Context
    from keepalived_py.config.tree import Terminal

    Special = Callable[[Context, Any, Terminal], None]
    Inner = Callable[[Context, Any, Block], None]

_INTERFACE_NAME_LENGTH: Final = 15
_KEYWORDS: Final = ROOT.blocks["vrrp_instance"].keywords


def build_instance(context: Context, drafts: Drafts, block: Block) -> None:
    """Read a ``vrrp_instance`` block."""
    draft = InstanceDraft(name=block.head.words[1], location=context.location)
    for item in block.items:
        keyword = item.keyword if isinstance(item, Block) else item.words[0]
        if keyword in UNBUILT["vrrp_instance"] and keyword != "track_bfd":  # its lines are reported one by one
            context.at(item.head.line if isinstance(item, Block) else item.line)
            context.not_acted_on(f"vrrp_instance {draft.name}: {keyword}")
    read_block(context, block, draft, _SPECIAL, _inner(drafts))
    _end_of_instance(context, drafts, draft)


def _end_of_instance(context: Context, drafts: Drafts, draft: InstanceDraft) -> None:
    values = draft.values
    name = draft.name
    virtual_mac = "use_vmac" in values or "use_ipvlan" in values
    if draft.unicast_configured and virtual_mac:
        if draft.interface is None:
            context.error(f"({name}): Cannot use VMAC/ipvlan with unicast and no interface - clearing use_vmac")
            values.pop("use_vmac", None)
            values.pop("use_ipvlan", None)
        elif "vmac_xmit_base" not in values:
            context.error(f"({name}) unicast with use_vmac requires vmac_xmit_base - setting")
            values["vmac_xmit_base"] = True
    if not draft.peers and "unicast_ttl" in values:
        context.error(f"({name}): Cannot use unicast_ttl without unicast peers - resetting")
        # The reference sends multicast with TTL 0 from here on, which nobody receives; we use 255.
        del values["unicast_ttl"]
    drafts.instances[name] = draft


def build_group(context: Context, drafts: Drafts, block: Block) -> None:
    """Read a ``vrrp_sync_group`` block."""
    draft = GroupDraft(name=block.head.words[1], location=context.location)

    def members(context: Context, draft: GroupDraft, inner: Block) -> None:
        if draft.members is not None:
            context.error(f"Group list already specified for sync group {draft.name}")
            return
        found = [word for item in inner.entries for word in item.words]
        context.at(inner.close.line)
        if found:
            draft.members = found
        else:
            context.error(f"Warning - sync group {draft.name} has empty group block")

    read_block(context, block, draft, _GROUP_SPECIAL, {"group": members, **_tracking(drafts)})
    if draft.members is None:
        context.error(f"Sync group {draft.name} has no members - removing")
        return
    drafts.groups[draft.name] = draft


def _global_tracking(context: Context, draft: GroupDraft, _terminal: Terminal) -> None:
    context.error(f"({draft.name}) global_tracking is deprecated. Use track_interface/script/file on the sync group")
    draft.values["sync_group_tracking_weight"] = True


_GROUP_SPECIAL: Final[dict[str, Special]] = {"global_tracking": _global_tracking}


def _entries(
    function: Callable[[Context, str, TrackingDraft, list[str]], None],
) -> Inner:
    def read(context: Context, draft: InstanceDraft | GroupDraft, block: Block) -> None:
        for item in block.entries:
            context.at(item.line)
            function(context, draft.name, draft.tracking, item.words)

    return read


def _tracking(drafts: Drafts) -> dict[str, Inner]:
    def other(kind: str, known: Any) -> Inner:
        return _entries(lambda context, name, tracking, words: track_other(context, known, kind, name, tracking, words))

    return {
        "track_interface": _entries(
            lambda context, name, tracking, words: track_interface(context, drafts, name, tracking, words)
        ),
        "track_script": _entries(
            lambda context, name, tracking, words: track_script(context, drafts, name, tracking, words)
        ),
        "track_file": other("file", drafts.files),
        "track_process": other("process", drafts.processes),
        "track_bfd": other("bfd", drafts.sessions),
    }


def _inner(drafts: Drafts) -> dict[str, Inner]:
    def addresses(*, excluded: bool) -> Inner:
        def read(context: Context, draft: InstanceDraft, block: Block) -> None:
            for item in block.entries:
                context.at(item.line)
                add_address(context, drafts, draft, item.words, excluded=excluded)

        return read

    def peers(context: Context, draft: InstanceDraft, block: Block) -> None:
        draft.unicast_configured = True
        for item in block.entries:
            context.at(item.line)
            read_peer(context, draft, item.words)

    def authentication(context: Context, draft: InstanceDraft, block: Block) -> None:
        read_block(context, block, draft, AUTHENTICATION, {})

    def hmac(context: Context, draft: InstanceDraft, block: Block) -> None:
        draft.hmac_keys = draft.hmac_keys or {}
        read_block(context, block, draft, AUTH_HMAC, {})

    def routes(context: Context, draft: InstanceDraft, block: Block) -> None:
        draft.routes += read_routes(context, drafts, block)

    def rules(context: Context, draft: InstanceDraft, block: Block) -> None:
        draft.rules += read_rules(context, drafts, block)

    return {
        "virtual_ipaddress": addresses(excluded=False),
        "virtual_ipaddress_excluded": addresses(excluded=True),
        "unicast_peer": peers,
        "authentication": authentication,
        "auth_hmac": hmac,
        "virtual_routes": routes,
        "virtual_rules": rules,
        **_tracking(drafts),
    }


def _state(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if word == "MASTER":
        draft.state = word
    elif word == "BACKUP":
        if draft.state == "MASTER":
            context.error(f"({draft.name}) state previously set as MASTER - ignoring BACKUP")
        else:
            draft.state = word
    else:
        context.error(f"({draft.name}) unknown state '{word}', defaulting to BACKUP")
        draft.state = "BACKUP"


def _interface(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    name = context.word(terminal.words, 1)
    if len(name) > _INTERFACE_NAME_LENGTH:
        context.error(f"Interface name '{name}' too long - ignoring")
        return
    facts = context.host.interface(name)
    draft.interface = name
    if facts is None and "dynamic_interfaces" not in context.globals.values:
        draft.interface = None
        draft.values["missing_interface"] = True
        context.error(f"WARNING - interface {name} for vrrp_instance {draft.name} doesn't exist")
    elif facts is not None and facts.loopback:
        context.error(f"({draft.name}) cannot use a loopback interface ({name}) for vrrp - ignoring")
        draft.interface = None


def _vrf(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    name = context.word(terminal.words, 1)
    facts = context.host.interface(name)
    if len(name) > _INTERFACE_NAME_LENGTH:
        context.error(f"({draft.name}) VRF interface name '{name}' too long - ignoring")
    elif draft.interface is not None:
        context.error(f"({draft.name}) Cannot specify VRF interface and interface - ignoring")
    elif "vrf" in draft.values:
        context.error(f"({draft.name}) VRF interface already specified as '{draft.values['vrf']}' - ignoring")
    elif facts is None and "dynamic_interfaces" not in context.globals.values:
        context.error(f"({draft.name}) WARNING - VRF interface {name} doesn't exist")
        draft.values["missing_interface"] = True
    elif facts is not None and facts.loopback:
        context.error(f"({draft.name}) cannot use a loopback interface ({name}) for VRF - ignoring")
    else:
        draft.values["vrf"] = name


def _source(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    text = context.word(terminal.words, 1)
    if terminal.words[0] == "unicast_src_ip":
        draft.unicast_configured = True
    found = context.socket_address(text)
    if found is None:
        context.error(f"Configuration error: VRRP instance[{draft.name}] malformed src address[{text}]. Skipping...")
        return
    if not draft.family:
        draft.family = found[0].version
    elif found[0].version != draft.family:
        context.error(
            f"Configuration error: VRRP instance[{draft.name}] and src address[{text}]"
            " MUST be of the same family !!! Skipping..."
        )
        draft.source = None
        return
    draft.source = found[0]


def _mcast_dst_ip(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    text = context.word(terminal.words, 1)
    found = context.socket_address(text)
    if found is None:
        context.error(f"({draft.name}) malformed mcast dest address {text}. Skipping...")
        return
    address = found[0]
    draft.group_address = address
    if not draft.family:
        draft.family = address.version
    elif address.version != draft.family:
        context.error(f"({draft.name}) mcast dest address {text} MUST match VRRP instance family. Skipping...")
        draft.group_address = None
        return
    if not address.is_multicast or (address.version == 6 and address.packed[1] & 0x0F != 2):
        kind = " link-local" if address.version == 6 else ""
        context.error(f"({draft.name}) mcast_dst_ip {text} not{kind} multicast. Skipping...")
        draft.group_address = None


def _marks_unicast(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    draft.unicast_configured = True
    words = terminal.words
    if words[0] == "check_unicast_src":
        draft.check_unicast_source = True
    draft.values[words[0]] = True
    if words[0] != "old_unicast_checksum":
        return
    if len(words) == 1 or words[1] == "never":
        draft.values["unicast_checksum"] = "config" if len(words) == 1 else "never"
    else:
        context.error(f"({draft.name}) Unknown old_unicast_chksum mode {words[1]} - ignoring")


def _native_ipv6(context: Context, draft: InstanceDraft, _terminal: Terminal) -> None:
    if draft.family == 4:
        context.error(f"({draft.name}) Cannot specify native_ipv6 with IPv4 addresses")
        return
    draft.family = 6
    draft.version = 3


def _version(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    draft.values.pop("version", None)
    read_statement(context, _KEYWORDS["version"], terminal, draft)
    version = draft.values.pop("version", None)
    if version is None:
        return
    if (draft.version and draft.version != version) or (version == 2 and draft.family == 6):
        context.error(
            f"({draft.name}) vrrp_version {version} conflicts with configured"
            f" or deduced version {draft.version}; ignoring."
        )
        return
    draft.version = version


def _linkbeat(context: Context, draft: InstanceDraft, _terminal: Terminal) -> None:
    context.error(f"({draft.name}) 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces block")
    draft.values["linkbeat_use_polling"] = True


def _preempt(_context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    draft.nopreempt = terminal.words[0] == "nopreempt"


def _accept(_context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    draft.accept = terminal.words[0] == "accept"


def _skip_check_adv_addr(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    before = draft.values.pop("skip_check_adv_addr", None)
    read_statement(context, _KEYWORDS["skip_check_adv_addr"], terminal, draft)
    if "skip_check_adv_addr" in draft.values:
        # The reference turns it on even for "false"; there we do what is written.
        return
    if before is not None:
        draft.values["skip_check_adv_addr"] = before


def _notify_deleted(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    if "notify_deleted" in draft.values:
        word = terminal.words[1] if len(terminal.words) > 1 else ""
        context.error(f"({draft.name}) notify_deleted already specified - ignoring {word}")
        return
    draft.values["notify_deleted"] = (
        context.notify_command(terminal.line, "notify") if len(terminal.words) > 1 else None
    )


def _lvs_sync_daemon_interface(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    name = draft.name
    context.error(f"({name}) Specifying lvs_sync_daemon_interface against a vrrp is deprecated.")
    width = len(name) - 2
    context.error(f"      {' ' * abs(width)}Please use global lvs_sync_daemon")
    globals_ = context.globals
    if globals_.lvs_sync_interface is not None:
        context.error(
            f"({name}) lvs_sync_daemon_interface has already been specified as {globals_.lvs_sync_interface} - ignoring"
        )
        return
    globals_.lvs_sync_interface = context.word(terminal.words, 1)


def _zero_becomes_one(name: str) -> Special:
    def read(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
        before = draft.values.pop(name, None)
        read_statement(context, _KEYWORDS[name], terminal, draft)
        if draft.values.get(name) == 0:
            context.error(f"({draft.name}): {name} must be greater than 0, setting to 1")
            draft.values[name] = 1
        elif name not in draft.values and before is not None:
            draft.values[name] = before

    return read


def _timer_expired_backup(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    words = terminal.words
    if words[0] == "thread_timer_expired":
        context.error(f"({draft.name}) thread_timer_expired - please replace with keyword 'timer_expired_backup'")
    value: int | None = 254
    if len(words) > 1:
        value = context.unsigned(words[1], 1, 254)
    if value is None:
        context.error(f"({draft.name}) timer_expired_backup highest_other_priority not valid! must be between 1 & 254")
    else:
        draft.values["timer_expired_backup"] = value


def _garp_extra_if(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    words = terminal.words
    if words[0] == "vmac_garp_intvl":
        text = 'Keyword "vmac_garp_intvl" is deprecated - please use "garp_extra_if"'
        context.problem(ErrorClass.DEPRECATED, text)
    delay: int | None = None
    for word in words[1:]:
        if word == "all":
            draft.values["garp_extra_all"] = True
            continue
        delay = context.unsigned(word, 0, 86400, lenient=True)
        if delay is None:
            context.error(f"({draft.name}): {words[0]} '{word}' invalid - ignoring")
            return
    if delay is None:
        context.error(f"({draft.name}): {words[0]} specified without time - ignoring")
    else:
        draft.values["garp_extra_if"] = delay


def _kernel_rx_buf_size(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    words = terminal.words
    size = context.unsigned(words[1], 0, 4294967295) if len(words) == 2 else None
    if size is None:
        context.error(f"({draft.name}) invalid kernel_rx_buf_size specified")
    else:
        draft.values["kernel_rx_buf_size"] = size


_SPECIAL: Final[dict[str, Special]] = {
    "state": _state,
    "interface": _interface,
    "vrf": _vrf,
    "mcast_src_ip": _source,
    "unicast_src_ip": _source,
    "mcast_dst_ip": _mcast_dst_ip,
    "check_unicast_src": _marks_unicast,
    "unicast_fault_no_peer": _marks_unicast,
    "old_unicast_checksum": _marks_unicast,
    "native_ipv6": _native_ipv6,
    "version": _version,
    "linkbeat_use_polling": _linkbeat,
    "preempt": _preempt,
    "nopreempt": _preempt,
    "accept": _accept,
    "no_accept": _accept,
    "skip_check_adv_addr": _skip_check_adv_addr,
    "notify_deleted": _notify_deleted,
    "lvs_sync_daemon_interface": _lvs_sync_daemon_interface,
    "garp_master_repeat": _zero_becomes_one("garp_master_repeat"),
    "garp_master_refresh_repeat": _zero_becomes_one("garp_master_refresh_repeat"),
    "timer_expired_backup": _timer_expired_backup,
    "thread_timer_expired": _timer_expired_backup,
    "garp_extra_if": _garp_extra_if,
    "vmac_garp_intvl": _garp_extra_if,
    "kernel_rx_buf_size": _kernel_rx_buf_size,
    "use_vmac": use_vmac,
    "use_ipvlan": use_ipvlan,
}
