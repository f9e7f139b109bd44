"""The keywords of keepalived.conf: one declaration each, and which block holds which.

The single source of truth for parsing, checking and documentation. It must not act on anything.
"""

from __future__ import annotations

from typing import Final

from keepalived_py.config.keywords import checkers, vrrp
from keepalived_py.config.keywords import globals as global_keywords
from keepalived_py.config.keywords.model import Keyword

__all__ = ["ROOT", "BlockType", "Keyword"]


class BlockType:
    """A kind of block: the declarations of what it may hold, and the kinds of the blocks among them.

    ``lines`` is true for a value block: its lines are entries, not keywords.
    """

    __slots__ = ("blocks", "keywords", "lines", "name", "terminal")

    def __init__(
        self,
        name: str,
        keywords: dict[str, Keyword] | None = None,
        blocks: dict[str, BlockType] | None = None,
    ) -> None:
        self.name = name
        self.terminal = name.upper()
        self.lines = keywords is None
        self.keywords = keywords or {}
        self.blocks = dict(blocks or {})
        for keyword in self.keywords.values():
            if keyword.kind in {"lines", "names"}:
                self.blocks[keyword.name] = BlockType(keyword.name)


def _blocks(*types: BlockType) -> dict[str, BlockType]:
    return {kind.name: kind for kind in types}


_URL: Final = BlockType("url", checkers.URL)

_REAL_SERVER: Final = BlockType(
    "real_server",
    checkers.REAL_SERVER,
    _blocks(
        BlockType("TCP_CHECK", checkers.TCP_CHECK),
        BlockType("HTTP_GET", checkers.HTTP_GET, _blocks(_URL)),
        BlockType("SSL_GET", checkers.SSL_GET, _blocks(BlockType("url", checkers.SSL_URL))),
        BlockType("SMTP_CHECK", checkers.SMTP_CHECK, _blocks(BlockType("host", checkers.SMTP_HOST))),
        BlockType("DNS_CHECK", checkers.DNS_CHECK),
        BlockType("UDP_CHECK", checkers.UDP_CHECK),
        BlockType("PING_CHECK", checkers.PING_CHECK),
        BlockType("MISC_CHECK", checkers.MISC_CHECK),
        BlockType("FILE_CHECK", checkers.FILE_CHECK),
        BlockType("BFD_CHECK", checkers.BFD_CHECK),
    ),
)

#: The root of the file; everything else hangs below it.
ROOT: Final = BlockType(
    "",
    global_keywords.ROOT,
    _blocks(
        BlockType("global_defs", global_keywords.GLOBAL_DEFS),
        BlockType(
            "vrrp_instance",
            vrrp.VRRP_INSTANCE,
            _blocks(BlockType("authentication", vrrp.AUTHENTICATION), BlockType("auth_hmac", vrrp.AUTH_HMAC)),
        ),
        BlockType("vrrp_sync_group", vrrp.VRRP_SYNC_GROUP),
        BlockType("vrrp_script", vrrp.VRRP_SCRIPT),
        BlockType("vrrp_track_process", vrrp.VRRP_TRACK_PROCESS),
        BlockType("track_file", vrrp.TRACK_FILE),
        BlockType("vrrp_track_file", vrrp.TRACK_FILE),
        BlockType("track_group", vrrp.TRACK_GROUP),
        BlockType("garp_group", vrrp.GARP_GROUP),
        BlockType("virtual_server", checkers.VIRTUAL_SERVER, _blocks(_REAL_SERVER)),
        BlockType("SSL", checkers.SSL),
        BlockType("bfd_instance", vrrp.BFD_INSTANCE),
    ),
)
