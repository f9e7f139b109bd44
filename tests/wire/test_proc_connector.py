"""wire/proc_connector.py: requests and events byte for byte, those of a running kernel among them."""

from __future__ import annotations

import pytest

from keepalived_py.wire.errors import WireError
from keepalived_py.wire.proc_connector import (
    PROC_CN_MCAST_LISTEN,
    Acknowledged,
    Executed,
    Exited,
    Forked,
    ProcessEvent,
    Renamed,
    decode_events,
    encode_request,
)

#: Read from the socket of a 6.18 kernel.
ACKNOWLEDGED = bytes.fromhex(
    "4c000000030000000000000000000000010000000100000000000000010000002800000000000000"
    "01000000ee85ca557703000000000000000000000000000000000000000000000000000000000000"
)[:76]
FORKED = bytes.fromhex(
    "4c000000030000000100000000000000010000000100000001000000000000002800000001000000"
    "010000005862cb55770300004f4200004f42000078420000784200000000000000000000"
)


def event(what: int, *numbers: int, text: bytes = b"", acknowledged: int = 0) -> bytes:
    data = b"".join(number.to_bytes(4, "little") for number in numbers) + text
    data = data.ljust(24, b"\0")
    header = b"".join(number.to_bytes(4, "little") for number in (1, 1, 5, acknowledged))
    header += len(data).to_bytes(2, "little") + bytes(2)
    payload = header + what.to_bytes(4, "little") + bytes(12) + data
    return (16 + len(payload)).to_bytes(4, "little") + b"\3\0" + bytes(10) + payload


def test_a_request_is_a_connector_message_with_one_number() -> None:
    assert encode_request(PROC_CN_MCAST_LISTEN) == bytes.fromhex(
        "28000000030000000000000000000000"  # netlink: 40 bytes, NLMSG_DONE
        "0100000001000000000000000000000004000000"  # connector: idx 1, val 1, 4 bytes
        "01000000"
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ACKNOWLEDGED, Acknowledged()),
        (event(0, 1, acknowledged=1), Acknowledged(error=1)),
        (FORKED, Forked(parent=0x424F, child=0x4278)),
        (event(2, 70, 70), Executed(pid=70)),
        (event(0x80000000, 70, 70, 256, 17), Exited(pid=70)),
        (event(0x200, 70, 70, text=b"nginx\0rest\0\0\0\0\0\0"), Renamed(pid=70, comm="nginx")),
    ],
)
def test_events_of_processes_are_decoded(data: bytes, expected: ProcessEvent) -> None:
    assert list(decode_events(data)) == [expected]


@pytest.mark.parametrize(
    "data",
    [
        event(1, 70, 70, 71, 72),
        event(2, 71, 70),
        event(0x80000000, 71, 70),
        event(0x200, 71, 70, text=b"thread"),
        event(4, 70, 70),
        event(0, 0),
        event(2, 70, 70, acknowledged=1),
    ],
    ids=["new thread", "exec", "thread's end", "thread's name", "uid", "no answer", "an answer that is an event"],
)
def test_threads_and_other_events_are_passed_over(data: bytes) -> None:
    assert list(decode_events(data)) == []


def test_other_connectors_are_passed_over() -> None:
    data = bytearray(event(2, 70, 70))
    data[16] = 9
    assert list(decode_events(bytes(data))) == []


@pytest.mark.parametrize("length", [20, 40, 52, 60])
def test_a_datagram_that_ends_too_early_is_an_error(length: int) -> None:
    data = bytearray(event(1, 1, 1, 2, 2)[:length])
    data[0:4] = length.to_bytes(4, "little")
    with pytest.raises(WireError):
        list(decode_events(bytes(data)))
