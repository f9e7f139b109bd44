"""The checks: what all have, then what each kind has."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import (
    BfdCheck,
    DnsCheck,
    FileCheck,
    HttpGet,
    MiscCheck,
    PingCheck,
    SmtpCheck,
    TcpCheck,
    UdpCheck,
)
from keepalived_py.config.dump.names import real_server_name, server_name, starts_failed
from keepalived_py.config.dump.text import address_text, command_text, decimal_text, yes_no
from keepalived_py.config.dump.urls import url_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import AnyCheck, CheckCommon, RealServer, VirtualServer
    from keepalived_py.config.dump.urls import Patterns

_SECOND: Final = 1_000_000
#: What the reference has in the numbers of a check that nobody polls.
_UNSET: Final = 0xFFFFFFFF
_UNSET_TIME: Final = 0xFFFFFFFFFFFFFFFF


def _set(value: bool) -> str:
    return "set" if value else "unset"


def check_lines(
    server: VirtualServer, real: RealServer, check: AnyCheck, patterns: Patterns, *, symlinks: bool
) -> list[str]:
    """Write a check. ``patterns`` are the regular expressions of all checks."""
    alpha = starts_failed(check)
    lines = [
        f" {server_name(server)} -> {real_server_name(real, server)}",
        "   Enabled = yes",
        f"   Up = {yes_no(not alpha)}",
        f"   Has run = {yes_no(isinstance(check, FileCheck))}",
        "   Current weight = 0",
    ]
    match check:
        case FileCheck():
            lines += [
                "   Log all failures = no",
                "   Keepalive method = FILE_CHECK",
                f"     Tracked file = {check.name}",
                "     Reloaded = No",
            ]
        case BfdCheck():
            lines += [
                *_polling(_UNSET_TIME, _UNSET_TIME, _UNSET, _UNSET_TIME, _SECOND, alpha=alpha),
                "   Log all failures = no",
                "   Keepalive method = BFD_CHECK",
                f"   Name = {check.name}",
                f"   Alpha is {'ON' if alpha else 'OFF'}",
            ]
        case _:
            common = check.common
            lines += _polling(
                common.delay_loop,
                common.warmup,
                common.retry,
                common.delay_before_retry,
                common.default_delay_before_retry,
                alpha=alpha,
            )
            lines.append(f"   Log all failures = {yes_no(common.log_all_failures_configured)}")
            if not isinstance(check, MiscCheck):
                lines += _connection(common)
            lines += _kind(check, patterns, symlinks=symlinks)
    return lines


def _polling(delay: int, warmup: int, retry: int, pause: int, usual_pause: int, *, alpha: bool) -> Iterator[str]:
    yield f"   Alpha = {yes_no(alpha)}"
    yield f"   Delay loop = {delay} us"
    yield f"   Warmup = {warmup} us"
    yield f"   Retries = {retry}"
    if retry:
        yield f"   Delay before retry = {pause} us"
        yield f"   Retries iterations = {retry}"
    yield f"   Default delay before retry = {usual_pause} us"


def _connection(common: CheckCommon) -> Iterator[str]:
    yield "   Connection"
    # The reference is left without an address, and says so.
    address = "(none)" if common.connect_ip_refused else address_text(common.connect_ip)
    yield f"     Dest = [{address}]:{common.connect_port}"
    if common.bindto is not None:
        yield f"     Bind to = [{address_text(common.bindto)}]:{common.bind_port}"
    if common.bind_if:
        yield f"     Bind i/f = {common.bind_if}"
    if common.fwmark:
        yield f"     Mark = {common.fwmark}"
    yield f"     Timeout = {decimal_text(common.connect_timeout)}"


def _kind(
    check: TcpCheck | HttpGet | SmtpCheck | DnsCheck | UdpCheck | PingCheck | MiscCheck,
    patterns: Patterns,
    *,
    symlinks: bool,
) -> Iterator[str]:
    match check:
        case TcpCheck():
            yield "   Keepalive method = TCP_CHECK"
        case HttpGet():
            yield from _http(check, patterns)
        case SmtpCheck():
            yield "   Keepalive method = SMTP_CHECK"
            yield f"   helo = {check.helo_name}"
        case DnsCheck():
            yield "   Keepalive method = DNS_CHECK"
            yield f"   Type = {check.query_type}"
            yield f"   Name = {check.name}"
        case UdpCheck():
            yield from _udp(check)
        case PingCheck():
            yield "   Keepalive method = PING_CHECK"
            yield "     ICMP seq no = 0"
        case MiscCheck():
            yield from _misc(check, symlinks=symlinks)


def _http(check: HttpGet, patterns: Patterns) -> Iterator[str]:
    protocol = "1.0C" if check.http_protocol == "1.0c" else check.http_protocol
    yield f"   Keepalive method = {'SSL' if check.ssl else 'HTTP'}_GET, http protocol {protocol}"
    if check.virtualhost_configured:
        yield f"   Virtualhost = {check.virtualhost_configured}"
    yield f"   Enable SNI {_set(check.enable_sni)}"
    if check.sni_name:
        yield f"     SNI name = {check.sni_name}"
    yield f"   Fast recovery {_set(check.fast_recovery)}"
    if check.ssl:
        yield f"   tls_compliant {_set(check.tls_compliant)}"
    for url in check.urls:
        yield from url_lines(url, patterns)


def _udp(check: UdpCheck) -> Iterator[str]:
    yield "   Keepalive method = UDP_CHECK"
    yield "   Payload specified = no" if check.payload is None else f"   Payload len = {len(check.payload)}"
    yield f"   Require reply = {yes_no(check.require_reply)}"
    if not check.require_reply:
        return
    yield f"     Min reply length = {check.min_reply_length}"
    yield f"     Max reply length = {check.max_reply_length}"
    yield f"     Reply data len = {len(check.reply or b'')}"
    if check.reply:
        yield f"     Reply data mask = {yes_no(check.reply_mask is not None)}"


def _misc(check: MiscCheck, *, symlinks: bool) -> Iterator[str]:
    command = check.command
    yield "   Keepalive method = MISC_CHECK"
    if command.path and command.path != command.argv[0] and not symlinks:
        yield f"   path = {command.path}"
    yield f"   script = {command_text(dataclasses.replace(command, path=''))}"
    yield f"   timeout = {check.timeout // _SECOND}"
    yield f"   dynamic = {'YES' if check.dynamic else 'NO'}"
    yield f"   uid:gid = {command.uid}:{command.gid}"
    yield "   Last ran = 0.000000 (Thu Jan  1 00:00:00 1970.000000)"
    yield "   Last status = 0"
