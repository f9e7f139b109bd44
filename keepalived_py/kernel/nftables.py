"""nftables over netlink: transactions, and whether a table exists.

Owns the socket. What is in the tables is the caller's; why a kernel refuses is told as OSError. libnftnl, which keepalived links,
is not needed: the messages are our own codec's.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

from keepalived_py.kernel.netlink_socket import NetlinkSocket
from keepalived_py.wire.nftables import (
    NFNL_MSG_BATCH_BEGIN,
    NFNL_MSG_BATCH_END,
    NFT_MSG_GETTABLE,
    encode,
    encode_batch_mark,
    encode_get_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from keepalived_py.wire.nftables import Message

_NETLINK_NETFILTER = 12
_MARK = encode_batch_mark()


class NftablesSocket:
    """nftables of the network namespace it is made in. Raises OSError where the kernel has no netfilter netlink."""

    def __init__(self) -> None:
        self._netlink = NetlinkSocket(_NETLINK_NETFILTER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the socket back; the tables stay."""
        self._netlink.close()

    def apply(self, messages: Iterable[Message]) -> None:
        """Carry out messages as one transaction. Raises OSError, and nothing has happened then."""
        requests = [encoded for message in messages for encoded in encode(message)]
        number = self._netlink.transaction(requests, (NFNL_MSG_BATCH_BEGIN, 0, _MARK), (NFNL_MSG_BATCH_END, 0, _MARK))
        if number:
            raise OSError(number, os.strerror(number))

    def has_table(self, family: int, table: str) -> bool:
        """Whether there is such a table (family NFPROTO_IPV4 or NFPROTO_IPV6). Raises OSError."""
        try:
            self._netlink.request(NFT_MSG_GETTABLE, encode_get_table(family, table))
        except OSError as error:
            if error.errno == errno.ENOENT:
                return False
            raise
        return True


def is_available() -> bool:
    """Whether this kernel, and our permissions, let us ask nftables anything."""
    try:
        with NftablesSocket() as netlink:
            netlink.has_table(socket.AF_INET, "keepalived")
    except OSError:
        return False
    return True
