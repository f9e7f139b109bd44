"""Virtual servers and their real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import BfdCheck, FileCheck, Protocol
from keepalived_py.config.dump.names import forwarding_line, notify_line, real_server_name, server_name
from keepalived_py.config.dump.starting import failed_checks, start_of
from keepalived_py.config.dump.text import address_text, decimal_text, yes_no

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.ast import CheckDefaults, RealServer, VirtualServer
    from keepalived_py.config.dump.starting import Start

_FLAGS: Final = {
    "sh": (("sh-port", 0x10), ("sh-fallback", 0x08)),
    "mh": (("mh-port", 0x10), ("mh-fallback", 0x08)),
}
_OTHER_FLAGS: Final = (("flag-1", 0x08), ("flag-2", 0x10), ("flag-3", 0x20))
_PROTOCOLS: Final = {Protocol.NONE: "none", Protocol.TCP: "TCP", Protocol.UDP: "UDP", Protocol.SCTP: "SCTP"}
_ALL_ONES: Final = 0xFFFFFFFF


def _on(value: bool) -> str:
    return "ON" if value else "OFF"


def _able(value: bool) -> str:
    return "enabled" if value else "disabled"


def server_lines(server: VirtualServer, *, symlinks: bool) -> Iterator[str]:
    """Write a virtual server and its real servers."""
    yield " ------< Virtual server >------"
    yield _head(server)
    if server.virtualhost:
        yield f"   VirtualHost = {server.virtualhost}"
    if server.snmp_name:
        yield f"   SNMP name = '{server.snmp_name}'"
    yield f"   Address family = {_family(server)}"
    yield f"   connection timeout = {decimal_text(server.defaults.connect_timeout)}"
    yield f"   delay_loop = {decimal_text(server.defaults.delay_loop)}"
    yield f"   lvs_sched = {server.scheduler}"
    yield "   Hashed = disabled"
    for name, bit in _FLAGS.get(server.scheduler, _OTHER_FLAGS):
        yield f"   {name} = {_able(bool(server.scheduler_flags & bit))}"
    inactive = " (inactive due to not UDP)" if server.one_packet and server.key.protocol != Protocol.UDP else ""
    yield f"   One packet scheduling = {_able(server.one_packet)}{inactive}"
    yield from _persistence(server)
    yield f"   protocol = {_PROTOCOLS[server.key.protocol]}"
    yield f"   alpha is {_on(server.alpha)}"
    yield f"   omega is {_on(server.omega)}"
    yield from _retrying(server.defaults)
    yield f"   Inhibit on failure is {_on(server.inhibit_on_failure)}"
    yield f"   quorum = {server.quorum}, hysteresis = {server.hysteresis}"
    if server.quorum_up is not None:
        yield notify_line(server.quorum_up, "Quorum up", symlinks=symlinks)
    if server.quorum_down is not None:
        yield notify_line(server.quorum_down, "Quorum down", symlinks=symlinks)
    if server.ha_suspend:
        yield "   Using HA suspend"
    yield f"   Using smtp notification = {yes_no(server.smtp_alert)}"
    yield forwarding_line("default ", server.lvs_method, server.tunnel)
    start = start_of(server)
    yield from _sorry(server, start)
    yield "   VS alive = 1"
    yield f"   quorum_state_up = {int(start.has_quorum)}"
    yield "   reloaded = 0"
    for real in server.real_servers:
        yield from _real(real, symlinks=symlinks)


def _head(server: VirtualServer) -> str:
    key = server.key
    if server.group is not None:
        return f" VS GROUP = {server_name(server)}"
    if key.fwmark:
        return f" VS FWMARK = {key.fwmark}"
    address = "(none)" if key.address is None else address_text(key.address)
    return f" VS VIP = {address}, VPORT = {key.port}"


def _family(server: VirtualServer) -> str:
    return {(4,): "inet", (6,): "inet6", (4, 6): "IPv4 & IPv6"}.get(server.families, "unknown")


def _persistence(server: VirtualServer) -> Iterator[str]:
    if server.persistence_timeout:
        yield f"   persistence timeout = {server.persistence_timeout}"
    granularity = server.persistence_granularity
    if granularity is None:
        return
    if granularity.mask is None:
        yield f"   persistence granularity = {granularity.prefix_length}"
    elif int(granularity.mask) != _ALL_ONES:  # which the reference takes for none
        yield f"   persistence granularity = {granularity.mask}"


def _retrying(defaults: CheckDefaults) -> Iterator[str]:
    if defaults.retry is not None:
        yield f"   Retry count = {defaults.retry}"
    if defaults.delay_before_retry is not None:
        yield f"   Retry delay = {decimal_text(defaults.delay_before_retry)}"
    if defaults.warmup is not None:
        yield f"   Warmup = {decimal_text(defaults.warmup)}"


def _sorry(server: VirtualServer, start: Start) -> Iterator[str]:
    sorry = server.sorry_server
    if sorry is None:
        return
    duplicate = "(duplicates rs) " if sorry.is_real_server else ""
    yield f"   sorry server {duplicate}= {real_server_name(sorry, server)}"
    yield forwarding_line("  ", sorry.lvs_method, sorry.tunnel)
    yield f"     Inhibit on failure is {_on(sorry.inhibit)}"
    yield f"     set = {int(start.sorry_set)}"
    yield f"     alive = {int(start.sorry_alive)}"


def _real(real: RealServer, *, symlinks: bool) -> Iterator[str]:
    yield "   ------< Real server >------"
    yield (
        f"   RIP = {address_text(real.address)}, RPORT = {real.port}, WEIGHT = {real.weight} EFF WEIGHT = {real.weight}"
    )
    yield forwarding_line("", real.lvs_method, real.tunnel)
    yield f"   Alpha is {_on(real.alpha)}"
    yield f"   connection timeout = {decimal_text(real.defaults.connect_timeout)}"
    yield f"   connection limit range = {real.lower_threshold} -> {real.upper_threshold}"
    yield f"   Delay loop = {decimal_text(real.defaults.delay_loop)}"
    yield from _retrying(real.defaults)
    yield f"   Inhibit on failure is {_on(real.inhibit_on_failure)}"
    if real.notify_up is not None:
        yield notify_line(real.notify_up, "RS up", symlinks=symlinks)
    if real.notify_down is not None:
        yield notify_line(real.notify_down, "RS down", symlinks=symlinks)
    if real.virtualhost:
        yield f"    VirtualHost = '{real.virtualhost}'"
    if real.snmp_name:
        yield f"   SNMP name = {real.snmp_name}"
    yield f"   Using smtp notification = {yes_no(real.smtp_alert)}"
    yield f"   initial weight = {real.weight}"
    yield f"   effective weight = {real.weight}"
    yield "   previous effective_weight = 0"
    failed = failed_checks(real)
    yield f"   alive = {int(not failed)}"
    yield f"   num failed checkers = {failed}"
    yield f"   RS set = {int(not failed or real.inhibit_on_failure)}"
    yield "   reloaded = 0"
    yield from _followed(real)


def _followed(real: RealServer) -> Iterator[str]:
    files = [check for check in real.checks if isinstance(check, FileCheck)]
    if files:
        yield "   Tracked Files"
    for file in files:
        yield f"     {file.name}, weight {file.weight}{' reverse' if file.reverse else ''}"
    sessions = [check.name for check in real.checks if isinstance(check, BfdCheck)]
    if sessions:
        yield "   Tracked BFDs"
    for name in sessions:
        yield f"     {name}"
