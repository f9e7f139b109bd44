from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from keepalived_py.config.ast import GlobalDefinitions
    from tests.config.conftest import Reads

INSTANCE = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 9\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n"


def globals_of(read: Reads, inside: str, root: str = "") -> GlobalDefinitions:
    configuration = read(f"{root}\nglobal_defs {{\n{inside}\n}}\n{INSTANCE}", testing=False).configuration
    assert configuration is not None
    return configuration.global_defs


def test_what_the_file_has_is_told_from_defaults(read: Reads) -> None:
    given = globals_of(read, "vrrp_version 2\nsmtp_alert off").given
    assert {"vrrp_version", "smtp_alert"} <= given
    assert "router_id" not in given


def test_later_defaults_follow_earlier_settings(read: Reads) -> None:
    global_defs = globals_of(read, "vrrp_garp_master_delay 7\nsnmp_vs_stats_update_interval 2")
    assert global_defs.vrrp.garp_lower_priority_delay == 7
    assert global_defs.snmp.real_server_interval == 2_000_000


def test_the_sync_daemon_takes_its_number_from_its_instance(read: Reads) -> None:
    daemon = globals_of(read, "lvs_sync_daemon eth0 V port 8849 group 239.1.1.1").lvs_sync_daemon
    assert daemon is not None
    assert (daemon.instance, daemon.sync_id, daemon.port) == ("V", 9, 8849)
    assert daemon.group == ip_address("239.1.1.1")


def test_a_sync_daemon_of_an_instance_that_is_not_there_is_dropped(read: Reads) -> None:
    assert globals_of(read, "lvs_sync_daemon eth0 W").lvs_sync_daemon is None


@pytest.mark.parametrize(
    ("text", "mask"),
    [("022", 0o22), ("18", 18), ("IRWXU|IWGRP", 0o720), ("IWGRP |IROTH", 0o24), ("nonsense", 0o177), ("01000", 0o177)],
)
def test_a_umask_is_a_number_or_bits_by_name(read: Reads, text: str, mask: int) -> None:
    assert globals_of(read, f"umask {text}").umask == mask


def test_the_namespace_of_ipvs_may_be_named_or_the_one_we_began_in(read: Reads) -> None:
    assert globals_of(read, "").network_namespace_ipvs is None
    assert globals_of(read, "", root="net_namespace_ipvs").network_namespace_ipvs == ""
    assert globals_of(read, "", root="net_namespace_ipvs blue").network_namespace_ipvs == "blue"


def test_a_fifo_belongs_to_the_user_it_names(read: Reads) -> None:
    fifo = globals_of(read, "lvs_notify_fifo /run/f nobody nogroup").lvs_notify_fifo
    assert fifo is not None
    assert (fifo.path, fifo.uid, fifo.gid, fifo.possible) == ("/run/f", 65534, 65534, True)


def test_the_processes_settings_are_kept_apart(read: Reads) -> None:
    global_defs = globals_of(read, "vrrp_priority -5\nchecker_no_swap\nbfd_rlimit_rttime 7")
    assert global_defs.vrrp_process.priority == -5
    assert global_defs.checker_process.no_swap
    assert global_defs.bfd_process.realtime_limit == 7
