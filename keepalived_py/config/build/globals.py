"""``global_defs`` and the root statements: the keywords whose words need more than their declaration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.build.context import parse_address, read_block, read_statement
from keepalived_py.config.keywords import ROOT
from keepalived_py.config.keywords.unbuilt import UNBUILT
from keepalived_py.config.report import ErrorClass
from keepalived_py.config.tree import Block

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.build.context import Context
    from keepalived_py.config.build.drafts import GlobalDraft
    from keepalived_py.config.tree import Terminal

_PROCESS_NAME_LENGTH: Final = 15
_LVS_TIMEOUT_LIMIT: Final = 2678400
_HIGHEST_PRIORITY: Final = 99
_GARP_REPEAT: Final = 5
_GARP_DELAY: Final = 5


def build_globals(context: Context, draft: GlobalDraft, block: Block) -> None:
    """Read a ``global_defs`` block into the draft; blocks add up."""
    for item in block.items:
        head = item.head if isinstance(item, Block) else item
        if head.words[0] in UNBUILT["global_defs"]:
            context.at(head.line)
            context.not_acted_on(f"global_defs {head.words[0]}")
    read_block(context, block, draft, _SPECIAL, {"notification_email": _notification_email})


def root_statement(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    """Read a statement at the root of the file."""
    context.at(terminal.line)
    name = terminal.words[0]
    read_statement(context, ROOT.keywords[name], terminal, draft)


def _notification_email(context: Context, draft: GlobalDraft, block: Block) -> None:
    found = [word for item in block.entries for word in item.words]
    context.at(block.close.line)
    if not found:
        context.error("Warning - empty notification_email block")
    draft.emails.extend(found)


def _declared(name: str) -> Callable[[Context, GlobalDraft, Terminal], None]:
    keyword = ROOT.blocks["global_defs"].keywords[name]

    def read(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
        read_statement(context, keyword, terminal, draft)

    return read


def _zero_becomes_one(name: str, written: str) -> Callable[[Context, GlobalDraft, Terminal], None]:
    declared = _declared(name)

    def read(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
        before = draft.values.pop(name, None)
        declared(context, draft, terminal)
        if draft.values.get(name) == 0:
            context.error(f"{written} must be greater than 0, setting to 1")
            draft.values[name] = 1
        elif name not in draft.values and before is not None:
            draft.values[name] = before

    return read


def _process_name(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    name = context.word(terminal.words, 1)
    keyword = terminal.words[0]
    if keyword == "lvs_process_name":
        context.log("'lvs_process_name' is deprecated - please use 'checker_process_name'")
        keyword = "checker_process_name"
    if len(name) > _PROCESS_NAME_LENGTH:
        context.error(f"process name '{name}' too long - truncating")
    draft.values[keyword] = name[:_PROCESS_NAME_LENGTH]


def _notification_email_from(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 2:
        context.error("emailfrom missing - ignoring")
        return
    if len(words) > 2:
        context.error(f"emailfrom - ignoring extra entries '{words[2]}' ...")
    draft.values["notification_email_from"] = words[1]


def _smtp_server(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    name = context.word(words, 1)
    port = words[2] if len(words) > 2 else "25"
    found = None
    if "-" not in name and "/" not in name:
        found = context.socket_address(name, port)
    if found is None:
        number = context.unsigned(port, 1, 65535, lenient=True)
        address = context.host.resolve(name) if number is not None else None
        found = None if address is None or number is None else (address, number)
    if found is None:
        context.error(f"Invalid smtp server {name} {port}")
        draft.smtp_server = None
        return
    draft.smtp_server, draft.smtp_server_port = found
    draft.smtp_server_name = name


def _smtp_helo_name(_context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    if len(terminal.words) > 1:
        draft.values["smtp_helo_name"] = terminal.words[1]


def _dynamic_interfaces(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    draft.values["dynamic_interfaces"] = True
    if len(terminal.words) > 1 and terminal.words[1] == "allow_if_changes":
        draft.values["allow_if_changes"] = True
    elif len(terminal.words) > 1:
        context.error(f"Unknown dynamic_interfaces option '{terminal.words[1]}'")


def _lvs_timeouts(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 3:
        context.error("lvs_timeouts requires at least one option")
        return
    at = 1
    while at < len(words):
        option = words[at]
        if option not in {"tcp", "tcpfin", "udp"}:
            context.error(f"Unknown option {option} specified for lvs_timeouts")
        elif at == len(words) - 1:
            context.error(f"No value specified for lvs_timeout {option} - ignoring")
        else:
            seconds = context.unsigned(words[at + 1], 0, _LVS_TIMEOUT_LIMIT)
            if seconds is None:
                context.error(f"Invalid lvs_timeout {option} ({words[at + 1]}) - ignoring")
            else:
                draft.lvs_timeouts[option] = seconds
            at += 1
        at += 1


def _lvs_flush_on_stop(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) == 1:
        draft.values["lvs_flush_on_stop"] = True
        draft.values.pop("lvs_flush_on_stop_quick", None)
    elif words[1] == "VS":
        # Only how entries go is quicker; which go is the same as without the keyword.
        draft.values["lvs_flush_on_stop"] = False
        draft.values["lvs_flush_on_stop_quick"] = True
    else:
        context.error(f"Unknown lvs_flush_on_stop type {words[1]}")


def _lvs_sync_daemon(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    if draft.lvs_sync_interface is not None:
        name = draft.values.get("lvs_sync_daemon", "")
        context.error(f"lvs_sync_daemon has already been specified as {draft.lvs_sync_interface} {name} - ignoring")
        return
    if len(words) < 2:
        context.error("lvs_sync_daemon requires interface")
        return
    if len(words[1]) > _PROCESS_NAME_LENGTH:
        context.error(f"lvs_sync_daemon interface name '{words[1]}' too long - ignoring")
        return
    draft.lvs_sync_interface = words[1]
    limits = {"id": (0, 255), "maxlen": (1, 65507), "port": (1, 65535), "ttl": (1, 255)}
    at = 2
    while at < len(words):
        option = words[at]
        if option == "inst":
            draft.values["lvs_sync_daemon"] = context.word(words, at + 1)
            at += 1
        elif option in limits or option == "group":
            if at == len(words) - 1:
                ending = "defaulting to vrid" if option == "id" else "- ignoring"
                separator = ", " if option == "id" else " "
                context.error(f"No value specified for lvs_sync_daemon {option}{separator}{ending}")
            elif option == "group":
                _sync_group_address(context, draft, words[at + 1])
                at += 1
            else:
                number = context.unsigned(words[at + 1], *limits[option])
                if number is not None:
                    draft.lvs_sync[option] = number
                else:
                    text = f"Invalid lvs_sync_daemon {option} ({words[at + 1]}) - ignoring"
                    context.error(f"Invalid syncid ({words[at + 1]}) - defaulting to vrid" if option == "id" else text)
                at += 1
        elif at == 2:
            draft.values["lvs_sync_daemon"] = option
        elif at == 3:
            number = context.unsigned(option, 0, 255)
            if number is None:
                context.error(f"Invalid syncid ({option}) - defaulting to vrid")
            else:
                draft.lvs_sync["id"] = number
                context.error('Please use keyword "id" before lvs_sync_daemon SYNCID')
        else:
            context.error(f"Unknown option {option} specified for lvs_sync_daemon")
        at += 1


def _sync_group_address(context: Context, draft: GlobalDraft, text: str) -> None:
    address = parse_address(text)
    if address is None:
        context.error(f"Invalid lvs_sync_daemon group ({text}) - ignoring")
    elif not address.is_multicast:
        context.error(f"lvs_sync_daemon group address {text} is not multicast - ignoring")
    else:
        draft.lvs_sync_group = address


def _mcast_group(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    keyword = terminal.words[0]
    text = context.word(terminal.words, 1)
    family = int(keyword[-1])
    found = context.socket_address(text)
    if found is None:
        context.error(f"Can't parse {keyword} [{text}]. Skipping")
        return
    address = found[0]
    if address.version != family:
        context.error(f"{keyword} [{text}] is not IPv{family}. Skipping")
        return
    if not address.is_multicast:
        context.error(f"{keyword} [{text}] is not multicast. Skipping")
        return
    if family == 6 and address.packed[1] & 0x0F != 2:
        context.problem(ErrorClass.WARNING, f"{keyword} [{text}] should be link-local multicast.")
    draft.values[keyword] = address


def _min_garp(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    values = draft.values
    values.pop("vrrp_min_garp", None)
    _declared("vrrp_min_garp")(context, draft, terminal)
    if not values.get("vrrp_min_garp"):
        return
    if values.get("vrrp_garp_master_repeat", _GARP_REPEAT) == _GARP_REPEAT:
        values["vrrp_garp_master_repeat"] = 1
    if values.get("vrrp_garp_master_refresh_repeat", 1) == 1:
        values["vrrp_garp_master_refresh_repeat"] = 0
    if values.get("vrrp_garp_master_delay", _GARP_DELAY) == _GARP_DELAY:
        values["vrrp_garp_master_delay"] = 0


def _garp_extra_if(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    if words[0] == "vrrp_vmac_garp_intvl":
        text = 'Keyword "vrrp_vmac_garp_intvl" is deprecated - please use "vrrp_garp_extra_if"'
        context.problem(ErrorClass.DEPRECATED, text)
    delay: int | None = 0
    for word in words[1:]:
        if word == "all":
            draft.values["garp_extra_all"] = True
            continue
        delay = context.unsigned(word, 1, 86400, lenient=True)
        if delay is None:
            context.error(f"{words[0]} '{word}' invalid - ignoring")
            return
    if not delay:
        context.error(f"{words[0]} specified without time - ignoring")
    else:
        draft.values["vrrp_garp_extra_if"] = delay


def _ipsets(context: Context, _draft: GlobalDraft, terminal: Terminal) -> None:
    # A keyword of builds with iptables only, which the reference is not.
    context.problem(ErrorClass.UNKNOWN_KEYWORD, f"Unknown keyword '{terminal.words[0]}'")


def _firewall(context: Context, draft: GlobalDraft, _terminal: Terminal) -> None:
    context.error(
        "iptables not supported, using nftables instead. Please replace 'vrrp_iptables and 'vrrp_ipsets' with"
        " 'nftables' config option"
    )
    draft.values["nftables"] = []
    draft.values["nftables_priority"] = -1


def _script_user(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 2:
        context.error("No script username specified")
        return
    draft.values["script_user"] = words[1]
    draft.values["script_group"] = words[2] if len(words) > 2 else None
    draft.script_identity_failed = False
    draft.script_identity = context.identity(words[1], words[2] if len(words) > 2 else None)
    if draft.script_identity is None:
        draft.script_identity_failed = True
        context.error("Error setting global script uid/gid")


def _boundary_script(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    keyword = terminal.words[0]
    kind = keyword.partition("_")[0]
    if keyword in draft.values:
        context.error(f"{kind} script already specified")
    elif len(terminal.words) < 2:
        context.error(f"{kind} script missing")
    else:
        command = context.notify_command(terminal.line, kind)
        if command is None:
            context.error(f"Invalid {kind} script")
        else:
            draft.values[keyword] = command


def _fifo(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    keyword = words[0]
    if len(words) < 2:
        context.error(f"No {keyword} name specified")
    elif keyword in draft.values:
        context.error(f"{keyword} already specified - ignoring {words[1]}")
    else:
        if len(words) > 2:
            identity = context.identity(words[2], words[3] if len(words) > 3 else None)
        else:
            identity = context.default_identity()
        kind = keyword.removesuffix("notify_fifo")
        if identity is None:
            problem = "Invalid user/group" if len(words) > 2 else "Failed to set default user"
            # The reference prints the name before it has one.
            context.log(f"{problem} for {kind} fifo (null) - ignoring")
            return
        draft.values[keyword] = words[1]
        draft.fifo_owners[keyword] = identity


def _cpu_affinity(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    process = words[0].partition("_")[0]
    if len(words) < 2:
        context.error(f"No {process} cpu_id set specified")
        return
    last = (os.cpu_count() or 1) - 1
    draft.values.pop(words[0], None)
    cpus: set[int] = set()
    for word in words[1:]:
        cpu = context.signed(word, 0, last, lenient=True)
        if cpu is not None:
            cpus.add(cpu)
        else:
            digits = word.lstrip("+-")
            context.error(f"Invalid cpu_id:{int(word) if digits.isdigit() else 0} specified for {process} process")
            return
    draft.values[words[0]] = tuple(sorted(cpus))


def _realtime_priority(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    keyword = terminal.words[0]
    _declared(keyword)(context, draft, terminal)
    value = draft.values.get(keyword)
    process = keyword.partition("_")[0]
    if value is None:
        return
    if value < 1:
        text = f"{process} process real-time priority {value} less than minimum 1 - setting to minimum"
        context.error(text)
        draft.values[keyword] = 1
    elif value > 99:
        text = f"{process} process real-time priority {value} greater than maximum 99 - setting to maximum"
        context.error(text)
        draft.values[keyword] = 99


def _max_auto_priority(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    _declared("max_auto_priority")(context, draft, terminal)
    if len(terminal.words) < 2:
        draft.values["max_auto_priority"] = _HIGHEST_PRIORITY


def _rlimit(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    keyword = terminal.words[0]
    if keyword.endswith("_rtime"):
        context.log(f"Keyword '{keyword}' is deprecated - please use '{keyword[:-5]}rttime'")
    _declared(keyword)(context, draft, terminal)


def _table_name(context: Context, draft: GlobalDraft, terminal: Terminal) -> None:
    words = terminal.words
    label = "nftables" if words[0] == "nftables" else "ipvs nftables"
    chain = "chain" if words[0] == "nftables" else "ipvs chain"
    if words[0] in draft.values:
        context.error(f"{label} already specified - ignoring")
    elif len(words) > 1 and len(words[1]) >= 255:
        context.error(f"VRRP Error : nftables {chain} name too long - ignored")
    elif len(words) > 1 and not words[1]:
        context.error(f"VRRP Error : nftables {chain} name empty - ignored")
    else:
        draft.values[words[0]] = words[1:]
        draft.values[f"{words[0]}_priority"] = -1


_SPECIAL: Final[dict[str, Callable[[Context, Any, Terminal], None]]] = {
    "process_name": _process_name,
    "vrrp_process_name": _process_name,
    "checker_process_name": _process_name,
    "lvs_process_name": _process_name,
    "bfd_process_name": _process_name,
    "notification_email_from": _notification_email_from,
    "smtp_server": _smtp_server,
    "smtp_helo_name": _smtp_helo_name,
    "smtp_connect_timeout": _zero_becomes_one("smtp_connect_timeout", "smtp_conect_timeout"),
    "dynamic_interfaces": _dynamic_interfaces,
    "lvs_timeouts": _lvs_timeouts,
    "lvs_flush_on_stop": _lvs_flush_on_stop,
    "lvs_flush_onstop": _lvs_flush_on_stop,
    "lvs_sync_daemon": _lvs_sync_daemon,
    "vrrp_mcast_group4": _mcast_group,
    "vrrp_mcast_group6": _mcast_group,
    "vrrp_garp_master_repeat": _zero_becomes_one("vrrp_garp_master_repeat", "vrrp_garp_master_repeat"),
    "vrrp_garp_master_refresh_repeat": _zero_becomes_one(
        "vrrp_garp_master_refresh_repeat", "vrrp_garp_master_refresh_repeat"
    ),
    "vrrp_min_garp": _min_garp,
    "vrrp_garp_extra_if": _garp_extra_if,
    "vrrp_vmac_garp_intvl": _garp_extra_if,
    "vrrp_iptables": _firewall,
    "vrrp_ipsets": _ipsets,
    "nftables": _table_name,
    "nftables_ipvs": _table_name,
    "script_user": _script_user,
    "max_auto_priority": _max_auto_priority,
    "startup_script": _boundary_script,
    "shutdown_script": _boundary_script,
    "notify_fifo": _fifo,
    "vrrp_notify_fifo": _fifo,
    "lvs_notify_fifo": _fifo,
    **{f"{process}_cpu_affinity": _cpu_affinity for process in ("vrrp", "checker", "bfd")},
    **{f"{process}_rt_priority": _realtime_priority for process in ("vrrp", "checker", "bfd")},
    **{f"{process}_rlimit_{word}": _rlimit for process in ("vrrp", "checker", "bfd") for word in ("rttime", "rtime")},
}
