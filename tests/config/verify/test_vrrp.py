"""The cross checks between instances, groups and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Reads, Says

SECURE = "global_defs {\n enable_script_security\n script_user root\n}\n"


def instance(name: str = "VI", *, vrid: int = 51, interface: str = "eth0", more: str = "") -> str:
    return (
        f"vrrp_instance {name} {{\n interface {interface}\n virtual_router_id {vrid}\n"
        f" virtual_ipaddress {{\n 10.0.{vrid}.1/24\n }}\n{more}\n}}\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (instance(interface="eth9"), "Non-existent interface specified in configuration"),
        ("vrrp_instance VI {\n interface eth0\n}\n", "(VI) the virtual router id must be set"),
        ("vrrp_instance VI {\n virtual_router_id 1\n}\n", "(VI) Unknown interface!"),
        (
            instance() + instance("VJ").replace("10.0.51", "10.1.51"),
            "VI and VJ both use VRID 51 with IPv4 on interface eth0",
        ),
        (instance(more="version 3").replace(" 10.0.51.1/24\n", ""), "(VI) No VIP specified; at least one is required"),
        (
            instance(more="strict_mode\nunicast_peer {\n10.0.0.2\n}"),
            "(VI) Unicast peers are not supported in strict mode",
        ),
        (
            instance(more="unicast_peer {\n10.0.0.2\n}").replace(" interface eth0\n", ""),
            "(VI): Unicast instances must have unicast_src_ip or interface",
        ),
    ],
)
def test_what_keepalived_does_not_start_with(read: Reads, text: str, message: str) -> None:
    loaded = read(text)
    assert loaded.report.lines(testing=True)[-1] == message
    assert loaded.report.exit_status(testing=True) == 5
    assert loaded.report.fatal_status == 2
    assert loaded.configuration is None


def test_the_same_router_id_on_two_interfaces_is_no_conflict(read: Reads) -> None:
    configuration = read(instance() + instance("VJ", interface="eth1")).configuration
    assert configuration is not None
    assert len(configuration.vrrp_instances) == 2


def test_unicast_instances_conflict_only_over_the_same_peers(read: Reads) -> None:
    one = instance(more="unicast_peer {\n10.0.0.2\n}")
    other = instance("VJ", more="unicast_peer {\n10.0.0.3\n}")
    assert read(one + other).report.fatal_status == 0
    assert read(one + other.replace("10.0.0.3", "10.0.0.2")).report.fatal_status == 2


def test_scripts_without_script_security_are_a_violation_but_run(read: Reads) -> None:
    loaded = read(instance(more="notify /usr/local/bin/notify"))
    assert loaded.report.exit_status(testing=True) == 6
    assert loaded.report.fatal_status == 0
    assert loaded.configuration is not None
    generic = loaded.configuration.vrrp_instances[0].notify.generic
    assert generic is not None
    assert generic.path == "/usr/local/bin/notify"


def test_a_missing_script_is_dropped_with_its_trackers(read: Reads) -> None:
    text = SECURE + "vrrp_script s {\n script /no/such\n}\n" + instance(more="track_script {\n s\n}")
    loaded = read(text)
    assert "Disabling track script s since not found/accessible" in loaded.report.lines(testing=True)
    assert loaded.configuration is not None
    assert loaded.configuration.vrrp_scripts == ()
    assert loaded.configuration.vrrp_instances[0].track_scripts == ()


def test_members_of_a_group_do_not_change_their_priority(says: Says) -> None:
    text = (
        SECURE
        + "vrrp_script s {\n script /bin/true\n weight 5\n}\n"
        + instance(more="track_script {\n s\n}")
        + instance("VJ", vrid=52)
        + "vrrp_sync_group G {\n group {\n VI\n VJ\n }\n}\n"
    )
    assert says(text) == ["(VI) ignoring tracked script s with weights due to SYNC group"]


IN_A_VRF = """\
vrrp_instance VI {
 vrf eth1
 virtual_router_id 51
 unicast_src_ip 198.51.100.1
 unicast_peer {
  198.51.100.2
 }
 virtual_ipaddress {
  10.0.51.1/24 dev eth0
 }
}
"""


def test_an_instance_that_cannot_be_run_rightly_is_left_out_loudly(read: Reads) -> None:
    loaded = read(IN_A_VRF + instance("VJ", vrid=52), testing=False)
    assert loaded.configuration is not None
    assert [one.name for one in loaded.configuration.vrrp_instances] == ["VJ"]
    (left_out,) = [item for item in loaded.report.not_acted_on if item.unsafe]
    assert "vrrp_instance VI" in left_out.what
    assert "vrf" in left_out.what
    assert any(line.startswith("WARNING - (VI) left out") for line in loaded.report.lines(testing=False))


@pytest.mark.parametrize("more", ["no_accept", "strict_mode\nstate BACKUP"])
def test_an_instance_whose_addresses_are_not_to_answer_has_them_filtered(read: Reads, more: str) -> None:
    loaded = read(instance(more=more), testing=False)
    assert loaded.configuration is not None
    assert [one.accept for one in loaded.configuration.vrrp_instances] == [False]
    assert loaded.configuration.vrrp_instances[0].filters_addresses
    assert loaded.report.not_acted_on == []


@pytest.mark.parametrize(
    "text",
    [
        instance().replace("10.0.51.1/24", "fe80::1/64"),
        instance(more="authentication {\nauth_type AH\nauth_pass x\n}"),
        instance(more="version 3\nold_unicast_checksum\nunicast_peer {\n10.0.0.2\n}"),
        instance(more="version 3\nv3_checksum_as_v2"),
        instance(more=f"auth_hmac {{\nkey 1 {'k' * 32}\nactive_key 1\n}}"),
    ],
    ids=["IPv6", "AH", "old_unicast_checksum", "v3_checksum_as_v2", "auth_hmac"],
)
def test_every_kind_of_advert_is_sent_and_understood(read: Reads, text: str) -> None:
    loaded = read(text)
    assert loaded.configuration is not None
    assert [one.name for one in loaded.configuration.vrrp_instances] == ["VI"]
    assert loaded.report.not_acted_on == []


def test_a_group_is_left_out_as_a_whole(read: Reads) -> None:
    text = IN_A_VRF + instance("VJ", vrid=52) + "vrrp_sync_group G {\n group {\n VI VJ\n }\n}\n"
    loaded = read(text)
    assert loaded.configuration is not None
    assert loaded.configuration.vrrp_instances == ()
    assert loaded.configuration.vrrp_sync_groups == ()
