"""Virtual servers: keepalived's cross checks in its order, inheritance filled in, then the AST.

Source: reference/checker-behaviour.md §2.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.ast import (
    AnyCheck,
    CheckDefaults,
    Checker,
    Command,
    ForwardingMethod,
    HttpGet,
    LvsSections,
    PersistenceGranularity,
    Protocol,
    RealServer,
    SorryServer,
    TcpCheck,
    Tunnel,
    VirtualServer,
    VirtualServerKey,
)
from keepalived_py.config.build.checkers import copy_tunnel
from keepalived_py.config.build.names import real_server_name, server_name
from keepalived_py.config.build.scripts import command_text
from keepalived_py.config.report import ErrorClass, NotActedOn
from keepalived_py.config.verify.checks import make_check
from keepalived_py.config.verify.lvs import lvs_sections
from keepalived_py.config.verify.scripts import Verdict, check_notify, check_script, violation

if TYPE_CHECKING:
    from keepalived_py.config.build import CheckDraft, Context, Drafts, RealServerDraft, VirtualServerDraft
    from keepalived_py.config.build.drafts import ServerGroupDraft

_SECOND: Final = 1_000_000
_PERSISTENCE: Final = 360
#: Each is a service in the kernel; the reference, given a prefix like 10.0.0.0/8, never ends its start.
_MOST_ADDRESSES: Final = 65536
_UDP: Final = 17
_METHODS: Final = {"NAT": ForwardingMethod.NAT, "TUN": ForwardingMethod.TUN, "DR": ForwardingMethod.DR}


def verify_checkers(context: Context, drafts: Drafts) -> tuple[tuple[VirtualServer, ...], LvsSections]:
    """Check everything; the virtual servers of the AST that run, and all sections as written."""
    context.at(None)
    servers = [server for server in drafts.servers if _has_group(context, drafts, server)]
    counts: dict[str, int] = {}
    for server in servers:
        if server.group is not None:
            # The reference numbers the servers of a group with the field that else holds the port.
            server.port = counts.get(server.group, 0)
            counts[server.group] = server.port + 1
    for server in servers:
        group = drafts.server_groups.get(server.group) if server.group is not None else None
        _service(context, server, group)
        _real_servers(context, server)
        _quorum(context, server)
        _ports(context, server, group)
    scripts = _check_scripts(context, servers)
    made: list[VirtualServer] = []
    running: list[VirtualServer] = []
    for server in servers:
        group = drafts.server_groups.get(server.group) if server.group is not None else None
        runs = _may_run(context, server, group)
        made.append(_make_server(context, server, scripts, group, runs=runs))
        if runs:
            running.append(made[-1])
    return tuple(running), lvs_sections(drafts, tuple(made))


def _has_group(context: Context, drafts: Drafts, server: VirtualServerDraft) -> bool:
    if server.group is None:
        return True
    group = drafts.server_groups.get(server.group)
    if group is None:
        context.log(f"Virtual server group {server.group} specified but not configured - ignoring virtual server")
        return False
    if server.family and group.families and group.families != {server.family}:
        context.log(f"{server.group}: address family doesn't match virtual server {server_name(server)} - ignoring")
        return False
    if len(group.families) == 1:
        (server.family,) = group.families
    return True


def _service(context: Context, server: VirtualServerDraft, group: ServerGroupDraft | None) -> None:
    has_addresses = bool(group.entries) if group is not None else not server.fwmark
    only_marks = (not group.entries and bool(group.marks)) if group is not None else bool(server.fwmark)
    if "ha_suspend" in server.values and (server.fwmark or (group is not None and group.marks)):
        context.error(f"Virtual server {server_name(server)}: cannot use ha_suspend with fwmarks - clearing ha_suspend")
        del server.values["ha_suspend"]
    if has_addresses:
        if not server.protocol:
            context.error(f"Virtual server {server_name(server)}: no protocol set - defaulting to UDP")
            server.protocol = _UDP
        if server.one_packet and server.protocol != _UDP:
            context.error(f"Virtual server {server_name(server)}: one packet scheduling requires UDP - resetting")
            server.one_packet = False
        if not server.persistence_timeout and group is None and not server.port:
            _persistent(context, server)
    if not server.persistence_timeout and group is not None and any(not port for _, port in group.entries):
        _persistent(context, server)
    if server.protocol and only_marks:
        context.error(
            f"Warning: Virtual server {server_name(server)}: protocol specified for fwmark - protocol will be ignored"
        )
        server.protocol = 0
    if not server.scheduler:
        context.error(f"Virtual server {server_name(server)}: no scheduler set, setting default 'wlc'")
        server.scheduler = "wlc"


def _persistent(context: Context, server: VirtualServerDraft) -> None:
    context.error(f"Virtual server {server_name(server)}: zero port only valid for persistent services - setting")
    server.persistence_timeout = _PERSISTENCE


def _default_method(context: Context, server: VirtualServerDraft) -> str:
    if server.method is None:
        context.error(f"Virtual server {server_name(server)}: no forwarding method set, setting default NAT")
        server.method = "NAT"
    return server.method


def _same(one: RealServerDraft, other: RealServerDraft) -> bool:
    return one.address == other.address and one.port == other.port


def _real_servers(context: Context, server: VirtualServerDraft) -> None:
    kept: list[RealServerDraft] = []
    taken = set[tuple[object, int]]()
    for real in server.real_servers:
        if (real.address, real.port) in taken:
            context.error(
                f"VS {server_name(server)}: real server {real_server_name(real, server)} is duplicated"
                " - removing second rs"
            )
            continue
        kept.append(real)
        taken.add((real.address, real.port))
        if real.method is None:
            real.method = _default_method(context, server)
            copy_tunnel(server, real)
        values = real.values
        values.setdefault("inhibit_on_failure", "inhibit_on_failure" in server.values)
        real.inhibit = values["inhibit_on_failure"]
        values.setdefault("alpha", "alpha" in server.values)
        values.setdefault("weight", server.values.get("weight", 1))
        for keyword in ("retry", "connect_timeout", "delay_loop", "warmup", "delay_before_retry"):
            if keyword not in values and keyword in server.values:
                values[keyword] = server.values[keyword]
        sorry = server.sorry_server
        if sorry is not None and _same(sorry, real) and sorry.inhibit != real.inhibit:
            context.error(
                f"Virtual server {server_name(server)}: real server {real_server_name(real, server)} matches sorry"
                f" server, but inhibit setting differs, {'sett' if real.inhibit else 'clear'}ing on sorry server"
            )
            sorry.inhibit = real.inhibit
    server.real_servers[:] = kept
    sorry = server.sorry_server
    if sorry is not None and sorry.method is None:
        sorry.method = _default_method(context, server)
        copy_tunnel(server, sorry)


def _quorum(context: Context, server: VirtualServerDraft) -> None:
    values = server.values
    total = sum(real.values["weight"] for real in server.real_servers)
    quorum = values.setdefault("quorum", 1)
    if quorum > total:
        context.error(
            f"Warning - quorum {quorum} for {server_name(server)} exceeds total weight of real servers {total},"
            f" reducing quorum to {total}"
        )
        values["quorum"] = quorum = total
    hysteresis = values.setdefault("hysteresis", 0)
    if hysteresis >= quorum:
        lowered = (quorum - 1) & 0xFFFFFFFF
        context.error(
            f"Virtual server {server_name(server)}: hysteresis {hysteresis} >= quorum {quorum};"
            f" setting hysteresis to {lowered}"
        )
        values["hysteresis"] = lowered


def _ports(context: Context, server: VirtualServerDraft, group: ServerGroupDraft | None) -> None:
    if group is not None:
        _group_ports(context, server, group)
        return
    name = server_name(server)
    for real in server.real_servers:
        if real.method == "NAT":
            if not server.fwmark and not real.port:
                real.port = server.port
        elif server.fwmark:
            if real.port:
                context.error(
                    f"WARNING - fwmark virtual server {name}, real server {real_server_name(real, server)}"
                    " has port specified - clearing"
                )
                real.port = 0
        elif not real.port:
            real.port = server.port
        elif real.port != server.port:
            context.error(
                f"WARNING - virtual server {name} and real server {real_server_name(real, server)}"
                " ports don't match - resetting"
            )
            real.port = server.port
    sorry = server.sorry_server
    if sorry is None or sorry.method == "NAT":
        return
    if server.fwmark:
        if sorry.port:
            context.error(f"WARNING - virtual server {name}, sorry server has port specified - clearing")
            sorry.port = 0
    elif not sorry.port:
        sorry.port = server.port
    elif sorry.port != server.port:
        context.error(f"WARNING - virtual server {name} and sorry server ports don't match - resetting")
        sorry.port = server.port


def _group_ports(context: Context, server: VirtualServerDraft, group: ServerGroupDraft) -> None:
    name = server_name(server)
    for text, port in group.entries:
        for real in server.real_servers:
            if real.method != "NAT" and real.port and real.port != port:
                context.error(
                    f"virtual server {name}:[{text},{port}] and real server {real_server_name(real, server)}"
                    " ports don't match"
                )
    if not group.marks:
        return
    for real in server.real_servers:
        if real.method != "NAT" and real.port:
            context.error(
                f"WARNING - fwmark virtual server {name}, real server {real_server_name(real, server)}"
                " has port specified - port will be ignored"
            )
    sorry = server.sorry_server
    if sorry is not None and sorry.method != "NAT" and sorry.port:
        context.error(f"WARNING - fwmark virtual server {name}, sorry server has port specified - port will be ignored")


def _check_scripts(context: Context, servers: list[VirtualServerDraft]) -> dict[int, Command | None]:
    """Look at all scripts; the usable commands by the identity of what was written."""
    found: dict[int, Command | None] = {}
    verdicts = Verdict.NONE
    if not servers:
        return found
    for server in servers:
        for real in server.real_servers:
            for check in real.checks[:]:
                if check.keyword == "MISC_CHECK":
                    verdict = _check_misc(context, check)
                    verdicts |= verdict
                    if verdict & (Verdict.INHIBITED | Verdict.NOT_FOUND) or not (
                        verdict & (Verdict.EXECUTABLE | Verdict.SYSTEM)
                    ):
                        real.checks.remove(check)
                        real.lost_checks += bool(check.values.get("alpha", real.values["alpha"]))
    for server in servers:
        owners: list[dict[str, Any]] = [server.values, *(real.values for real in server.real_servers)]
        for owner in owners:
            for keyword in ("quorum_up", "quorum_down", "notify_up", "notify_down"):
                command = owner.get(keyword)
                if command is not None:
                    found[id(command)], verdict = check_notify(context, command)
                    verdicts |= verdict
    if "enable_script_security" not in context.globals.values and (text := violation(verdicts, "check ")):
        context.problem(ErrorClass.SECURITY, text)
    return found


def _check_misc(context: Context, check: CheckDraft) -> Verdict:
    uid, gid = check.identity or (0, 0)
    check.values["command"], verdict = check_script(context, Command(argv=tuple(check.argv), uid=uid, gid=gid))
    if Verdict.INHIBITED in verdict:
        context.log(f"Disabling misc script {command_text(check.argv)} due to insecure")
    elif Verdict.NOT_FOUND in verdict:
        context.log(f"Disabling misc script {command_text(check.argv)} since not found/accessible")
    return verdict


def _may_run(context: Context, server: VirtualServerDraft, group: ServerGroupDraft | None) -> bool:
    """Whether this version can serve it rightly; else it is left out, loudly."""
    addresses = 0 if group is None else sum(int(entry.last) - int(entry.first) + 1 for entry in group.ranges)
    if addresses <= _MOST_ADDRESSES:
        return True
    what = f"a group of {addresses} addresses (at most {_MOST_ADDRESSES})"
    context.log(f"WARNING - virtual server {server_name(server)} left out: this version does not do {what}")
    context.report.not_acted_on.append(
        NotActedOn(
            what=f"virtual_server {server_name(server)}: {what}",
            location=server.location,
            unsafe=True,
            consequence="the virtual server is left out",
        )
    )
    return False


def _families(server: VirtualServerDraft, group: ServerGroupDraft | None) -> tuple[int, ...]:
    if server.family or group is None:
        return (server.family or 4,)
    return tuple(sorted(group.families))


def _make_server(
    context: Context,
    server: VirtualServerDraft,
    scripts: dict[int, Command | None],
    group: ServerGroupDraft | None,
    *,
    runs: bool,
) -> VirtualServer:
    values = server.values
    sorry = server.sorry_server
    prefix = server.persistence_prefix
    mask = server.persistence_mask
    real_servers = tuple(_make_real(context, server, real, scripts, runs=runs) for real in server.real_servers)
    return VirtualServer(
        key=VirtualServerKey(
            address=server.address,
            port=server.port if group is None else 0,
            protocol=Protocol(server.protocol),
            fwmark=server.fwmark or 0,
            family=server.family or 4,
        ),
        scheduler=server.scheduler,
        scheduler_flags=server.flags,
        persistence_timeout=server.persistence_timeout,
        persistence_granularity=None if prefix is None else PersistenceGranularity(prefix_length=prefix, mask=mask),
        persistence_engine=server.persistence_engine,
        one_packet=server.one_packet,
        alpha="alpha" in values,
        omega="omega" in values,
        ha_suspend="ha_suspend" in values,
        quorum=values["quorum"],
        hysteresis=values["hysteresis"],
        quorum_up=scripts.get(id(values.get("quorum_up"))),
        quorum_down=scripts.get(id(values.get("quorum_down"))),
        virtualhost=values.get("virtualhost"),
        smtp_alert=_smtp_alert(context, values, default=False),
        sorry_server=None
        if sorry is None
        else SorryServer(
            address=sorry.address,
            port=sorry.port,
            lvs_method=_METHODS[sorry.method or "NAT"],
            inhibit=bool(sorry.inhibit),
            tunnel=_tunnel(sorry),
            is_real_server=any(_same(sorry, real) for real in server.real_servers),
        ),
        real_servers=real_servers,
        location=server.location,
        group=server.group,
        group_member=server.port if group is not None else 0,
        families=_families(server, group),
        lvs_method=None if server.method is None else _METHODS[server.method],
        tunnel=_tunnel(server),
        defaults=_defaults(values),
        inhibit_on_failure="inhibit_on_failure" in values,
        snmp_name=values.get("snmp_name"),
    )


def _tunnel(draft: VirtualServerDraft | RealServerDraft) -> Tunnel:
    return _shared_tunnel(draft.tunnel or "ipip", draft.tunnel_port, draft.tunnel_checksum)


@functools.lru_cache(maxsize=64)  # a large file has thousands of equal ones
def _shared_tunnel(kind: str, port: int, checksum: str) -> Tunnel:
    return Tunnel(type=kind, port=port, checksum=checksum)


def _defaults(values: dict[str, Any]) -> CheckDefaults:
    return _shared_defaults(
        values.get("connect_timeout", 5 * _SECOND),
        values.get("delay_loop", 60 * _SECOND),
        values.get("retry"),
        values.get("delay_before_retry"),
        values.get("warmup"),
    )


@functools.lru_cache(maxsize=64)
def _shared_defaults(
    connect_timeout: int, delay_loop: int, retry: int | None, delay_before_retry: int | None, warmup: int | None
) -> CheckDefaults:
    return CheckDefaults(
        connect_timeout=connect_timeout,
        delay_loop=delay_loop,
        retry=retry,
        delay_before_retry=delay_before_retry,
        warmup=warmup,
    )


def _smtp_alert(context: Context, values: dict[str, Any], *, default: bool) -> bool:
    globals_ = context.globals.values
    for value in (values.get("smtp_alert"), globals_.get("smtp_alert_checker"), globals_.get("smtp_alert")):
        if value is not None:
            return bool(value)
    return default


def _make_real(
    context: Context,
    server: VirtualServerDraft,
    real: RealServerDraft,
    scripts: dict[int, Command | None],
    *,
    runs: bool,
) -> RealServer:
    values = real.values
    checks: list[AnyCheck] = []
    checkers: list[Checker] = []
    for draft in real.checks:
        check = make_check(context, server, real, draft)
        checks.append(check)
        if runs and _runs(context, server, real, draft) and isinstance(check, TcpCheck | HttpGet):
            checkers.append(check)
    return RealServer(
        address=real.address,
        port=real.port,
        weight=values["weight"],
        lvs_method=_METHODS[real.method or "NAT"],
        inhibit_on_failure=bool(real.inhibit),
        upper_threshold=values.get("uthreshold", 0),
        lower_threshold=values.get("lthreshold", 0),
        virtualhost=values.get("virtualhost"),
        smtp_alert=_smtp_alert(context, values, default=True),
        notify_up=scripts.get(id(values.get("notify_up"))),
        notify_down=scripts.get(id(values.get("notify_down"))),
        checkers=tuple(checkers),
        location=real.location,
        checks=tuple(checks),
        lost_checks=real.lost_checks,
        alpha=bool(values["alpha"]),
        tunnel=_tunnel(real),
        defaults=_defaults(values),
        snmp_name=values.get("snmp_name"),
    )


def _runs(context: Context, server: VirtualServerDraft, real: RealServerDraft, check: CheckDraft) -> bool:
    """Whether this version does the check; else it is left out, loudly."""
    unsupported = list(dict.fromkeys(check.unsupported))
    if check.keyword in {"TCP_CHECK", "HTTP_GET", "SSL_GET"} and not unsupported:
        return True
    what = f"{check.keyword}{': ' if unsupported else ''}{', '.join(unsupported)}"
    name = real_server_name(real, server)
    context.log(f"WARNING - real server {name}: this version does not do {what}; it counts as up without it")
    context.report.not_acted_on.append(
        NotActedOn(
            what=f"real_server {name}: {what}",
            location=check.location,
            unsafe=True,
            consequence="the server counts as up without this check",
        )
    )
    return False
