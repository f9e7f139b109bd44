from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Reads, Says


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("router_id", "routerid name missing - ignoring"),
        ("notification_email {\n}", "Warning - empty notification_email block"),
        ("smtp_server no-such.example", "Invalid smtp server no-such.example 25"),
        ("smtp_connect_timeout 0", "smtp_conect_timeout must be greater than 0, setting to 1"),
        ("smtp_alert maybe", "Invalid value 'maybe' for global smtp_alert specified"),
        ("vrrp_version 4", "VRRP Error: Version must be either 2 or 3"),
        ("vrrp_mcast_group4 10.0.0.1", "vrrp_mcast_group4 [10.0.0.1] is not multicast. Skipping"),
        ("vrrp_mcast_group6 ff0e::1", "vrrp_mcast_group6 [ff0e::1] should be link-local multicast."),
        ("vrrp_garp_interval 0", "vrrp_garp_interval '0' is invalid"),
        ("vrrp_garp_master_repeat 0", "vrrp_garp_master_repeat must be greater than 0, setting to 1"),
        ("script_user stranger", "Error setting global script uid/gid"),
        ("dynamic_interfaces often", "Unknown dynamic_interfaces option 'often'"),
        ("lvs_timeouts tcp", "lvs_timeouts requires at least one option"),
        ("lvs_flush_on_stop ALL", "Unknown lvs_flush_on_stop type ALL"),
        ("lvs_sync_daemon eth0 VI 1", 'Please use keyword "id" before lvs_sync_daemon SYNCID'),
        ("vrrp_rt_priority 200", "vrrp process real-time priority 200 greater than maximum 99 - setting to maximum"),
        ("vrrp_priority 30", "Invalid vrrp process priority specified"),
        ("notify_fifo", "No notify_fifo name specified"),
    ],
)
def test_a_wrong_global_setting_is_answered_once(says: Says, statement: str, message: str) -> None:
    said = says(f"global_defs {{\n{statement}\n}}\n")
    assert [line for line in said if line.endswith(message)] == [line for line in said if message in line] != []


def test_settings_of_several_blocks_add_up(read: Reads) -> None:
    configuration = read(
        "global_defs {\n notification_email {\n  a@x b@x\n }\n smtp_server 192.0.2.9 2525\n}\n"
        "global_defs {\n notification_email {\n  c@x\n }\n router_id R\n smtp_connect_timeout 7\n}\n"
    ).configuration
    assert configuration is not None
    settings = configuration.global_defs
    assert settings.notification_email == ("a@x", "b@x", "c@x")
    assert (str(settings.smtp_server), settings.smtp_server_port) == ("192.0.2.9", 2525)
    assert (settings.router_id, settings.smtp_connect_timeout) == ("R", 7_000_000)


def test_what_is_not_written_comes_from_the_host(read: Reads) -> None:
    configuration = read("global_defs {\n}\n").configuration
    assert configuration is not None
    settings = configuration.global_defs
    assert settings.router_id == "director.example"
    assert settings.notification_email_from == "root@director.example"
    assert settings.smtp_helo_name == "director.example"


def test_process_names_can_be_switched_on_or_given(read: Reads) -> None:
    configuration = read("global_defs {\n process_names\n vrrp_process_name mine\n}\n").configuration
    assert configuration is not None
    assert configuration.global_defs.vrrp_process_name == "mine"
    assert configuration.global_defs.checker_process_name == "keepalived_lvs"


def test_minimal_gratuitous_arp_changes_only_what_is_at_its_default(read: Reads) -> None:
    configuration = read(
        "global_defs {\n vrrp_garp_master_delay 9\n vrrp_min_garp\n}\n"
        "vrrp_instance VI {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n"
    ).configuration
    assert configuration is not None
    garp = configuration.vrrp_instances[0].garp
    assert (garp.delay, garp.repeat, garp.refresh_repeat) == (9_000_000, 1, 0)
