"""The sections of the checker process, in its order: TLS, groups, virtual servers, checks, tracked files, BFD sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from keepalived_py.config.ast import BfdCheck, FileCheck
from keepalived_py.config.dump.checks import check_lines
from keepalived_py.config.dump.groups import group_lines
from keepalived_py.config.dump.names import real_server_name, server_name
from keepalived_py.config.dump.servers import server_lines
from keepalived_py.config.dump.urls import Patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import (
        Configuration,
        LvsSections,
        RealServer,
        SslContext,
        TrackFile,
        VirtualServer,
    )

_Kind = TypeVar("_Kind", FileCheck, BfdCheck)


def checker_lines(configuration: Configuration) -> list[str]:
    """Give everything after the global definitions; empty sections are left out."""
    lvs = configuration.lvs
    symlinks = configuration.global_defs.use_symlink_paths
    return [
        *_ssl(lvs.ssl),
        *_topology(lvs, symlinks=symlinks),
        *_checks(lvs, symlinks=symlinks),
        *_track_files(lvs),
        *_sessions(lvs),
    ]


def _ssl(ssl: SslContext | None) -> Iterator[str]:
    if ssl is None:
        return
    yield "------< SSL definitions >------"
    if not (ssl.password or ssl.ca or ssl.certificate or ssl.key):
        yield " Using autogen SSL context"
    if ssl.password:
        yield f" Password : {ssl.password}"
    if ssl.ca:
        yield f" CA-file : {ssl.ca}"
    if ssl.certificate:
        yield f" Certificate file : {ssl.certificate}"
    if ssl.key:
        yield f" Key file : {ssl.key}"


def _topology(lvs: LvsSections, *, symlinks: bool) -> Iterator[str]:
    if not lvs.servers:
        return
    yield "------< LVS Topology >------"
    yield " System is compiled with LVS v1.2.1"
    for group in lvs.groups:
        yield from group_lines(group, [server for server in lvs.servers if server.group == group.name])
    for server in lvs.servers:
        yield from server_lines(server, symlinks=symlinks)


def _of_kind(lvs: LvsSections, kind: type[_Kind], name: str) -> Iterator[tuple[VirtualServer, RealServer, _Kind]]:
    """Give the checks that follow what has that name."""
    for server in lvs.servers:
        for real in server.real_servers:
            for check in real.checks:
                if isinstance(check, kind) and check.name == name:
                    yield server, real, check


def _checks(lvs: LvsSections, *, symlinks: bool) -> Iterator[str]:
    lines: list[str] = []
    patterns = Patterns.of(check for server in lvs.servers for real in server.real_servers for check in real.checks)
    for server in lvs.servers:
        for real in server.real_servers:
            # What follows files is made after everything else was read.
            for check in sorted(real.checks, key=lambda check: isinstance(check, FileCheck)):
                lines += check_lines(server, real, check, patterns, symlinks=symlinks)
    if lines:
        yield "------< Health checkers >------"
        yield from lines


def _track_files(lvs: LvsSections) -> Iterator[str]:
    # The reference forgets, and does not print, what nobody follows.
    files = [file for file in lvs.track_files if any(_of_kind(lvs, FileCheck, file.name))]
    if files:
        yield "------< Checker track files >------"
    for file in files:
        yield from _track_file(lvs, file)


def _track_file(lvs: LvsSections, file: TrackFile) -> Iterator[str]:
    yield f" Track file = {file.name}"
    yield f"   File = {file.path}"
    yield "   Status = 0"
    yield f"   Weight = {file.weight}{' reverse' if file.reverse else ''}"
    yield "   Tracking instances :"
    for server, real, check in _of_kind(lvs, FileCheck, file.name):
        reverse = " reverse" if check.reverse else ""
        yield f"     {server_name(server)} -> {real_server_name(real, server)}, weight {check.weight}{reverse}"


def _sessions(lvs: LvsSections) -> Iterator[str]:
    if not lvs.sessions:
        return
    yield "------< Checker track BFDs >------"
    for name in lvs.sessions:
        yield f" Checker Track BFD = {name}"
        yield "   Tracking RS :"
        for server, real, _ in _of_kind(lvs, BfdCheck, name):
            yield f"   {real_server_name(real, server)}"
