"""What keepalived says to the statements of an instance and a group, one line of the table each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Reads, Says

INSTANCE = """\
vrrp_instance VI {{
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {{
  10.0.0.1/24
 }}
 {statement}
}}
"""


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("state SLAVE", "(VI) unknown state 'SLAVE', defaulting to BACKUP"),
        ("state MASTER\nstate BACKUP", "(VI) state previously set as MASTER - ignoring BACKUP"),
        ("interface verylonginterface", "Interface name 'verylonginterface' too long - ignoring"),
        ("interface lo", "(VI) cannot use a loopback interface (lo) for vrrp - ignoring"),
        ("virtual_router_id 300", "(VI): VRID '300' not valid - must be between 1 & 255"),
        ("priority 0", "(VI) Priority not valid! must be between 1 & 255. Using default 100"),
        ("advert_int 0", "(VI) Advert interval (0) not valid! Must be > 0 - ignoring"),
        ("preempt_delay 1001", "(VI) Preempt_delay not valid! must be between 0-1000"),
        ("version 4", "(VI): Version must be either 2 or 3"),
        ("version 3\nversion 2", "(VI) vrrp_version 2 conflicts with configured or deduced version 3; ignoring."),
        ("mcast_src_ip x", "Configuration error: VRRP instance[VI] malformed src address[x]. Skipping..."),
        (
            "mcast_src_ip 2001:db8::1",
            (
                "Configuration error: VRRP instance[VI] and src address[2001:db8::1] MUST be of the same family !!!"
                " Skipping..."
            ),
        ),
        ("mcast_dst_ip 10.0.0.1", "(VI) mcast_dst_ip 10.0.0.1 not multicast. Skipping..."),
        ("native_ipv6", "(VI) Cannot specify native_ipv6 with IPv4 addresses"),
        ("smtp_alert maybe", "Invalid vrrp_instance smtp_alert parameter maybe"),
        ("strict_mode maybe", "(VI) invalid strict_mode maybe specified"),
        ("garp_master_delay x", "(VI): garp_master_delay 'x' invalid - ignoring"),
        ("garp_master_repeat 0", "(VI): garp_master_repeat must be greater than 0, setting to 1"),
        ("down_timer_adverts 0", "(VI): Invalid down_timer_adverts [1:100] '0'"),
        (
            "linkbeat_use_polling",
            "(VI) 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces block",
        ),
        ("unicast_ttl 9", "(VI): Cannot use unicast_ttl without unicast peers - resetting"),
        ("authentication {\nauth_type NONE\n}", "(VI) unknown authentication type 'NONE'"),
        ("authentication {\nauth_pass 123456789\n}", "Truncating auth_pass to 8 characters"),
        (
            "notify_master /bin/true\nnotify_master /bin/x",
            "(VI) notify_master script already specified - ignoring /bin/x",
        ),
        ("garp_extra_if all", "(VI): garp_extra_if specified without time - ignoring"),
        ("vmac_garp_intvl 3", 'Keyword "vmac_garp_intvl" is deprecated - please use "garp_extra_if"'),
        ("use_vmac a:b", "VMAC invalid MAC address a:b - ignored"),
        ("use_vmac 01:00:00:00:00:01", "VMAC MAC address is multicast 01:00:00:00:00:01 - ignoring"),
        ("auth_hmac {\nkey 1 short\n}", "(VI) auth_hmac key 1 length 5 not in range [32, 64]"),
        ("lvs_sync_daemon_interface eth0", "(VI) Specifying lvs_sync_daemon_interface against a vrrp is deprecated."),
        ("track_script {\nmissing\n}", "(VI) track script missing not found, ignoring..."),
        ("track_interface {\neth9\n}", "(VI) tracked interface eth9 doesn't exist"),
        ("track_interface {\neth1 weight 254\n}", "(VI) weight for eth1 cannot be +/-254. Setting to +/-253"),
        ("track_file {\nmissing\n}", "(VI) track file missing not found, ignoring..."),
        (
            "unicast_peer {\nx\n}",
            "Configuration error: VRRP instance[VI] malformed unicast peer address[x]. Skipping...",
        ),
        ("unicast_peer {\n10.0.0.9\n10.0.0.9\n}", "(VI) 10.0.0.9 - duplicate unicast_peer"),
        ("unicast_peer {\n10.0.0.9 min_ttl\n}", "(VI) 10.0.0.9 - min_ttl is missing a value"),
    ],
)
def test_a_wrong_statement_is_answered_in_keepaliveds_words(says: Says, statement: str, message: str) -> None:
    said = [
        line.partition(") ")[2] if line.startswith("(Line") else line
        for line in says(INSTANCE.format(statement=statement))
    ]
    assert message in said


def test_a_missing_word_ends_the_reading_with_status_two(read: Reads) -> None:
    loaded = read(INSTANCE.format(statement="state\n no_such_keyword"))
    assert loaded.report.lines(testing=True)[-1].endswith(
        "*** Configuration line starting `state` is missing a parameter after keyword `state` at word position 2"
    )
    assert loaded.report.exit_status(testing=True) == 2
    assert loaded.report.fatal_status == 2
    assert loaded.configuration is None


def test_a_script_with_an_open_quote_is_reported_and_left_out(read: Reads) -> None:
    loaded = read(INSTANCE.format(statement='notify_fault "/bin/true'))
    assert any(
        line.endswith("String 'notify_fault \"/bin/true': missing terminating \"")
        for line in loaded.report.lines(testing=True)
    )
    assert loaded.configuration is not None
    assert loaded.configuration.vrrp_instances[0].notify.fault is None


def test_a_script_keyword_alone_ends_the_reading(read: Reads) -> None:
    assert read(INSTANCE.format(statement="notify")).report.fatal_status == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vrrp_sync_group {\n}\n", "vrrp_sync_group must have a name - skipping"),
        ("vrrp_sync_group G {\n}\n", "Sync group G has no members - removing"),
        ("vrrp_sync_group G {\ngroup {\n}\n}\n", "Warning - sync group G has empty group block"),
        (
            "vrrp_sync_group G {\ngroup {\nX\n}\n}\n",
            "Virtual router X specified in sync group G doesn't exist - ignoring",
        ),
        (
            "vrrp_sync_group G {\ngroup {\nVI\n}\n}\n",
            "Sync group G has only 1 virtual router(s) - this probably isn't what you want",
        ),
        (
            "vrrp_sync_group G {\ngroup {\nVI\n}\nglobal_tracking\n}\n",
            "(G) global_tracking is deprecated. Use track_interface/script/file on the sync group",
        ),
    ],
)
def test_a_wrong_sync_group_is_answered_in_keepaliveds_words(says: Says, text: str, message: str) -> None:
    assert any(said.endswith(message) for said in says(INSTANCE.format(statement="") + text))
