from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.dump.globals import global_lines

if TYPE_CHECKING:
    from tests.config.conftest import Reads

INSTANCE = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n"


def lines_of(read: Reads, inside: str, part: str = "vrrp", rest: str = INSTANCE) -> list[str]:
    configuration = read(f"global_defs {{\n{inside}\n}}\n{rest}", testing=False).configuration
    assert configuration is not None
    return global_lines(configuration, part)


def test_the_first_line_is_the_sections_title(read: Reads) -> None:
    assert lines_of(read, "")[0] == "------< Global definitions >------"


def test_a_host_whose_name_is_not_known_is_called_so(read: Reads) -> None:
    assert " Router ID = [unknown]" in lines_of(read, "")
    assert " Router ID = director-1" in lines_of(read, "router_id director-1")


def test_mail_settings_stand_there_when_there_is_a_server_or_they_were_given(read: Reads) -> None:
    assert not any(line.startswith(" Smtp") for line in lines_of(read, ""))
    assert " Smtp server connection timeout = 30" in lines_of(read, "smtp_server 192.0.2.25")
    assert " Email notification from = a@example.org" in lines_of(read, "notification_email_from a@example.org")


@pytest.mark.parametrize(
    ("inside", "line"),
    [
        ("process_names", " VRRP process name = keepalived_vrrp"),
        ("max_auto_priority -1", " Max auto priority = Disabled"),
        ("max_auto_priority", " Max auto priority = 99"),
        ("vrrp_rlimit_rtime 1", " VRRP realtime limit = 2"),
        ("vrrp_rt_priority 200", " VRRP realtime priority = 99"),
        ("lvs_flush_on_stop", " LVS flush on stop = full"),
        ("lvs_flush_on_stop VS", " LVS flush on stop = VS"),
        ("lvs_timeouts tcp 10 udp 20", " LVS TCP timeout = 20"),
        ("lvs_sync_daemon eth0 inst V", " LVS syncd syncid = 1"),
        ("umask 022", " umask = 022"),
        ("umask IRWXG|IROTH", " umask = 074"),
        ("vrrp_rx_bufs_policy mtu", " rx_bufs_policy = MTU"),
        ("vrrp_rx_bufs_policy 4096", " rx_bufs_size = 4096"),
        ("vrrp_garp_extra_if all 7", " Gratuitous ARP for each secondary i/f = 7s"),
        ("snmp_rs_stats_update_interval 0.5", " SNMP RS stats update interval = 0.500000"),
        ("nftables", " nftables base chain priority = -1"),
        ("reload_check_config", " Test config before reload, log to /dev/null"),
        ("notify_fifo /run/f root", " Global notify fifo = /run/f, uid:gid 0:0"),
        (
            "notify_fifo_script /bin/true root\nnotify_fifo /run/f root",
            " Global notify fifo script = '/bin/true' '/run/f', uid:gid 0:0",
        ),
    ],
)
def test_a_setting_has_its_line(read: Reads, inside: str, line: str) -> None:
    assert line in lines_of(read, inside)


def test_the_firewall_that_an_instance_needs_is_in_the_vrrp_process_only(read: Reads) -> None:
    closed = INSTANCE.replace("interface eth0", "interface eth0\nno_accept")
    assert " nftables table name = keepalived" in lines_of(read, "", rest=closed)
    assert " nftables table name = keepalived" not in lines_of(read, "", "check", rest=closed)


def test_the_default_user_is_named_where_a_script_needed_it(read: Reads) -> None:
    script = INSTANCE.replace("interface eth0", "interface eth0\nnotify /bin/true")
    assert " Default script uid:gid 0:0" in lines_of(read, "", rest=script)
    assert not any("Default script" in line for line in lines_of(read, "", "check", rest=script))
    assert " Default script uid:gid 65534:65534" in lines_of(read, "script_user nobody", "check")


def test_scripts_of_start_and_stop_are_the_parents(read: Reads) -> None:
    inside = "startup_script /bin/true root"
    assert " Startup script = '/bin/true', uid:gid 0:0, timeout 10" in lines_of(read, inside, "global")
    assert not any("Startup" in line for line in lines_of(read, inside))


def test_a_fifo_that_cannot_be_made_is_forgotten_by_who_would_write_it(read: Reads) -> None:
    inside = "vrrp_notify_fifo /nowhere/f root"
    assert not any("fifo =" in line for line in lines_of(read, inside))
    assert " VRRP notify fifo = /nowhere/f, uid:gid 0:0" in lines_of(read, inside, "check")
