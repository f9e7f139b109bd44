"""garp_extra_if with real virtual MACs that no advert carries: switches learn them from gratuitous ARP alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.capture import Capture
from tests.lab.daemon import Daemon, Program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.capture import Frame
    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

CONFIGURATION = """\
vrrp_instance VI {
    interface eth1
    virtual_router_id 80
    priority 255
    advert_int 1
    use_vmac
    vmac_xmit_base
    garp_master_delay 0
    garp_master_repeat 1
    garp_extra_if 1
    virtual_ipaddress {
        192.168.56.205/24
        192.168.56.206/24
        192.168.33.205/24 dev eth2 use_vmac
    }
}
"""
VIRTUAL_MAC = bytes.fromhex("00005e000150")


def test_the_virtual_macs_are_heard_every_second_although_no_advert_carries_them(host: Host, tmp_path: Path) -> None:
    with Capture(host.front.switch) as front, Capture(host.back.switch) as back:
        daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", CONFIGURATION)
        try:
            begin = daemon.wait_log("Entering MASTER STATE", 10).when
            for second in (1, 2, 3):
                for capture, address in ((front, "192.168.56.205"), (back, "192.168.33.205")):
                    found = capture.wait(is_virtual_arp, 3, f"ARP of {address}", after=begin + second - 0.2)
                    assert found.decode()["ARP"].psrc == address
                    assert found.when - begin - second < 0.5
            adverts = front.advertisements("192.168.56.101")
            assert len(adverts) >= 3
            assert VIRTUAL_MAC not in {frame.data[6:12] for frame in adverts}
        finally:
            assert daemon.stop()[0] == 0


def is_virtual_arp(frame: Frame) -> bool:
    return frame.is_arp and frame.data[6:12] == VIRTUAL_MAC
