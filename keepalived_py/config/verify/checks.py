"""The AST nodes of checks: what a check does not say comes from its real server, else from its kind.

Source: reference/checker-behaviour.md §2 and §3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.ast import (
    AnyCheck,
    BfdCheck,
    CheckCommon,
    Command,
    DnsCheck,
    FileCheck,
    HttpGet,
    MiscCheck,
    PingCheck,
    SmtpCheck,
    TcpCheck,
    UdpCheck,
)

if TYPE_CHECKING:
    from keepalived_py.config.build import CheckDraft, Context, RealServerDraft, VirtualServerDraft

_SECOND: Final = 1_000_000
#: Attempts after the first one, and the pause between them (0: the interval), where a kind has its own.
_RETRIES: Final = {"MISC_CHECK": 0, "DNS_CHECK": 3}
_PAUSES: Final = {"HTTP_GET": 3 * _SECOND, "SSL_GET": 3 * _SECOND, "DNS_CHECK": 0}


def make_check(context: Context, server: VirtualServerDraft, real: RealServerDraft, check: CheckDraft) -> AnyCheck:
    """Give the node of any check."""
    values = check.values
    location = check.location
    match check.keyword:
        case "FILE_CHECK":
            weight, reverse = values["weight"]
            return FileCheck(name=values["track_file"], weight=weight, reverse=reverse, location=location)
        case "BFD_CHECK":
            alpha = bool(values.get("alpha", real.values.get("alpha", False)))
            return BfdCheck(name=values["name"], alpha=alpha, location=location)
    common = _common(context, real, check)
    match check.keyword:
        case "HTTP_GET" | "SSL_GET":
            return _http(server, real, check, common)
        case "SMTP_CHECK":
            helo_name = values.get("helo_name", "smtpchecker.keepalived.org")
            return SmtpCheck(common=common, helo_name=helo_name, location=location)
        case "DNS_CHECK":
            return DnsCheck(
                common=common, query_type=values.get("type", "SOA"), name=values.get("name", "."), location=location
            )
        case "UDP_CHECK":
            reply, mask = values.get("reply", (None, None))
            return UdpCheck(
                common=common,
                payload=values.get("payload"),
                require_reply="require_reply" in values,
                reply=reply,
                reply_mask=mask,
                min_reply_length=values.get("min_reply_length", 0),
                max_reply_length=values.get("max_reply_length", 255),
                location=location,
            )
        case "MISC_CHECK":
            uid, gid = check.identity or (0, 0)
            return MiscCheck(
                common=common,
                command=values.get("command", Command(argv=tuple(check.argv), uid=uid, gid=gid)),
                timeout=values.get("misc_timeout", 0) * _SECOND,
                dynamic="misc_dynamic" in values,
                location=location,
            )
        case "PING_CHECK":
            return PingCheck(common=common, location=location)
        case _:
            return TcpCheck(common=common, location=location)


def _http(server: VirtualServerDraft, real: RealServerDraft, check: CheckDraft, common: CheckCommon) -> HttpGet:
    values = check.values
    own = values.get("virtualhost")
    return HttpGet(
        common=common,
        urls=tuple(check.urls),
        ssl=check.keyword == "SSL_GET",
        virtualhost=own or real.values.get("virtualhost") or server.values.get("virtualhost"),
        virtualhost_configured=own,
        http_protocol=values.get("http_protocol", "1.0"),
        fast_recovery=values.get("fast_recovery", False),
        enable_sni=values.get("enable_sni", False),
        sni_name=values.get("sni_name"),
        tls_compliant=values.get("tls_compliant", False),
        location=check.location,
    )


def _common(context: Context, real: RealServerDraft, check: CheckDraft) -> CheckCommon:
    own, inherited = check.values, real.values

    def either(keyword: str, default: Any) -> Any:
        return own.get(keyword, inherited.get(keyword, default))

    delay_loop = either("delay_loop", 60 * _SECOND)
    pause = _PAUSES.get(check.keyword, _SECOND)
    log_all = own.get("log_all_failures", False)
    return CheckCommon(
        connect_ip=check.connect_ip or real.address,
        connect_port=own.get("connect_port", check.connect_port or real.port),
        bindto=check.bindto,
        bind_port=own.get("bind_port", 0),
        bind_if=own.get("bind_if"),
        fwmark=own.get("fwmark", 0),
        connect_timeout=either("connect_timeout", 5 * _SECOND),
        retry=either("retry", _RETRIES.get(check.keyword, 1)),
        delay_before_retry=either("delay_before_retry", pause or delay_loop),
        delay_loop=delay_loop,
        warmup=either("warmup", delay_loop),
        alpha=bool(either("alpha", False)),
        log_all_failures=log_all or context.globals.values.get("checker_log_all_failures", False),
        log_all_failures_configured=log_all,
        default_delay_before_retry=pause,
        connect_ip_refused=check.connect_ip_refused,
    )
