"""Two keepalived-py with ``auth_hmac``, and a third host on their segment that knows everything but the key.

What the attacker sends is written by scapy from what it has heard. Real time, real sockets, the real clock.
"""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.capture import Capture, Frame
from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab, Namespace, in_namespace
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.netns

MASTER, BACKUP = 1, 2
PRIORITIES = {MASTER: 150, BACKUP: 100}
OLD_KEY = "key 7 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
NEW_KEY = "key 8 the-new-key-is-a-text-of-some-length"
PATIENCE = 20.0

CONFIGURATION = """\
vrrp_instance V {{
    version 3
    interface eth1
    virtual_router_id 51
    priority {priority}
    advert_int 0.5
    auth_hmac {{
        {keys}
    }}
    virtual_ipaddress {{
        {virtual_address}
    }}
}}
"""


@dataclasses.dataclass(kw_only=True)
class Attacked:
    """The two routers, and what the attacker has heard; ``family`` is that of their adverts."""

    family: int
    capture: Capture
    namespaces: dict[int, Namespace]
    attacker: socket.socket
    homes: dict[int, Path]
    daemons: dict[int, Daemon] = dataclasses.field(default_factory=dict)

    def configuration(self, router: int, keys: str) -> str:
        address = "10.77.0.100/24" if self.family == 4 else "fe80::77/64"
        return CONFIGURATION.format(priority=PRIORITIES[router], keys=keys, virtual_address=address)

    def start(self, router: int) -> None:
        keys = f"{OLD_KEY}\n        active_key 7"
        self.daemons[router] = Daemon(
            Program.OURS, self.namespaces[router], self.homes[router], self.configuration(router, keys)
        )

    def reload(self, router: int, keys: str) -> None:
        daemon = self.daemons[router]
        daemon.configuration.write_text(self.configuration(router, keys))
        asked = daemon.process.signal(signal.SIGHUP)
        daemon.wait_log("Reload complete", PATIENCE, after=asked)

    def source(self, router: int) -> str:
        return f"10.77.0.{router}" if self.family == 4 else f"fe80::ff:fe00:{router}"

    def advert(self, router: int, *, after: float) -> Frame:
        source = self.source(router)
        return self.capture.wait(
            lambda frame: frame.is_vrrp and frame.source == source, PATIENCE, f"an advert of {source}", after=after
        )

    def holds(self, router: int) -> bool:
        return self.namespaces[router].has_address("10.77.0.100" if self.family == 4 else "fe80::77")

    def send(self, frame: bytes) -> None:
        self.attacker.send(frame)

    def log(self, router: int) -> str:
        return self.daemons[router].log


@pytest.fixture(params=[4, 6], ids=["IPv4", "IPv6"])
def attacked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Attacked]:
    """Give two routers of which the first is MASTER, on a segment with an attacker."""
    with Lab() as lab, contextlib.ExitStack() as stack:
        namespaces = {number: lab.namespace(f"r{number}") for number in (MASTER, BACKUP)}
        third = lab.namespace("attacker")
        for namespace in namespaces.values():
            namespace.sysctl("ipv6", conf__default__accept_dad="0")
        lan = lab.lan("lan", {**dict.fromkeys(namespaces.values(), ("eth1", "")), third: ("eth1", "")})
        for number, namespace in namespaces.items():
            namespace.ip_batch(
                "link set eth1 down",
                f"link set eth1 address 02:00:00:00:00:{number:02x}",
                f"addr add 10.77.0.{number}/24 dev eth1",
                "link set eth1 up",
            )

        def link() -> socket.socket:
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            made.bind(("eth1", 0))
            return made

        attacker = stack.enter_context(in_namespace(third.name, link))
        capture = stack.enter_context(Capture(lan.switch))
        made = Attacked(
            family=request.param,
            capture=capture,
            namespaces=namespaces,
            attacker=attacker,
            homes={number: tmp_path / str(number) for number in namespaces},
        )
        for number in (MASTER, BACKUP):
            made.homes[number].mkdir()
            made.start(number)
            made.daemons[number].wait_log("Entering BACKUP STATE", PATIENCE)
            made.advert(MASTER, after=0)
        wait_until(lambda: made.holds(MASTER) and not made.holds(BACKUP), PATIENCE, "the address on the first only")
        yield made


def _changed(frame: Frame, *, priority: int, signed: bool = True) -> bytes:
    """Let scapy write an advert with another priority and right checksums, with the trailer that it had or none."""
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6, in6_chksum
    from scapy.layers.l2 import Ether
    from scapy.layers.vrrp import VRRPv3
    from scapy.packet import Raw

    below, fields = (IP, {"proto": 112, "ttl": 255}) if frame.is_ipv4 else (IPv6, {"nh": 112, "hlim": 255})
    header = below(src=frame.source, dst=frame.destination, **fields)
    message, trailer = frame.advertisement[:-28], frame.advertisement[-28:] if signed else b""
    datagram = below(bytes(header / Raw(message)))
    datagram[VRRPv3].priority = priority
    del datagram[VRRPv3].chksum
    changed = bytes(datagram)[-len(message) :]
    if below is IPv6:
        # The kernel's checksum covers the trailer, too.
        covered = changed[:6] + b"\0\0" + changed[8:] + trailer
        changed = changed[:6] + in6_chksum(112, header, covered).to_bytes(2, "big") + changed[8:]
    ethernet = Ether(frame.data)
    return bytes(Ether(src=ethernet.src, dst=ethernet.dst) / header / Raw(changed + trailer))


def test_whoever_lacks_the_key_moves_nothing(attacked: Attacked) -> None:
    heard = attacked.advert(MASTER, after=time.monotonic())

    for frame, complaint in (
        (heard.data, "replayed authentication trailer from"),
        (_changed(heard, priority=255), "invalid authentication HMAC from"),
        (_changed(heard, priority=0), "invalid authentication HMAC from"),
        (_changed(heard, priority=255, signed=False), "missing authentication trailer from"),
        (_changed(heard, priority=0, signed=False), "missing authentication trailer from"),
    ):
        for _ in range(3):
            attacked.send(frame)
        attacked.daemons[BACKUP].wait_log(rf"\(V\) {complaint} {attacked.source(MASTER)}", PATIENCE)
    # Three intervals later nothing has moved, and the right adverts still count.
    after = time.monotonic()
    for _ in range(3):
        after = attacked.advert(MASTER, after=after + 0.01).when
    assert attacked.holds(MASTER)
    assert not attacked.holds(BACKUP)
    assert "Entering MASTER STATE" not in attacked.log(BACKUP)
    assert attacked.log(MASTER).count("Entering MASTER STATE") == 1
    assert "Traceback" not in attacked.log(MASTER) + attacked.log(BACKUP)


def test_the_recorded_adverts_of_a_dead_master_do_not_keep_its_place(attacked: Attacked) -> None:
    heard = attacked.advert(MASTER, after=time.monotonic())
    stop = threading.Event()

    def replay() -> None:
        while not stop.wait(0.2):
            attacked.send(heard.data)

    player = threading.Thread(target=replay)
    player.start()
    try:
        killed = attacked.daemons[MASTER].kill()
        answered = attacked.advert(BACKUP, after=killed).when
    finally:
        stop.set()
        player.join()
    # 3 intervals, the skew, and the time from the last true advert to the kill.
    assert answered - killed < 3 * 0.5 + 0.5 + 0.5
    wait_until(lambda: attacked.holds(BACKUP), PATIENCE, "the address on the second")


def test_a_key_is_changed_on_both_routers_one_after_the_other_without_a_word(attacked: Attacked) -> None:
    both = f"{OLD_KEY}\n        {NEW_KEY}\n        "
    for keys in (both + "active_key 7", both + "active_key 8", f"{NEW_KEY}\n        active_key 8"):
        for router in (BACKUP, MASTER):
            attacked.reload(router, keys)
            after = time.monotonic()
            for _ in range(2):
                after = attacked.advert(MASTER, after=after + 0.01).when
    assert attacked.advert(MASTER, after=time.monotonic()).advertisement[-27] == 8
    wait_until(lambda: attacked.holds(MASTER) and not attacked.holds(BACKUP), PATIENCE, "the address on the first only")
    assert "Entering MASTER STATE" not in attacked.log(BACKUP)
    assert "authentication" not in attacked.log(BACKUP)
    # Whoever is left behind is heard no more: that is what changing a key is for.
    attacked.reload(BACKUP, f"{OLD_KEY}\n        active_key 7")
    attacked.daemons[BACKUP].wait_log(
        rf"\(V\) unknown authentication key id 8 from {attacked.source(MASTER)}", PATIENCE
    )
