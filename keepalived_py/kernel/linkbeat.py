"""Whether an interface has a link, asked of its driver: by MII registers, by ethtool, or by its flags.

Owns the ioctls (netdevice(7), ``linux/mii.h``, ``linux/ethtool.h``). When to ask is the caller's.
Source: reference/vrrp-behaviour.md §13.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
from typing import Final

_SIOCGIFFLAGS: Final = 0x8913
_SIOCETHTOOL: Final = 0x8946
_SIOCGMIIPHY: Final = 0x8947
_SIOCGMIIREG: Final = 0x8948
_ETHTOOL_GDRVINFO: Final = 0x00000003
_ETHTOOL_GLINK: Final = 0x0000000A
_MII_BMSR: Final = 1
_BMSR_LINK: Final = 0x0004
_UP_AND_RUNNING: Final = 0x41

_NAME_SIZE: Final = 16
_FLAGS = struct.Struct("@16sh22x")
_POINTER = struct.Struct("@16sP16x")
_MII = struct.Struct("@16sHHHH16x")
_VALUE = struct.Struct("@II")
#: Command, then the driver's name in 32 bytes; five more texts and five numbers follow.
_DRIVER = struct.Struct("@I32s160x")


class LinkProbe:
    """The socket that interfaces of this network namespace are asked over."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def is_running(self, name: str) -> bool:
        """Return whether an interface is up and running by its flags; False when there is none."""
        try:
            answer = fcntl.ioctl(self._socket, _SIOCGIFFLAGS, _FLAGS.pack(_encoded(name), 0))
        except OSError:
            return False
        flags: int = _FLAGS.unpack(answer)[1]
        return flags & _UP_AND_RUNNING == _UP_AND_RUNNING

    def mii(self, name: str) -> bool | None:
        """Return whether the PHY has a link; None when there is no PHY to ask."""
        try:
            answer = fcntl.ioctl(self._socket, _SIOCGMIIPHY, _MII.pack(_encoded(name), 0, 0, 0, 0))
            phy = _MII.unpack(answer)[1]
            # The bit stays down after a loss until it has been read: the second reading is about now.
            status = [self._register(name, phy, _MII_BMSR) for _ in range(2)]
        except OSError:
            return None
        if not status[0]:
            return None
        return bool((status[0] | status[1]) & _BMSR_LINK)

    def ethtool(self, name: str) -> bool | None:
        """Return whether the driver sees a link; None when it does not say."""
        try:
            answer = self._ethtool(name, _VALUE.pack(_ETHTOOL_GLINK, 0))
        except OSError:
            return None
        return bool(_VALUE.unpack(answer)[1])

    def driver(self, name: str) -> str:
        """Return the name of an interface's driver, "" when it has none to tell."""
        try:
            answer = self._ethtool(name, _DRIVER.pack(_ETHTOOL_GDRVINFO, b""))
        except OSError:
            return ""
        text: bytes = _DRIVER.unpack(answer)[1]
        return text.split(b"\0", 1)[0].decode(errors="replace")

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def _register(self, name: str, phy: int, register: int) -> int:
        answer = fcntl.ioctl(self._socket, _SIOCGMIIREG, _MII.pack(_encoded(name), phy, register, 0, 0))
        value: int = _MII.unpack(answer)[4]
        return value

    def _ethtool(self, name: str, request: bytes) -> bytes:
        buffer = ctypes.create_string_buffer(request, len(request))
        fcntl.ioctl(self._socket, _SIOCETHTOOL, _POINTER.pack(_encoded(name), ctypes.addressof(buffer)))
        return buffer.raw


def _encoded(name: str) -> bytes:
    encoded = os.fsencode(name)
    if len(encoded) >= _NAME_SIZE:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), name)
    return encoded
