from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Says

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
        ("use_vmac vrrp.51 more", "VMAC interface name already specified"),
        (
            "use_vmac name_of_17_chars_",
            "VMAC interface name 'name_of_17_chars_' too long or invalid characters - ignoring",
        ),
        ("use_vmac 02:00:00:00:00:zz", "VMAC invalid MAC address 02:00:00:00:00:zz"),
        (
            "use_vmac 00:00:5e:00:01:05",
            "VMAC MAC address not allowed to be RFC5798 address (00:00:5e:00:01:05) - ignoring",
        ),
        ("use_vmac group nowhere", "VMAC group nowhere not found"),
        ("use_ipvlan\nuse_ipvlan", "(VI) use_ipvlan already specified"),
        ("use_ipvlan bridge vepa", "(VI) ipvlan type already specified - ignoring 'vepa'"),
        ("use_ipvlan 2001:db8::1", "(VI) ipvlan address[2001:db8::1] MUST match vrrp instance family !!! Skipping..."),
        (
            "use_ipvlan",
            "(VI) IPv4 ipvlan requires a source ip address to be configured. setting instance to fault state",
        ),
    ],
)
def test_a_wrong_word_of_a_virtual_interface_is_answered(says: Says, statement: str, message: str) -> None:
    said = says(INSTANCE.format(statement=statement))
    assert any(line.endswith(message) for line in said), said


def test_a_name_and_an_address_are_taken_in_any_order(says: Says) -> None:
    assert says(INSTANCE.format(statement="use_vmac 02:00:00:00:00:01 name vrrp.51 netlink_notify_msg")) == []
