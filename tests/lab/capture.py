"""Read every frame of a segment with the kernel's own time stamps, and decode VRRP and ARP with scapy.

Owns the packet socket. The decoder is scapy's, independent of keepalived-py's codecs, so that it can judge them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from tests.lab.netns import Namespace, in_namespace
from tests.lab.process import LabTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

ETH_P_ALL = 0x0003
SO_TIMESTAMPNS = 35
SCM_TIMESTAMPNS = 35
VRRP = 112
AUTHENTICATION_HEADER = 51
AUTHENTICATION_HEADER_LENGTH = 24  # with keepalived's 96 bit of HMAC-MD5


@dataclasses.dataclass(frozen=True, slots=True)
class Frame:
    """An Ethernet frame and when the kernel saw it: time.monotonic() seconds."""

    when: float
    data: bytes

    @property
    def source(self) -> str:
        """The IP source address, or an empty text."""
        return self._address(26, 22)

    @property
    def destination(self) -> str:
        """The IP destination address, or an empty text."""
        return self._address(30, 38)

    def _address(self, ipv4: int, ipv6: int) -> str:
        if self.is_ipv4:
            return socket.inet_ntop(socket.AF_INET, self.data[ipv4 : ipv4 + 4])
        return socket.inet_ntop(socket.AF_INET6, self.data[ipv6 : ipv6 + 16]) if self.is_ipv6 else ""

    @property
    def is_ipv4(self) -> bool:
        """Whether it carries IPv4."""
        return self.data[12:14] == b"\x08\x00"

    @property
    def is_ipv6(self) -> bool:
        """Whether it carries IPv6."""
        return self.data[12:14] == b"\x86\xdd"

    @property
    def is_vrrp(self) -> bool:
        """Whether it carries VRRP, over IPv4 perhaps behind an authentication header."""
        if self.is_ipv4:
            return self.data[23] == VRRP or (self.is_authenticated and self.data[self._payload] == VRRP)
        return self.is_ipv6 and self.data[20] == VRRP

    @property
    def is_authenticated(self) -> bool:
        """Whether it carries IPv4 with an authentication header (RFC 4302)."""
        return self.is_ipv4 and self.data[23] == AUTHENTICATION_HEADER

    @property
    def is_arp(self) -> bool:
        """Whether it carries ARP."""
        return self.data[12:14] == b"\x08\x06"

    @property
    def _payload(self) -> int:
        return 14 + (4 * (self.data[14] & 15) if self.is_ipv4 else 40)

    @property
    def advertisement(self) -> bytes:
        """The VRRP message, and whatever follows it in the datagram."""
        length = int.from_bytes(self.data[16:18] if self.is_ipv4 else self.data[18:20], "big")
        end = length + (14 if self.is_ipv4 else 54)
        return self.data[self._payload + (AUTHENTICATION_HEADER_LENGTH if self.is_authenticated else 0) : end]

    @property
    def priority(self) -> int:
        """The priority in an advertisement."""
        return self.advertisement[2]

    @property
    def virtual_router_id(self) -> int:
        """The virtual router id in an advertisement."""
        return self.advertisement[1]

    def decode(self) -> Any:
        """Decode with scapy."""
        from scapy.layers import vrrp  # noqa: F401 - binds protocol 112
        from scapy.layers.l2 import Ether

        return Ether(self.data)


class Capture:
    """What passes on an interface of a namespace, while a with block lasts."""

    def __init__(self, namespace: Namespace, interface: str = "segment") -> None:
        self._frames: list[Frame] = []
        self._arrived = threading.Condition()
        self._stop = False

        def make() -> socket.socket:
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            with contextlib.suppress(OSError):
                made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            made.bind((interface, ETH_P_ALL))
            made.settimeout(0.1)
            return made

        self._socket = in_namespace(namespace.name, make)
        self._thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        while not self._stop:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(2048, 64)
            except TimeoutError:
                continue
            except OSError:
                return
            when = time.monotonic()
            for level, kind, value in ancillary:
                if level == socket.SOL_SOCKET and kind == SCM_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack("qq", value[:16])
                    when -= time.time() - (seconds + nanoseconds / 1e9)
            with self._arrived:
                self._frames.append(Frame(when, data))
                self._arrived.notify_all()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop = True
        self._thread.join(2)
        self._socket.close()

    @property
    def frames(self) -> list[Frame]:
        """Everything seen up to now."""
        with self._arrived:
            return list(self._frames)

    def advertisements(self, source: str | None = None, *, after: float = 0.0) -> list[Frame]:
        """Return the VRRP frames, of one sender and after a moment if so asked."""
        return [f for f in self.frames if f.is_vrrp and f.when >= after and source in (None, f.source)]

    def wait(self, wanted: Callable[[Frame], bool], timeout: float, what: str, *, after: float = 0.0) -> Frame:
        """Wait for a frame; LabTimeoutError says what was missed."""
        end = time.monotonic() + timeout
        seen = 0
        while True:
            frames = self.frames
            for frame in frames[seen:]:
                if frame.when >= after and wanted(frame):
                    return frame
            seen = len(frames)
            remaining = end - time.monotonic()
            if remaining <= 0:
                raise LabTimeoutError(f"not seen within {timeout} s: {what}")
            with self._arrived:
                if len(self._frames) == seen:
                    self._arrived.wait(min(remaining, 0.2))

    def wait_advertisement(
        self, source: str, timeout: float, *, after: float = 0.0, priority: int | None = None
    ) -> Frame:
        """Wait for an advertisement of one sender (and of one priority)."""
        return self.wait(
            lambda f: f.is_vrrp and f.source == source and priority in (None, f.priority),
            timeout,
            f"an advertisement from {source}" + ("" if priority is None else f" of priority {priority}"),
            after=after,
        )
