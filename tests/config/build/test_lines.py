"""Lines of value blocks: addresses."""

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
    ("line", "message"),
    [
        ("10.0.0.300", "VRRP parsed invalid IP 10.0.0.300. skipping IP..."),
        ("10.0.0.2/33", "Invalid address prefix len 33 for address 10.0.0.2/33 - using 32"),
        ("10.0.0.2 dev eth9", "WARNING - interface eth9 for ip address 10.0.0.2 doesn't exist"),
        (
            "10.0.0.2 label averylonglabel:1x",
            "Address label averylonglabel:1x is longer than maximum length 15 - removing address",
        ),
        ("10.0.0.2 scope x", "Invalid scope 'x' specified for 10.0.0.2 - ignoring"),
        ("10.0.0.2 brd", "No brd parameter specified for 10.0.0.2"),
        ("10.0.0.2/31 brd +", "Address prefix length 31 too long for broadcast"),
        ("10.0.0.2 what", "Unknown configuration entry 'what' for ip address - ignoring"),
        ("2001:db8::2", "(VI): address family must match VRRP instance [2001:db8::2] - ignoring"),
        ("10.0.0.1/24", "(VI): VIP duplicates a VIP 10.0.0.1/24 - ignoring"),
    ],
)
def test_a_wrong_address_is_answered_in_keepaliveds_words(says: Says, line: str, message: str) -> None:
    text = INSTANCE.format(statement="").replace("10.0.0.1/24", f"10.0.0.1/24\n  {line}")
    assert any(said.endswith(message) for said in says(text))


def test_addresses_carry_what_was_written(read: Reads) -> None:
    text = INSTANCE.format(
        statement="virtual_ipaddress_excluded {\n 10.1.0.1/16 dev eth1 brd + scope link label eth1:a no_track\n}"
    )
    configuration = read(text).configuration
    assert configuration is not None
    (excluded,) = configuration.vrrp_instances[0].excluded_addresses
    assert (str(excluded.address), excluded.prefix_length, excluded.interface) == ("10.1.0.1", 16, "eth1")
    assert (str(excluded.broadcast), excluded.scope, excluded.label) == ("10.1.255.255", 253, "eth1:a")
    assert excluded.no_track
