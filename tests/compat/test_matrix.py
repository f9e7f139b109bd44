"""keepalived-py against Debian's keepalived in every mode, in both roles, through everything that moves an address.

The modes are generated (modes.py), each is played twice (encounter.py): with us and with them as the router of higher priority.
Judged by the order of what was on the wire and by the protocol's own intervals; the log of one play is held against that of the
play with the roles exchanged, so the reference itself says which lines there must be.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.compat.encounter import MASTERS, STEPS, Record, perform
from tests.compat.modes import EVERY_MODE, FIRST, PASSWORD, SECOND, VIRTUAL_ROUTER_ID, Mode
from tests.lab.daemon import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab.capture import Frame

pytestmark = [pytest.mark.netns, pytest.mark.interop]

#: Plays at the same time: they wait nearly always.
AT_ONCE = 20
#: How much later than the protocol says a busy machine may do something, and how much earlier clocks may make it seem.
LATE, EARLY = 0.5, 0.02

MODES = EVERY_MODE
CASTS = [(mode, first) for mode in MODES for first in Program]

#: Lines that are not compared: announcements come back after seconds, perhaps in another step; how many adverts are discarded
#: and who is met first depends on how long a start takes.
#: 2.2.7 takes a virtual address on a virtual MAC for that interface's own, and tells of addresses that never left it; 2.4.3 does
#: neither. With a virtual MAC the reference hears first that the base is down, then that its own interface is: only if it knows
#: the second does it say nothing of a farewell that cannot be sent.
_INCIDENTAL = re.compile(
    r"ratuitous|nsolicited|discarding|master set to|master changed|forcing new election"
    r"|ssigned address \S+ (for|from) interface vrrp\.77"
    r"|Cant send advert to \S+ \(Network is unreachable\)"
)
_TOLD = re.compile(r"^\(VI\)|^VRRP_|^Script|^Netlink reports|^(De)?[Aa]ssigned")


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Mode, Program], Record]]:
    """Give the record of a play; a play that broke raises in each test that asks for it."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # The long ones first.
        running: dict[tuple[Mode, Program], Future[Record]] = {
            (mode, first): pool.submit(perform, mode, first, tmp_path_factory.mktemp(f"{mode}-{first.value}"))
            for mode, first in sorted(CASTS, key=lambda cast: cast[0].version)
        }
        yield lambda mode, first: running[mode, first].result(400)


@pytest.fixture(params=CASTS, ids=[f"{mode}-{first.value}-first" for mode, first in CASTS])
def record(request: pytest.FixtureRequest, plays: Callable[[Mode, Program], Record]) -> Record:
    """Each play in turn."""
    return plays(*request.param)


def test_after_every_step_the_router_that_must_be_master_is_alone_in_advertising(record: Record) -> None:
    assert tuple(record.scenes) == STEPS
    begins = [scene.done for scene in record.scenes.values()][1:]
    for scene, next_begins in zip(record.scenes.values(), begins, strict=False):
        for router in (FIRST, SECOND):
            adverts = [frame for frame in record.adverts(router, scene.settled, next_begins) if frame.priority]
            if router in MASTERS[scene.step]:
                # The first half of a segment in two parts is out of sight.
                assert adverts or len(MASTERS[scene.step]) > 1, (scene.step, router)
            else:
                assert not adverts, (scene.step, router)


def test_after_every_step_the_address_is_on_exactly_the_masters(record: Record) -> None:
    for step, scene in record.scenes.items():
        assert scene.holders == MASTERS[step], step


def test_silence_is_taken_for_the_end_after_the_master_down_interval(record: Record) -> None:
    expected = record.mode.master_down_interval(SECOND)
    for step in ("kill -9", "interface down"):
        scene = record.scenes[step]
        last = record.adverts(FIRST, 0, scene.answered)[-1].when
        assert -EARLY <= scene.answered - last - expected <= LATE, step


def test_priority_0_hands_over_after_the_skew_time(record: Record) -> None:
    expected = record.mode.skew(SECOND)
    for step in ("script fails", "SIGTERM"):
        scene = record.scenes[step]
        farewells = [frame for frame in record.adverts(FIRST, scene.done, scene.answered) if frame.priority == 0]
        assert farewells, step
        assert -EARLY <= scene.answered - farewells[-1].when - expected <= LATE, step


def test_the_reference_refuses_none_of_our_adverts(record: Record) -> None:
    assert record.refused == {}


def test_we_refuse_none_of_the_references_adverts(record: Record) -> None:
    complaints = "invalid|not present|expected|mismatch|wrong|unknown|Unknown|discarded|too (long|short)"
    assert not [line for line in record.logs[record.ours].splitlines() if re.search(complaints, line)]


def test_nothing_of_ours_ends_in_a_traceback(record: Record) -> None:
    assert "Traceback" not in record.logs[record.ours]


@pytest.mark.parametrize("role", [FIRST, SECOND], ids=["first", "second"])
@pytest.mark.parametrize("mode", MODES, ids=str)
def test_in_the_same_role_we_log_the_references_lines(
    mode: Mode, role: int, plays: Callable[[Mode, Program], Record]
) -> None:
    records = {record.ours: record for record in (plays(mode, first) for first in Program)}
    ours, theirs = records[role], records[FIRST + SECOND - role]
    for step in STEPS[1:]:
        assert told(ours.scenes[step].logs[role]) == told(theirs.scenes[step].logs[role]), step


def told(lines: list[str]) -> set[str]:
    """Pick the lines about states and what moves them."""
    return {line for line in lines if _TOLD.search(line) and not _INCIDENTAL.search(line)}


def our_adverts(record: Record) -> list[Frame]:
    return record.adverts(record.ours, 0, float("inf"))


def test_our_adverts_carry_what_the_mode_says(record: Record) -> None:
    from scapy.layers.vrrp import VRRP, VRRPv3

    mode = record.mode
    for frame in our_adverts(record):
        kind = VRRP if mode.version == 2 else VRRPv3
        advert = kind(frame.advertisement)
        assert (advert.version, advert.type, advert.vrid) == (mode.version, 1, VIRTUAL_ROUTER_ID)
        assert advert.adv == mode.interval * (1 if mode.version == 2 else 100)
        # Unicast over IPv6 leaves the hop limit to the kernel, as the reference does.
        expected = 64 if mode.unicast and mode.family == 6 else 255
        assert frame.data[14:][8 if frame.is_ipv4 else 7] == expected
        assert frame.destination == (
            mode.address(FIRST + SECOND - record.ours)
            if mode.unicast
            else "224.0.0.18"
            if mode.family == 4
            else "ff02::12"
        )


def test_our_adverts_have_the_checksum_that_scapy_computes(record: Record) -> None:
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.vrrp import VRRP, VRRPv3
    from scapy.packet import Raw

    kind = VRRP if record.mode.version == 2 else VRRPv3
    for frame in our_adverts(record):
        # A datagram of scapy's around our message: it has no words for what may stand between the two.
        below, numbers = (IP, {"proto": 112}) if frame.is_ipv4 else (IPv6, {"nh": 112})
        datagram = below(bytes(below(src=frame.source, dst=frame.destination, **numbers) / Raw(frame.advertisement)))
        carried = datagram[kind].chksum
        del datagram[kind].chksum
        assert below(bytes(datagram))[kind].chksum == carried


def test_our_password_or_authentication_header_is_on_every_advert(record: Record) -> None:
    key = PASSWORD.encode().ljust(8, b"\0")
    for frame in our_adverts(record):
        assert frame.is_authenticated == (record.mode.authentication == "AH")
        if record.mode.authentication == "PASS":
            assert frame.advertisement[4] == 1
            assert frame.advertisement[-8:] == key or key in frame.advertisement
        if record.mode.authentication == "AH":
            datagram = bytearray(frame.data[14 : 14 + int.from_bytes(frame.data[16:18], "big")])
            value = bytes(datagram[32:44])
            datagram[1] = datagram[6] = datagram[7] = 0
            datagram[10:12] = b"\0\0"
            datagram[32:44] = bytes(12)
            if record.mode.unicast:
                datagram[8] = 0
            assert value == hmac.new(key, bytes(datagram), hashlib.md5).digest()[:12]


def test_with_a_virtual_mac_our_group_adverts_leave_from_it(record: Record) -> None:
    own = f"020000000{record.ours:03x}"
    virtual = f"00005e000{1 if record.mode.family == 4 else 2}{VIRTUAL_ROUTER_ID:02x}".rjust(12, "0")
    expected = virtual if record.mode.vmac and not record.mode.unicast else own
    assert {frame.data[6:12].hex() for frame in our_adverts(record)} == {expected}
