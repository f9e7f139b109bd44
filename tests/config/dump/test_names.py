from __future__ import annotations

import pytest

from keepalived_py.config.ast import ForwardingMethod, Tunnel
from keepalived_py.config.dump.names import forwarding_line


@pytest.mark.parametrize(
    ("method", "tunnel", "line"),
    [
        (ForwardingMethod.NAT, Tunnel(), "   default forwarding method = NAT"),
        (ForwardingMethod.DR, Tunnel(), "   default forwarding method = DR"),
        (ForwardingMethod.TUN, Tunnel(), "   default forwarding method = TUN, type = IPIP"),
        (
            ForwardingMethod.TUN,
            Tunnel(type="gue", port=6080, checksum="remcsum"),
            "   forwarding method = TUN, type = GUE, port = 6080, remote checksum",
        ),
        (ForwardingMethod.TUN, Tunnel(type="gre"), "   forwarding method = TUN, type = GRE, no checksum"),
        (None, Tunnel(), "   forwarding method =  0x7"),
    ],
)
def test_only_nat_dr_and_ipip_have_their_prefix(method: ForwardingMethod | None, tunnel: Tunnel, line: str) -> None:
    assert forwarding_line("default ", method, tunnel) == line
