from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.dump.vrrp_instance import instance_lines

if TYPE_CHECKING:
    from tests.config.conftest import Reads


def lines_of(read: Reads, inside: str = "", before: str = "", addresses: str = "192.0.2.1/24") -> list[str]:
    text = f"{before}\nvrrp_instance V {{\ninterface eth0\nvirtual_router_id 1\n{inside}\n"
    configuration = read(f"{text}virtual_ipaddress {{\n{addresses}\n}}\n}}\n", testing=False).configuration
    assert configuration is not None
    return list(instance_lines(configuration.declared_instances[0]))


def test_an_instance_begins_with_its_name_and_has_its_interfaces_address(read: Reads) -> None:
    lines = lines_of(read)
    assert lines[0] == " VRRP Instance = V"
    assert "   Flags: none" in lines
    assert "   Using src_ip = 198.51.100.1" in lines
    assert "   Multicast address 224.0.0.18" in lines


@pytest.mark.parametrize(
    ("inside", "line"),
    [
        ("nopreempt", "   Highest other priority = 0"),
        ("preempt_delay 2.5", "   Preempt delay = 2.5 secs"),
        ("version 3\nadvert_int 0.25", "   Advert interval = 250 milli-sec"),
        ("version 3", "   VRRPv3 uses VRRPv2 checksum = disabled"),
        ("priority 255", "   Address owner ignores received adverts = false"),
        ("mcast_src_ip 192.0.2.9", "   Using src_ip = 192.0.2.9 (from configuration)"),
        ("mcast_dst_ip 224.0.0.99", "   Multicast address 224.0.0.99"),
        ("use_vmac", "   Use VMAC, i/f name vrrp.1, is_up = true, xmit_base = false"),
        ("use_vmac", "   Interface = vrrp.1, vmac on eth0"),
        ("use_vmac", "     192.0.2.1/24 dev vrrp.1@eth0 scope global"),
        ("authentication {\nauth_type PASS\nauth_pass secret\n}", "   Password = ********"),
        ("authentication {\nauth_type AH\nauth_pass secret\n}", "   Authentication type = IPSEC_AH"),
        ("unicast_peer {\n192.0.2.9\n}", "     192.0.2.9 min_ttl 0 max_ttl 255"),
        ("unicast_peer {\n192.0.2.9 min_ttl 254\n}", "   Check unicast src : yes"),
        ("unicast_src_ip 192.0.2.9", "     Unicast config option specified but using multicast"),
        ("unicast_src_ip 192.0.2.9\nunicast_fault_no_peer", "   Number of config faults = 1"),
        ("debug 3", "   Debug level = 3"),
        ("kernel_rx_buf_size 99", "   Kernel rx buffer size = 99"),
        ("strict_mode", "   Enforcing strict VRRP compliance"),
        ("notify_deleted", "   Notify deleted = Deleted"),
        ("notify /bin/true root", "   Generic state transition script = '/bin/true', uid:gid 0:0"),
        ("virtual_routes {\ndefault via 192.0.2.9\n}", "     prepend 0.0.0.0/0 via inet 192.0.2.9 proto 18"),
    ],
)
def test_a_keyword_has_its_line(read: Reads, inside: str, line: str) -> None:
    assert line in lines_of(read, inside)


def test_no_secret_is_printed(read: Reads) -> None:
    key = "0123456789abcdef0123456789abcdef"
    text = "\n".join(
        lines_of(read, f"auth_hmac {{\nkey 1 {key}\nactive_key 1\n}}")
        + lines_of(read, "authentication {\nauth_type PASS\nauth_pass hushhush\n}")
    )
    assert "     Keys = 1, active key id = 1" in text
    assert key not in text
    assert "hushhush" not in text


def test_an_instance_of_ipv6_says_so_and_names_the_interfaces_number(read: Reads) -> None:
    lines = lines_of(read, addresses="fe80::1/64\n2001:db8::5")
    assert "   Using Native IPv6" in lines
    assert "   Multicast address ff02::12, ifindex 3" in lines
    assert "     2001:db8::5 dev eth0 scope global deprecated" in lines


def test_a_setting_of_all_instances_is_inherited(read: Reads) -> None:
    before = "global_defs {\nvrrp_garp_master_delay 9\nvrrp_notify_priority_changes\n}"
    assert "   Gratuitous ARP delay = 9" in lines_of(read, before=before)
    assert "   Notify priority changes = true" in lines_of(read, before=before)
