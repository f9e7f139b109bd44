"""Rules about virtual servers, real servers and their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.similar import Names, did_you_mean
from keepalived_py.lint.views import micro, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.lvs_views import RealServerView, VirtualServerView
    from keepalived_py.lint.subject import Subject
    from keepalived_py.lint.tree import Node

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO
_SECOND = 1_000_000


@rule(
    "L001",
    _E,
    "virtual server group that does not exist",
    """`virtual_server group NAME` needs a `virtual_server_group NAME`; without it no address is served, and
    keepalived -t says nothing.""",
)
def _undefined_group(subject: Subject) -> Iterator[Finding]:
    groups = {node.word(1) for node in subject.root.all("virtual_server_group")}
    names = Names(sorted(groups))
    for server in subject.virtual_servers:
        if server.kind == "group" and server.group not in groups:
            yield Finding(
                node=server.node,
                word=2,
                message=f"There is no virtual_server_group {server.group}.",
                advice=f"Define the group.{did_you_mean(server.group, names)}",
            )


@rule("L002", _W, "virtual server group that nothing uses", "No `virtual_server group` names it, so it has no effect.")
def _unused_group(subject: Subject) -> Iterator[Finding]:
    used = {server.group for server in subject.virtual_servers}
    for node in subject.root.all("virtual_server_group"):
        if node.word(1) and node.word(1) not in used:
            yield Finding(
                node=node,
                word=1,
                message=f"virtual_server_group {node.word(1)} is used by no virtual server.",
                advice="Add a virtual_server for it, or remove it.",
            )


@rule(
    "L003",
    _E,
    "virtual server twice",
    """IPVS has one service for an address, port and protocol. keepalived keeps both blocks, and their real
    servers are added to and removed
    from the one service by two quorums that know nothing of each other.""",
)
def _twice(subject: Subject) -> Iterator[Finding]:
    seen: dict[tuple[object, ...], VirtualServerView] = {}
    for server in subject.virtual_servers:
        if (server.kind == "address" and server.address is None) or (not server.protocol and server.kind == "address"):
            continue
        protocol = "" if server.kind == "fwmark" else server.protocol
        family = server.node.value("ip_family") if server.kind == "fwmark" else ""
        key = (server.kind, server.address, server.port, server.mark, server.group, protocol, family)
        first = seen.setdefault(key, server)
        if first is not server:
            yield Finding(
                node=server.node,
                message=f"A virtual server for {server.text} exists already, in line {first.node.line.line}.",
                advice="Put all real servers into one block.",
            )


@rule(
    "L004",
    _W,
    "real server that nobody checks",
    "A real server without a check stays in the table when it is dead.",
)
def _unchecked(subject: Subject) -> Iterator[Finding]:
    for server in subject.virtual_servers:
        for real in server.real_servers:
            if not real.checks:
                yield Finding(
                    node=real.node,
                    message=f"{_name(real)} has no check, so it counts as up for ever.",
                    advice="Add TCP_CHECK, HTTP_GET, or another check.",
                )


def _name(real: RealServerView) -> str:
    return f"{real.address} port {real.port}" if real.port else str(real.address)


@rule(
    "L005",
    _E,
    "real server that is the virtual one",
    """The real server has the address and port of its virtual server, so connections are sent back to the
    service itself.""",
)
def _itself(subject: Subject) -> Iterator[Finding]:
    for server in subject.virtual_servers:
        for real in [*server.real_servers, *([server.sorry] if server.sorry else [])]:
            if server.address is not None and (real.address, real.port) == (server.address, server.port):
                yield Finding(
                    node=real.node,
                    word=1,
                    message=f"{_name(real)} is the virtual server's own address.",
                    advice="Name the machine that serves, by its own address.",
                )


@rule(
    "L006",
    _E,
    "sorry server that is a real server",
    "The sorry server stands in when too few real servers are up; one of those that just failed cannot.",
)
def _sorry(subject: Subject) -> Iterator[Finding]:
    for server in subject.virtual_servers:
        if server.sorry is None or server.sorry.address is None:
            continue
        if any((real.address, real.port) == (server.sorry.address, server.sorry.port) for real in server.real_servers):
            yield Finding(
                node=server.sorry.node,
                message=f"The sorry server {_name(server.sorry)} is one of the real servers.",
                advice="Name a machine that is none of them.",
            )


@rule(
    "L007",
    _I,
    "HTTP check that looks at nothing but success",
    """Neither `status_code`, `digest` nor `regex` is given: any answer with a status of 200 to 299 passes, also
    an error page that is sent
    as 200. (keepalived before 2.1 let any status pass.)""",
)
def _any_answer(subject: Subject) -> Iterator[Finding]:
    for _, _, check in _checks(subject, "HTTP_GET", "SSL_GET"):
        for url in check.all("url"):
            if not url.all("status_code", "digest", "regex"):
                yield Finding(
                    node=url,
                    message=f"Any answer with a status of 200 to 299 from {url.value('path') or 'this url'} passes.",
                    advice="Add status_code 200, a digest or a regex.",
                )


def _checks(subject: Subject, *keywords: str) -> Iterator[tuple[VirtualServerView, RealServerView, Node]]:
    for server in subject.virtual_servers:
        for real in server.real_servers:
            for check in real.checks:
                if check.keyword in keywords:
                    yield server, real, check


@rule(
    "L008",
    _W,
    "TLS check on a plain port, or the other way round",
    """SSL_GET on port 80 or HTTP_GET on port 443: the server speaks the other protocol there as a rule, and the
    check never passes.""",
)
def _wrong_port(subject: Subject) -> Iterator[Finding]:
    for _, real, check in _checks(subject, "HTTP_GET", "SSL_GET"):
        port = whole(check.value("connect_port")) or real.port
        wrong = {"SSL_GET": 80, "HTTP_GET": 443}[check.keyword]
        if port == wrong:
            yield Finding(
                node=check,
                word=0,
                message=f"{check.keyword} asks port {port}, where {'plain HTTP' if port == 80 else 'TLS'} is usual.",
                advice="Use HTTP_GET for plain HTTP, SSL_GET for TLS, or correct connect_port.",
            )


@rule(
    "L009",
    _W,
    "TCP check for a UDP service",
    """The check connects by TCP where the service speaks UDP. Unless the server answers on both, it counts as
    down, or up for the wrong reason.""",
)
def _tcp_for_udp(subject: Subject) -> Iterator[Finding]:
    for server, real, check in _checks(subject, "TCP_CHECK", "HTTP_GET", "SSL_GET", "SMTP_CHECK"):
        port = whole(check.value("connect_port")) or real.port
        if server.protocol == "UDP" and port == real.port:
            yield Finding(
                node=check,
                word=0,
                message=f"{check.keyword} asks TCP port {port}, but {server.text} is UDP.",
                advice="Use UDP_CHECK, DNS_CHECK or MISC_CHECK.",
            )


@rule(
    "L010",
    _W,
    "check that takes longer than its interval",
    """The tries of a check, each with its timeout and the pause before the next, take longer than `delay_loop`,
    so a dead server is noticed
    later than the interval promises. For MISC_CHECK, `misc_timeout` is more than the interval.""",
)
def _too_long(subject: Subject) -> Iterator[Finding]:
    for server in subject.virtual_servers:
        for real in server.real_servers:
            for check in real.checks:
                yield from _check_time(server, real, check)


def _check_time(server: VirtualServerView, real: RealServerView, check: Node) -> Iterator[Finding]:
    def given(keyword: str) -> str:
        return check.value(keyword) or real.node.value(keyword) or server.node.value(keyword)

    loop = micro(given("delay_loop")) or server.delay_loop
    if check.keyword == "MISC_CHECK":
        node, total = check.last("misc_timeout"), micro(check.value("misc_timeout"))
    else:
        node = check.last("connect_timeout") or check.last("retry") or check.last("nb_get_retry")
        tries = 1 + (whole(check.value("nb_get_retry") or given("retry")) or 0)
        timeout = micro(given("connect_timeout"))
        pause = micro(given("delay_before_retry")) or _SECOND
        total = None if timeout is None else tries * timeout + (tries - 1) * pause
    if node is not None and total is not None and total > loop:
        yield Finding(
            node=node,
            message=f"The check may take {total / _SECOND:g} s, longer than delay_loop ({loop / _SECOND:g} s).",
            advice="Lower the timeout or the number of tries, or raise delay_loop.",
        )


@rule(
    "L011",
    _I,
    "persistence without a time",
    "A bare `persistence_timeout` means 360 seconds.",
)
def _bare_persistence(subject: Subject) -> Iterator[Finding]:
    for server in subject.virtual_servers:
        node = server.node.last("persistence_timeout")
        if node is not None and len(node.words) == 1:
            yield Finding(node=node, message="360 seconds are meant by this.", advice="Write the time.")


@rule("L012", _I, "no interval for the checks", "Without `delay_loop` servers are checked once a minute.")
def _no_interval(subject: Subject) -> Iterator[Finding]:
    for server in subject.virtual_servers:
        own = any(check.last("delay_loop") for real in server.real_servers for check in [real.node, *real.checks])
        if server.delay_node is None and not own and any(real.checks for real in server.real_servers):
            yield Finding(
                node=server.node,
                message="No delay_loop is given, so a dead server is noticed after up to a minute.",
                advice="Write delay_loop with the interval that is meant.",
            )


@rule(
    "L014",
    _W,
    "virtual server without its virtual address",
    """The address of a virtual server is no virtual address of any instance here and no address of this host,
    so nothing brings packets for it
    to this director. Looked for only in files that have VRRP instances, and where the host's addresses are known.""",
)
def _no_address(subject: Subject) -> Iterator[Finding]:
    networks = [network for _, network in subject.networks]
    if not subject.instances or not networks:
        return
    virtual = {vip.address for instance in subject.instances for vip in instance.vips}
    own = {network.ip for network in networks}
    seen: set[object] = set()
    for server in subject.virtual_servers:
        if server.address is None or server.address in virtual | own | seen:
            continue
        seen.add(server.address)
        yield Finding(
            node=server.node,
            word=1,
            message=f"{server.address} is no virtual address of an instance here, nor one of this host.",
            advice="Add it to virtual_ipaddress of an instance.",
        )
