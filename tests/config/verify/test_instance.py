"""One instance: defaults, strict mode, what excludes what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import AuthenticationType, VrrpInstance

if TYPE_CHECKING:
    from tests.config.conftest import Reads, Says

TEXT = "vrrp_instance VI {{\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {{\n 10.0.0.1/24\n }}\n{more}\n}}\n"


def made(read: Reads, more: str = "", before: str = "") -> VrrpInstance:
    configuration = read(before + TEXT.format(more=more)).configuration
    assert configuration is not None
    return configuration.vrrp_instances[0]


def test_the_defaults(read: Reads) -> None:
    instance = made(read)
    assert (instance.version, instance.family, instance.priority) == (2, 4, 100)
    assert (instance.advert_int, instance.down_timer_adverts) == (1_000_000, 3)
    assert not instance.state_master
    assert instance.garp.delay == instance.garp.lower_priority_delay == 5_000_000
    assert instance.garp.repeat == instance.garp.lower_priority_repeat == 5
    assert instance.virtual_addresses[0].interface == "eth0"


@pytest.mark.parametrize(
    ("more", "priority", "master"),
    [
        ("state MASTER", 255, True),
        ("state MASTER\npriority 150", 150, True),
        ("priority 255", 255, True),
        ("state BACKUP\npriority 255", 255, False),
    ],
)
def test_state_and_priority_complete_each_other(read: Reads, more: str, priority: int, master: bool) -> None:
    instance = made(read, more)
    assert (instance.priority, instance.state_master) == (priority, master)


def test_what_is_inherited_from_the_globals(read: Reads) -> None:
    before = (
        "global_defs {\n vrrp_version 3\n vrrp_garp_master_delay 1\n vrrp_garp_lower_prio_repeat 2\n"
        " vrrp_lower_prio_no_advert\n vrrp_mcast_group4 224.0.0.81\n smtp_alert\n vrrp_check_unicast_src\n"
        " vrrp_down_timer_adverts 4\n}\n"
    )
    instance = made(read, before=before)
    assert (instance.version, instance.down_timer_adverts) == (3, 4)
    assert (instance.garp.delay, instance.garp.lower_priority_delay) == (1_000_000, 1_000_000)
    assert instance.garp.lower_priority_repeat == 2
    assert instance.lower_prio_no_advert
    assert instance.smtp_alert
    assert instance.check_unicast_source
    assert str(instance.multicast_group) == "224.0.0.81"


def test_unicast_needs_peers(read: Reads, says: Says) -> None:
    more = "unicast_src_ip 198.51.100.1\nunicast_peer {\n198.51.100.2 min_ttl 250\n}\nunicast_ttl 9"
    instance = made(read, more)
    assert instance.unicast
    assert (str(instance.source_address), instance.unicast_ttl) == ("198.51.100.1", 9)
    assert (instance.unicast_peers[0].min_ttl, instance.unicast_peers[0].max_ttl) == (250, 255)
    (warning,) = says(TEXT.format(more="unicast_src_ip 198.51.100.1"))
    assert warning.startswith("(VI) A unicast keyword has been specified without any unicast peers.")


@pytest.mark.parametrize(
    ("more", "kind", "password"),
    [
        ("auth_type PASS\nauth_pass 123456789", AuthenticationType.PASS, b"12345678"),
        ("auth_type PASS", AuthenticationType.NONE, b""),
    ],
)
def test_a_password_has_eight_bytes_at_most(read: Reads, more: str, kind: AuthenticationType, password: bytes) -> None:
    authentication = made(read, f"authentication {{\n{more}\n}}").authentication
    assert (authentication.type, authentication.password) == (kind, password)


@pytest.mark.parametrize(
    ("more", "interval", "message"),
    [
        ("advert_int 1.5", 2_000_000, "(VI) VRRPv2 advertisement interval 1.500000s must be an integer. rounding"),
        ("advert_int 0.2", 1_000_000, "(VI) VRRPv2 advertisement interval 0.200000s must be an integer. rounding"),
        (
            "version 3\nadvert_int 0.015",
            20_000,
            "(VI) VRRPv3 advertisement interval 0.015000s must be in units of 10ms - rounding",
        ),
        (
            "version 3\nadvert_int 50",
            40_950_000,
            "(VI) VRRPv3 advertisement interval 50.00s is out of range. Must be less than 40.96s. Setting to 40.95s",
        ),
    ],
)
def test_the_interval_fits_the_packet(read: Reads, says: Says, more: str, interval: int, message: str) -> None:
    assert made(read, more).advert_int == interval
    assert says(TEXT.format(more=more)) == [message]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "state MASTER\npriority 10\nnopreempt",
            "(VI) Warning - nopreempt will not work with initial state MASTER - clearing",
        ),
        ("nopreempt\npreempt_delay 5", "(VI) preempt_delay is incompatible with nopreempt mode - resetting"),
        ("priority 255\nnopreempt", "(VI) nopreempt is incompatible with priority 255. resetting nopreempt"),
        ("track_interface {\neth0\n}", "(VI) Ignoring track_interface eth0 since own interface"),
        ("vmac_xmit_base", "(VI) vmac_xmit_base is only valid with a vmac"),
        ("owner_ignore_adverts", "(VI) ignoring owner_ignore_adverts since priority is not 255"),
        (
            "strict_mode\nauthentication {\nauth_type PASS\nauth_pass x\n}",
            "(VI) Strict mode does not support authentication. Ignoring.",
        ),
        (
            "version 3\nauthentication {\nauth_type PASS\nauth_pass x\n}",
            "(VI) VRRP version 3 does not support authentication. Ignoring.",
        ),
        ("strict_mode\nstate MASTER\npriority 10", "(VI) State MASTER must match being address owner"),
        (
            "mcast_dst_ip 224.0.0.9\nunicast_peer {\n10.0.0.2\n}",
            "(VI) multicast destination specified with unicast - ignoring",
        ),
    ],
)
def test_what_excludes_what(says: Says, more: str, message: str) -> None:
    assert message in says(TEXT.format(more=more))


def test_addresses_beyond_a_packet_are_owned_but_not_advertised(read: Reads, says: Says) -> None:
    text = TEXT.format(more="").replace(
        "10.0.0.1/24", "~SEQ(I,1,3) ~SEQ(J,1,100) 10.0.$I.${J}/24".replace("$I.", "${I}.")
    )
    assert says(text) == [
        (
            "(VI) Number of VIPs (300) exceeds maximum/space available in packet (max 255 addresses)"
            " - excess moved to eVIPs"
        )
    ]
    configuration = read(text).configuration
    assert configuration is not None
    instance = configuration.vrrp_instances[0]
    assert (len(instance.virtual_addresses), len(instance.excluded_addresses)) == (255, 45)
