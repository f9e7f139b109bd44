"""The settings of ``global_defs`` that belong together, from what was written and the defaults."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.ast import (
    BoundaryScripts,
    Buffers,
    Dbus,
    DumpFiles,
    GlobalDefinitions,
    LvsSyncDaemon,
    LvsTimeouts,
    Nftables,
    NotifyFifo,
    ProcessSettings,
    ReceiveBuffers,
    Reloading,
    Snmp,
    SocketBuffer,
    VrrpDefaults,
)
from keepalived_py.config.report import Stage

if TYPE_CHECKING:
    from keepalived_py.config.ast import Command
    from keepalived_py.config.build import Drafts, GlobalDraft
    from keepalived_py.config.host import Host

_SECOND: Final = 1_000_000
_UMASK: Final = 0o177
_NULL: Final = "/dev/null"
_RELOAD_FILE: Final = "/run/keepalived.reload"
_PARTS: Final = {Stage.PARENT: "global", Stage.CHECKER: "check", Stage.VRRP: "vrrp", Stage.BFD: "bfd"}
_MODE_BITS: Final = {
    f"I{right}{who}": bits << shift
    for who, shift in (("USR", 6), ("GRP", 3), ("OTH", 0))
    for right, bits in (("R", 4), ("W", 2), ("X", 1))
} | {"IRWXU": 0o700, "IRWXG": 0o070, "IRWXO": 0o007}


def settings(host: Host, draft: GlobalDraft, scripts: dict[str, Command | None]) -> dict[str, Any]:
    """Give the fields of GlobalDefinitions that hold settings; ``scripts`` are those of start and stop, looked at."""
    values = draft.values
    parameters = values.get("reload_check_config")
    reload_file = values.get("reload_file")
    return {
        "given": frozenset(values),
        "instance_name": values.get("instance"),
        "network_namespace": values.get("net_namespace"),
        "network_namespace_ipvs": _first(values, "net_namespace_ipvs", ""),
        "use_pid_dir": "use_pid_dir" in values,
        "namespace_with_ipsets": "namespace_with_ipsets" in values,
        "use_symlink_paths": values.get("use_symlink_paths", False),
        "set_supplementary_groups": values.get("set_supplementary_groups", False),
        "scripts": BoundaryScripts(
            startup=scripts.get("startup_script"),
            shutdown=scripts.get("shutdown_script"),
            startup_timeout=values.get("startup_script_timeout", 10),
            shutdown_timeout=values.get("shutdown_script_timeout", 10),
        ),
        "max_auto_priority": values.get("max_auto_priority", 0),
        "min_auto_priority_delay": values.get("min_auto_priority_delay", _SECOND),
        **{f"{process}_process": _process(values, process) for process in ("vrrp", "checker", "bfd")},
        "vrrp": _vrrp(values),
        "lvs_timeouts": LvsTimeouts(**{_TIMEOUTS[name]: seconds for name, seconds in draft.lvs_timeouts.items()}),
        "lvs_sync_daemon": _sync_daemon(draft),
        "lvs_flush_on_stop_quick": "lvs_flush_on_stop_quick" in values,
        **{keyword: _fifo(host, draft, keyword) for keyword in ("notify_fifo", "vrrp_notify_fifo", "lvs_notify_fifo")},
        "nftables": _nftables(values, "nftables", "keepalived"),
        "nftables_ipvs": _nftables(values, "nftables_ipvs", "keepalived_ipvs"),
        "nftables_priority": values.get("nftables_priority"),
        "nftables_by_index": "nftables_ifindex" in values,
        "nftables_counters": "nftables_counters" in values,
        "snmp": _snmp(values),
        "dbus": Dbus(
            enabled="enable_dbus" in values,
            service_name=values.get("dbus_service_name", ""),
            no_interface_name=values.get("dbus_no_interface_name", "none"),
        ),
        "buffers": _buffers(values),
        "umask": _umask(values.get("umask")),
        "random_seed": values.get("random_seed"),
        "reloading": Reloading(
            check_log=None if parameters is None else (parameters[0] if parameters else _NULL),
            time_file=_first(values, "reload_time_file", None),
            repeat="reload_repeat" in values,
            file=None if reload_file is None else (reload_file[0] if reload_file else _RELOAD_FILE),
        ),
        "dump_files": DumpFiles(
            state=_first(values, "state_dump_file", None),
            statistics=_first(values, "stats_dump_file", None),
            json=_first(values, "json_dump_file", None),
            json_version=values.get("json_version", 1),
            use_instance=values.get("data_use_instance", False),
        ),
        "config_save_directory": values.get("config_save_dir"),
        "tmp_config_directory": values.get("tmp_config_directory"),
        "iproute_usr_directory": _first(values, "iproute_usr_dir", "/etc/iproute2"),
        "iproute_etc_directory": _first(values, "iproute_etc_dir", "/etc/iproute2"),
    }


def complete_globals(global_defs: GlobalDefinitions, drafts: Drafts) -> GlobalDefinitions:
    """Add what only the later stages decide: who ran as the default user, and the sync daemon's instance."""
    draft = drafts.globals
    parts = {_PARTS[stage] for stage in draft.identity_stages}
    if "script_user" in draft.values or "global" in parts:
        parts = set(_PARTS.values())
    daemon = _sync_daemon(draft)
    if daemon is not None and daemon.instance is not None:
        instance = drafts.instances.get(daemon.instance)
        if instance is None:
            daemon = None
        elif daemon.sync_id is None:
            daemon = dataclasses.replace(daemon, sync_id=instance.values.get("virtual_router_id"))
    identity = draft.script_identity
    return dataclasses.replace(
        global_defs,
        script_identity=(0, 0) if identity is None and parts else identity,
        script_identity_of=frozenset(parts),
        vrrp=dataclasses.replace(
            global_defs.vrrp,
            default_interface_used=any(address.interface is None for address in drafts.static_addresses),
        ),
        lvs_sync_daemon=daemon,
        lvs_sync_daemon_written=global_defs.lvs_sync_daemon,
    )


_TIMEOUTS: Final = {"tcp": "tcp", "tcpfin": "tcp_fin", "udp": "udp"}


def _first(values: dict[str, Any], keyword: str, empty: str | None) -> str | None:
    """Give the first word after a keyword; ``empty`` when the keyword, or the word, is not there."""
    words = values.get(keyword)
    if words is None:
        return None if empty == "" else empty
    return words[0] if words else empty


def _process(values: dict[str, Any], process: str) -> ProcessSettings:
    limit = values.get(f"{process}_rlimit_rttime", values.get(f"{process}_rlimit_rtime", 10_000))
    return ProcessSettings(
        priority=values.get(f"{process}_priority", 0),
        no_swap=f"{process}_no_swap" in values,
        realtime_priority=values.get(f"{process}_rt_priority", 0),
        realtime_limit=max(limit, 2),  # half of it must not be nothing
        cpu_affinity=values.get(f"{process}_cpu_affinity", ()),
    )


def _vrrp(values: dict[str, Any]) -> VrrpDefaults:
    delay = values.get("vrrp_garp_master_delay", 5)
    repeat = values.get("vrrp_garp_master_repeat", 5)
    return VrrpDefaults(
        version=values.get("vrrp_version", 2),
        garp_delay=delay,
        garp_repeat=repeat,
        garp_refresh=values.get("vrrp_garp_master_refresh", 0),
        garp_refresh_repeat=values.get("vrrp_garp_master_refresh_repeat", 1),
        garp_lower_priority_delay=values.get("vrrp_garp_lower_prio_delay", delay),
        garp_lower_priority_repeat=values.get("vrrp_garp_lower_prio_repeat", repeat),
        garp_interval=values.get("vrrp_garp_interval", 0),
        gna_interval=values.get("vrrp_gna_interval", 0),
        garp_extra_interval=values.get("vrrp_garp_extra_if", 0),
        garp_extra_all="garp_extra_all" in values,
        down_timer_adverts=values.get("vrrp_down_timer_adverts", 3),
        lower_prio_no_advert=values.get("vrrp_lower_prio_no_advert", False),
        higher_prio_send_advert=values.get("vrrp_higher_prio_send_advert", False),
        check_unicast_source="vrrp_check_unicast_src" in values,
        skip_check_adv_addr=values.get("vrrp_skip_check_adv_addr", False),
        strict=values.get("vrrp_strict", False),
        owner_ignore_adverts=values.get("vrrp_owner_ignore_adverts", False),
        notify_priority_changes=values.get("vrrp_notify_priority_changes", False),
        fifo_write_states_on_reload="fifo_write_vrrp_states_on_reload" in values,
        startup_delay=values.get("vrrp_startup_delay", 0),
        delay_after_boot=values.get("vrrp_delay_after_boot", 0),
        log_unknown_vrids="log_unknown_vrids" in values,
        disable_local_igmp="disable_local_igmp" in values,
        v3_checksum_as_v2="v3_checksum_as_v2" in values,
        multicast_group4=values.get("vrrp_mcast_group4"),
        multicast_group6=values.get("vrrp_mcast_group6"),
        vmac_prefix=values.get("vmac_prefix"),
        vmac_address_prefix=values.get("vmac_addr_prefix"),
        linkbeat_use_polling="linkbeat_use_polling" in values,
        dynamic_interfaces="dynamic_interfaces" in values,
        allow_interface_changes="allow_if_changes" in values,
        default_interface=values.get("default_interface"),
    )


def _sync_daemon(draft: GlobalDraft) -> LvsSyncDaemon | None:
    if draft.lvs_sync_interface is None:
        return None
    given = draft.lvs_sync
    instance = draft.values.get("lvs_sync_daemon")
    return LvsSyncDaemon(
        interface=draft.lvs_sync_interface,
        instance=instance,
        sync_id=given.get("id", None if instance else 0),
        maximum_length=given.get("maxlen", 0),
        port=given.get("port", 0),
        ttl=given.get("ttl", 0),
        group=draft.lvs_sync_group,
    )


def _fifo(host: Host, draft: GlobalDraft, keyword: str) -> NotifyFifo | None:
    path = draft.values.get(keyword)
    if path is None:
        return None
    uid, gid = draft.fifo_owners.get(keyword, (0, 0))
    script = draft.values.get(f"{keyword}_script")
    if script is not None:
        script = dataclasses.replace(script, argv=(*script.argv, path))
    possible = host.directory_exists(posixpath.dirname(path))
    return NotifyFifo(path=path, uid=uid, gid=gid, script=script, possible=possible)


def _nftables(values: dict[str, Any], keyword: str, default: str) -> Nftables | None:
    words = values.get(keyword)
    if words is None:
        return None
    return Nftables(
        table=words[0] if words else default,
        priority=values.get(f"{keyword}_priority", -1),
        by_index="nftables_ifindex" in values,
        first_mark=values.get("nftables_ipvs_start_fwmark", 1000),
    )


def _snmp(values: dict[str, Any]) -> Snmp:
    socket = values.get("snmp_socket")
    both = "enable_snmp_rfc" in values
    interval = values.get("snmp_vs_stats_update_interval", 5 * _SECOND)
    return Snmp(
        vrrp=bool({"enable_snmp_vrrp", "enable_snmp_keepalived"} & values.keys()),
        checker="enable_snmp_checker" in values,
        rfc_v2=both or "enable_snmp_rfcv2" in values,
        rfc_v3=both or "enable_snmp_rfcv3" in values,
        traps="enable_traps" in values,
        socket=socket[0] if socket and len(socket) == 1 else None,
        virtual_server_interval=interval,
        real_server_interval=values.get("snmp_rs_stats_update_interval", interval),
    )


def _buffers(values: dict[str, Any]) -> Buffers:
    def one(keyword: str) -> SocketBuffer:
        return SocketBuffer(size=values.get(keyword, 0), force=values.get(f"{keyword}_force", False))

    words = [word.upper() for word in values.get("vrrp_rx_bufs_policy", ())]
    sizes = [word for word in words if re.fullmatch(r"\+?[0-9]+", word)]
    policy = "SIZE" if sizes else next((word for word in ("MTU", "ADVERT") if word in words), "")
    return Buffers(
        vrrp_command=one("vrrp_netlink_cmd_rcv_bufs"),
        vrrp_monitor=one("vrrp_netlink_monitor_rcv_bufs"),
        process_monitor=one("process_monitor_rcv_bufs"),
        lvs_command=one("lvs_netlink_cmd_rcv_bufs"),
        lvs_monitor=one("lvs_netlink_monitor_rcv_bufs"),
        vrrp=ReceiveBuffers(
            policy=policy, size=int(sizes[-1]) if sizes else 0, multiplier=values.get("vrrp_rx_bufs_multiplier", 3)
        ),
    )


def _umask(words: list[str] | None) -> int:
    """Read ``umask``: a number (octal with a leading 0) or names of mode bits joined by ``|``; else the usual."""
    if not words:
        return _UMASK
    text = "".join(words)
    if text[0].isdigit():
        try:
            mask = int(text, 8) if text.startswith("0") and text[1:].isdigit() else int(text, 0)
        except ValueError:
            return _UMASK
        return mask if mask <= 0o777 else _UMASK
    bits = [_MODE_BITS.get(name) for name in text.split("|")]
    return _UMASK if None in bits else sum({bit for bit in bits if bit is not None})
