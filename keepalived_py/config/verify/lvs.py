"""What the checker process reads besides virtual servers: from drafts to the AST.

Source: reference/keywords-checker-bfd.tsv.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import LvsSections, SslContext, TrackFile, VirtualServerGroup

if TYPE_CHECKING:
    from keepalived_py.config.ast import VirtualServer
    from keepalived_py.config.build import Drafts


def lvs_sections(drafts: Drafts, servers: tuple[VirtualServer, ...]) -> LvsSections:
    """Give the checker process's configuration as written; ``servers`` are its virtual servers, all of them."""
    return LvsSections(
        ssl=SslContext(**(drafts.ssl or {})) if drafts.ssl is not None or drafts.ssl_required else None,
        groups=tuple(
            VirtualServerGroup(
                name=group.name, ranges=tuple(group.ranges), marks=tuple(group.marks), location=group.location
            )
            for group in drafts.all_server_groups
        ),
        servers=servers,
        track_files=tuple(
            TrackFile(
                name=file.name,
                path=file.values["file"],
                weight=file.weight,
                reverse=file.reverse,
                location=file.location,
            )
            for file in drafts.checker_files.values()
        ),
        sessions=tuple(drafts.checker_sessions),
    )
