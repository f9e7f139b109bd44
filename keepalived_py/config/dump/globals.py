"""The section ``Global definitions``, which every process's dump begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.dump.text import (
    address_text,
    command_text,
    decimal_text,
    enabled,
    linked_elsewhere,
    mail_address,
    on_off,
    owned_command,
    rounded,
    true_false,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import (
        Configuration,
        GlobalDefinitions,
        NotifyFifo,
        ProcessSettings,
        SocketBuffer,
    )

_SECOND: Final = 1_000_000
_MULTICAST4: Final = "224.0.0.18"
_MULTICAST6: Final = "ff02::12"
_DEFAULT_INTERFACE: Final = "eth0"
_DISABLED: Final = -1
_UNKNOWN: Final = "[unknown]"
_CHAIN_PRIORITY: Final = -1
_UNSET: Final = 0xFFFFFFFF
_DONT_SET: Final = "Don't set"


def global_lines(configuration: Configuration, part: str) -> list[str]:
    """Give the section as the process for ``part`` prints it: each knows a little that the others do not."""
    global_defs = configuration.global_defs
    return [
        "------< Global definitions >------",
        *_identity(global_defs),
        *_mail(global_defs),
        *_reloading(global_defs, part),
        *_lvs(global_defs, part),
        *_fifos(global_defs, part),
        *_vrrp(global_defs, part),
        *_firewall(configuration, part),
        *_vrrp_checks(global_defs),
        *_processes(global_defs),
        *_interfaces_to_others(global_defs, part),
        *_script_security(global_defs, part),
        *_buffers(global_defs),
        *_rest(global_defs),
    ]


def _identity(global_defs: GlobalDefinitions) -> Iterator[str]:
    given = global_defs.given
    ipvs = global_defs.network_namespace_ipvs
    if global_defs.config_save_directory is not None:
        yield f" Config save dir = {global_defs.config_save_directory}"
    yield f" Network namespace = {global_defs.network_namespace or '(default)'}"
    yield f" Network namespace ipvs = {'(main namespace)' if ipvs is None else ipvs or '(default)'}"
    if global_defs.instance_name is not None:
        yield f" Instance name = {global_defs.instance_name}"
    for label, keyword, name in (
        ("Parent", "process_name", global_defs.process_name),
        ("VRRP", "vrrp_process_name", global_defs.vrrp_process_name),
        ("LVS", "checker_process_name", global_defs.checker_process_name),
        ("BFD", "bfd_process_name", global_defs.bfd_process_name),
    ):
        if keyword in given or ("process_names" in given and keyword != "process_name"):
            yield f" {label} process name = {name}"
    yield f" {'Keep' if global_defs.use_symlink_paths else 'Replace'} symlinks in script paths"
    yield f" {'Set' if global_defs.set_supplementary_groups else _DONT_SET} supplementary groups for all scripts"


def _mail(global_defs: GlobalDefinitions) -> Iterator[str]:
    given = global_defs.given
    server = global_defs.smtp_server
    named = server is not None and global_defs.host_name_known
    known = global_defs.host_name_known or "router_id" in given
    yield f" Router ID = {global_defs.router_id if known else _UNKNOWN}"
    if server is not None:
        yield f" Smtp server = {address_text(server)}"
        yield f" Smtp server port = {global_defs.smtp_server_port}"
    if named or "smtp_helo_name" in given:
        yield f" Smtp HELO name = {global_defs.smtp_helo_name}"
    if server is not None or "smtp_connect_timeout" in given:
        yield f" Smtp server connection timeout = {global_defs.smtp_connect_timeout // _SECOND}"
    if named or "notification_email_from" in given:
        yield f" Email notification from = {mail_address(global_defs.notification_email_from or '')}"
        yield " Email notification to:"
        yield from (f"   {mail_address(address)}" for address in global_defs.notification_email)
    yield f" Default smtp_alert = {on_off(global_defs.smtp_alert)}"
    yield f" Default smtp_alert_vrrp = {on_off(global_defs.smtp_alert_vrrp)}"
    yield f" Default smtp_alert_checker = {on_off(global_defs.smtp_alert_checker)}"
    yield f" Checkers log all failures = {true_false(global_defs.checker_log_all_failures)}"


def _reloading(global_defs: GlobalDefinitions, part: str) -> Iterator[str]:
    reloading = global_defs.reloading
    scripts = global_defs.scripts
    if reloading.check_log is None:
        yield " No test config before reload"
    else:
        yield f" Test config before reload, log to {reloading.check_log}"
    if reloading.time_file is not None:
        yield f" Reload time file = {reloading.time_file}{' (repeat)' if reloading.repeat else ''}"
        yield " No reload scheduled"
    if reloading.file is not None:
        yield f" Reload_file = {reloading.file}"
    if global_defs.tmp_config_directory is not None:
        yield f" config save directory = {global_defs.tmp_config_directory}"
    if global_defs.dump_files.use_instance:
        yield " Use instance name in data dumps"
    # Only the parent has them.
    if scripts.startup is not None and part == "global":
        yield f" Startup script = {owned_command(scripts.startup)}, timeout {scripts.startup_timeout}"
    if scripts.shutdown is not None and part == "global":
        yield f" Shutdown script = {owned_command(scripts.shutdown)} timeout {scripts.shutdown_timeout}"


def _lvs(global_defs: GlobalDefinitions, part: str) -> Iterator[str]:
    vrrp = global_defs.vrrp
    timeouts = global_defs.lvs_timeouts
    yield f" Dynamic interfaces = {true_false(vrrp.dynamic_interfaces)}"
    if vrrp.dynamic_interfaces:
        yield f" Allow interface changes = {true_false(vrrp.allow_interface_changes)}"
    if global_defs.no_email_faults:
        yield " Send emails for fault transitions = off"
    # The reference calls the last one TCP, too.
    for label, seconds in (("TCP", timeouts.tcp), ("TCP FIN", timeouts.tcp_fin), ("TCP", timeouts.udp)):
        if seconds:
            yield f" LVS {label} timeout = {seconds}"
    if part == "vrrp":
        # The reference looks for it only when an address needs it.
        used = vrrp.default_interface if vrrp.default_interface_used else None
        yield f" Default interface = {used or _DEFAULT_INTERFACE}"
    yield f" Disable local IGMP = {'yes' if vrrp.disable_local_igmp else 'no'}"
    yield f" Use VRRPv2 checksum for VRRPv3 IPv4 = {'yes' if vrrp.v3_checksum_as_v2 else 'no'}"
    yield from _sync_daemon(global_defs, part)
    flush = "full" if global_defs.lvs_flush_on_stop else "VS" if global_defs.lvs_flush_on_stop_quick else "disabled"
    yield f" LVS flush = {true_false(global_defs.lvs_flush)}"
    yield f" LVS flush on stop = {flush}"


def _sync_daemon(global_defs: GlobalDefinitions, part: str) -> Iterator[str]:
    daemon = global_defs.lvs_sync_daemon if part == "vrrp" else global_defs.lvs_sync_daemon_written
    if daemon is None:
        return
    if daemon.instance is not None:
        yield f" LVS syncd vrrp {'instance' if part == 'vrrp' else 'name'} = {daemon.instance}"
    yield f" LVS syncd interface = {daemon.interface}"
    yield f" LVS syncd syncid = {_UNSET if daemon.sync_id is None else daemon.sync_id}"
    if daemon.maximum_length:
        yield f" LVS syncd maxlen = {daemon.maximum_length}"
    if daemon.group is not None:
        yield f" LVS mcast group {address_text(daemon.group)}"
    if daemon.port:
        yield f" LVS syncd mcast port = {daemon.port}"
    if daemon.ttl:
        yield f" LVS syncd mcast ttl = {daemon.ttl}"


def _fifos(global_defs: GlobalDefinitions, part: str) -> Iterator[str]:
    common, vrrp, lvs = global_defs.notify_fifo, global_defs.vrrp_notify_fifo, global_defs.lvs_notify_fifo
    # A process has tried to open those it writes to by now, and forgotten those it could not.
    opened = {"vrrp": (common, vrrp), "check": (common, lvs)}.get(part, ())
    yield from _fifo("Global", common, opened)
    if not (part == "vrrp" and _same_path(common, vrrp)):
        yield from _fifo("VRRP", vrrp, opened)
    if not (part == "check" and _same_path(common, lvs)):
        yield from _fifo("LVS", lvs, opened)


def _same_path(one: NotifyFifo | None, other: NotifyFifo | None) -> bool:
    return one is not None and other is not None and one.path == other.path


def _fifo(label: str, fifo: NotifyFifo | None, opened: tuple[NotifyFifo | None, ...]) -> Iterator[str]:
    if fifo is None or (fifo in opened and not fifo.possible):
        return
    yield f" {label} notify fifo = {fifo.path}, uid:gid {fifo.uid}:{fifo.gid}"
    script = fifo.script
    if script is not None and linked_elsewhere(script):
        owned = f"{command_text(script)}, uid:gid {script.uid}:{script.gid}"
        yield f" {label} notify fifo path = {script.path}, script = {owned}"
    elif script is not None:
        yield f" {label} notify fifo script = {owned_command(script)}"


def _vrrp(global_defs: GlobalDefinitions, part: str) -> Iterator[str]:
    vrrp = global_defs.vrrp
    given = global_defs.given
    # Only the VRRP process fills in what these follow.
    lower_delay = vrrp.garp_lower_priority_delay
    lower_repeat = vrrp.garp_lower_priority_repeat
    if part != "vrrp":
        lower_delay = lower_delay if "vrrp_garp_lower_prio_delay" in given else _UNSET
        lower_repeat = lower_repeat if "vrrp_garp_lower_prio_repeat" in given else _UNSET
    group4, group6 = vrrp.multicast_group4, vrrp.multicast_group6
    yield f" FIFO write vrrp states on reload = {true_false(vrrp.fifo_write_states_on_reload)}"
    yield f" VRRP notify priority changes = {true_false(vrrp.notify_priority_changes)}"
    yield f" VRRP IPv4 mcast group = {_MULTICAST4 if group4 is None else address_text(group4)}"
    yield f" VRRP IPv6 mcast group = {_MULTICAST6 if group6 is None else address_text(group6)}"
    yield f" Gratuitous ARP delay = {vrrp.garp_delay}"
    yield f" Gratuitous ARP repeat = {vrrp.garp_repeat}"
    yield f" Gratuitous ARP refresh timer = {vrrp.garp_refresh}"
    yield f" Gratuitous ARP refresh repeat = {vrrp.garp_refresh_repeat}"
    yield f" Gratuitous ARP lower priority delay = {lower_delay}"
    yield f" Gratuitous ARP lower priority repeat = {lower_repeat}"
    yield f" Num adverts before down = {vrrp.down_timer_adverts}"
    which = "i/f" if vrrp.garp_extra_all else "VMAC"
    yield f" Gratuitous ARP for each secondary {which} = {vrrp.garp_extra_interval}s"
    yield f" Send advert after receive lower priority advert = {true_false(not vrrp.lower_prio_no_advert)}"
    yield f" Send advert after receive higher priority advert = {true_false(vrrp.higher_prio_send_advert)}"
    yield f" Gratuitous ARP interval = {decimal_text(vrrp.garp_interval)}"
    yield f" Gratuitous NA interval = {decimal_text(vrrp.gna_interval)}"
    yield f" VRRP default protocol version = {vrrp.version}"


def _firewall(configuration: Configuration, part: str) -> Iterator[str]:
    global_defs = configuration.global_defs
    table = global_defs.nftables
    needed = part == "vrrp" and any(
        not instance.accept or (instance.virtual_mac is not None and instance.virtual_mac.kind == "vmac")
        for instance in configuration.declared_instances
    )
    if table is not None or needed:
        given = global_defs.nftables_priority
        priority = table.priority if table is not None else _CHAIN_PRIORITY if given is None else given
        yield f" nftables table name = {'keepalived' if table is None else table.table}"
        yield f" nftables base chain priority = {priority}"
        force = "force" if global_defs.nftables_by_index else "don't force"
        yield f" nftables {force} use ifindex for link local IPv6"
    servers = global_defs.nftables_ipvs
    if servers is not None:
        yield f" ipvs nftables table name = {servers.table}"
        yield f" ipvs nftables base chain priority = {servers.priority}"
        yield f" ipvs nftables start fwmark = {servers.first_mark}"
    yield f" nftables with{'' if global_defs.nftables_counters else 'out'} counters"


def _vrrp_checks(global_defs: GlobalDefinitions) -> Iterator[str]:
    vrrp = global_defs.vrrp
    highest = global_defs.max_auto_priority
    yield f" VRRP check unicast_src = {true_false(vrrp.check_unicast_source)}"
    yield f" VRRP skip check advert addresses = {true_false(vrrp.skip_check_adv_addr)}"
    yield f" VRRP strict mode = {true_false(vrrp.strict)}"
    yield f" Max auto priority = {'Disabled' if highest == _DISABLED else highest}"
    yield f" Min auto priority delay = {global_defs.min_auto_priority_delay} usecs"


def _processes(global_defs: GlobalDefinitions) -> Iterator[str]:
    yield from _process("VRRP", global_defs.vrrp_process)
    yield from _process("Checker", global_defs.checker_process)
    yield from _process("BFD", global_defs.bfd_process)


def _process(label: str, process: ProcessSettings) -> Iterator[str]:
    yield f" {label} process priority = {process.priority}"
    yield f" {label} don't swap = {true_false(process.no_swap)}"
    yield f" {label} realtime priority = {process.realtime_priority}"
    if process.cpu_affinity:
        yield f" {label} CPU Affinity = {' '.join(map(str, process.cpu_affinity))}"
    yield f" {label} realtime limit = {process.realtime_limit}"


def _interfaces_to_others(global_defs: GlobalDefinitions, part: str) -> Iterator[str]:
    snmp, dbus = global_defs.snmp, global_defs.dbus
    yield f" SNMP vrrp {enabled(snmp.vrrp)}"
    yield f" SNMP checker {enabled(snmp.checker)}"
    yield f" SNMP RFCv2 {enabled(snmp.rfc_v2)}"
    yield f" SNMP RFCv3 {enabled(snmp.rfc_v3)}"
    yield f" SNMP traps {enabled(snmp.traps)}"
    yield f" SNMP socket = {snmp.socket or 'default (unix:/var/agentx/master)'}"
    yield f" SNMP VS stats update interval = {decimal_text(snmp.virtual_server_interval)}"
    yield f" SNMP RS stats update interval = {decimal_text(snmp.real_server_interval)}"
    # The VRRP process has tried to start it by now, and this version has none.
    yield f" DBus {enabled(dbus.enabled and part != 'vrrp')}"
    yield f" DBus service name = {dbus.service_name}"
    yield f" DBus no interface name = {dbus.no_interface_name}"


def _script_security(global_defs: GlobalDefinitions, part: str) -> Iterator[str]:
    yield f" Script security {enabled(global_defs.enable_script_security)}"
    identity = global_defs.script_identity
    if identity is not None and part in global_defs.script_identity_of:
        yield f" Default script uid:gid {identity[0]}:{identity[1]}"


def _buffers(global_defs: GlobalDefinitions) -> Iterator[str]:
    buffers = global_defs.buffers
    yield from _buffer("vrrp_netlink_cmd_rcv_bufs", buffers.vrrp_command)
    yield from _buffer("vrrp_netlink_monitor_rcv_bufs", buffers.vrrp_monitor)
    yield from _buffer("process_monitor_rcv_bufs", buffers.process_monitor)
    yield from _buffer("lvs_netlink_cmd_rcv_bufs", buffers.lvs_command)
    yield from _buffer("lvs_netlink_monitor_rcv_bufs", buffers.lvs_monitor)
    yield f" rs_init_notifies = {int(global_defs.rs_init_notifies)}"
    yield f" no_checker_emails = {int(global_defs.no_checker_emails)}"
    receive = buffers.vrrp
    if receive.policy == "SIZE":
        yield f" rx_bufs_size = {receive.size}"
    elif receive.policy:
        yield f" rx_bufs_policy = {receive.policy}"
    yield f" rx_bufs_multiples = {receive.multiplier}"


def _buffer(keyword: str, buffer: SocketBuffer) -> Iterator[str]:
    yield f" {keyword} = {buffer.size}"
    yield f" {keyword}_force = {int(buffer.force)}"


def _rest(global_defs: GlobalDefinitions) -> Iterator[str]:
    vrrp, files = global_defs.vrrp, global_defs.dump_files
    yield f" umask = 0{global_defs.umask:o}"
    if vrrp.startup_delay:
        yield f" vrrp_startup_delay = {rounded(vrrp.startup_delay / _SECOND)}"
    if vrrp.log_unknown_vrids:
        yield " log_unknown_vrids"
    if vrrp.owner_ignore_adverts:
        yield " vrrp_owner_ignore_adverts"
    if vrrp.vmac_prefix is not None:
        yield f" VMAC prefix = {vrrp.vmac_prefix}"
    if vrrp.vmac_address_prefix is not None:
        yield f" VMAC address prefix = {vrrp.vmac_address_prefix}"
    yield f" json_version {files.json_version}"
    yield f" iproute usr directory {global_defs.iproute_usr_directory}"
    yield f" iproute etc directory {global_defs.iproute_etc_directory}"
    for label, path in (("state", files.state), ("stats", files.statistics), ("json", files.json)):
        if path is not None:
            yield f" {label} dump file {path}"
