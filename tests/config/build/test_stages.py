from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Says


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("linkbeat_interfaces {\neth9\n}\n", "unknown interface eth9 specified for linkbeat interface"),
        ("linkbeat_interfaces {\neth0 SMOKE\n}\n", "extra characters SMOKE in linkbeat interface"),
        ("interface_up_down_delays {\neth9 1\n}\n", "unknown interface eth9 specified for up/down delay"),
        ("interface_up_down_delays {\neth0 300\n}\n", "number '300' outside range [0.000000, 255.000000]"),
        ("track_group g {\ngroup {\n}\n}\n", "Warning - track group g has empty group block"),
        (
            "garp_group {\ngarp_interval 1\ninterface eth0\ninterface eth0\n}\n",
            "garp_group already specified for eth0 - ignoring",
        ),
        (
            "static_ipaddress {\n10.0.0.1 dev eth9\n}\n",
            "WARNING - interface eth9 for ip address 10.0.0.1 doesn't exist",
        ),
        ("bfd_instance b {\nneighbor_ip 10.0.0.1\n}\n" * 2, "BFD b already specified"),
    ],
)
def test_the_rarer_blocks_are_checked(says: Says, text: str, message: str) -> None:
    said = says(text)
    assert any(line.endswith(message) for line in said), said


def test_an_interface_that_may_come_later_is_no_error(says: Says) -> None:
    assert says("global_defs {\n dynamic_interfaces\n}\nlinkbeat_interfaces {\neth9\n}\n") == []
