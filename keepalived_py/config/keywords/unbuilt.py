"""Keywords that are read, checked, kept and dumped, but that nothing follows from yet. Data only.

By block, each with what has to be built first; "" stands for the root of the file. ``--check-conf`` and a start report those that a
file has, and the keyword reference lists all of them.
"""

from __future__ import annotations

from typing import Final

_SNMP: Final = "SNMP"
_DBUS: Final = "D-Bus"
_BFD: Final = "BFD sessions"
_DUMPS: Final = "dumps on signals"
_CHECKS: Final = "this check"
_GROUPS: Final = "groups of virtual servers"


def _of(subject: str, keywords: str) -> dict[str, str]:
    return dict.fromkeys(keywords.split(), subject)


UNBUILT: Final[dict[str, dict[str, str]]] = {
    "": _of(_BFD, "bfd_instance") | _of("client certificates", "SSL"),
    "global_defs": {
        **_of(_SNMP, "enable_snmp_vrrp enable_snmp_keepalived enable_snmp_checker enable_snmp_rfc enable_snmp_rfcv2"),
        **_of(_SNMP, "enable_snmp_rfcv3 enable_traps snmp_socket"),
        **_of(_SNMP, "snmp_rs_stats_update_interval snmp_vs_stats_update_interval"),
        **_of(_DBUS, "enable_dbus dbus_service_name dbus_no_interface_name"),
        **_of(_BFD, "bfd_process_name bfd_priority bfd_no_swap bfd_rt_priority bfd_cpu_affinity"),
        **_of(_BFD, "bfd_rlimit_rttime bfd_rlimit_rtime"),
        **_of(_DUMPS, "state_dump_file stats_dump_file json_dump_file json_version data_use_instance"),
        **_of("timeouts of IPVS", "lvs_timeouts"),
        **_of("buffers of the checkers", "lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force"),
        **_of("buffers of the checkers", "lvs_netlink_monitor_rcv_bufs lvs_netlink_monitor_rcv_bufs_force"),
        **_of(_GROUPS, "nftables_ipvs nftables_ipvs_priority nftables_ipvs_start_fwmark"),
        **_of(
            "other ways to reload", "reload_file reload_repeat reload_time_file config_save_dir tmp_config_directory"
        ),
        **_of("further groups of scripts", "set_supplementary_groups"),
        **_of("ipsets, which nftables make superfluous", "vrrp_ipsets"),
        **_of("a seed for tests of keepalived", "random_seed"),
    },
    "vrrp_instance": _of("messages for debugging", "debug") | _of(_BFD, "track_bfd"),
    "vrrp_sync_group": _of(_BFD, "track_bfd"),
    "virtual_server": _of("suspending on a lost address", "ha_suspend") | _of(_SNMP, "snmp_name"),
    "real_server": _of(_CHECKS, "SMTP_CHECK DNS_CHECK UDP_CHECK PING_CHECK MISC_CHECK FILE_CHECK BFD_CHECK"),
}
