from __future__ import annotations

import dataclasses
from ipaddress import IPv4Address, IPv6Address

import pytest

from keepalived_py.config.ast import (
    AnyCheck,
    BfdCheck,
    CheckCommon,
    Command,
    DnsCheck,
    FileCheck,
    HttpGet,
    HttpUrl,
    MiscCheck,
    PingCheck,
    Protocol,
    RealServer,
    SmtpCheck,
    TcpCheck,
    UdpCheck,
    VirtualServer,
    VirtualServerKey,
)
from keepalived_py.config.dump.checks import check_lines
from keepalived_py.config.dump.urls import Patterns

REAL = RealServer(address=IPv4Address("10.0.0.1"), port=80)
SERVER = VirtualServer(key=VirtualServerKey(address=IPv4Address("198.51.100.1"), port=80, protocol=Protocol.TCP))
COMMON = CheckCommon(connect_ip=IPv4Address("10.0.0.1"), connect_port=80)


def lines(check: AnyCheck, *, symlinks: bool = False) -> list[str]:
    return check_lines(SERVER, REAL, check, Patterns.of([check]), symlinks=symlinks)


def test_a_check_is_shown_with_its_timing_and_its_connection() -> None:
    assert lines(TcpCheck(common=COMMON)) == [
        " [198.51.100.1]:tcp:80 -> [10.0.0.1]:tcp:80",
        "   Enabled = yes",
        "   Up = yes",
        "   Has run = no",
        "   Current weight = 0",
        "   Alpha = no",
        "   Delay loop = 60000000 us",
        "   Warmup = 60000000 us",
        "   Retries = 1",
        "   Delay before retry = 1000000 us",
        "   Retries iterations = 1",
        "   Default delay before retry = 1000000 us",
        "   Log all failures = no",
        "   Connection",
        "     Dest = [10.0.0.1]:80",
        "     Timeout = 5.000000",
        "   Keepalive method = TCP_CHECK",
    ]


def test_the_connections_rarer_settings_are_shown_when_given() -> None:
    common = CheckCommon(
        connect_ip=IPv6Address("fe80::1"),
        connect_port=1,
        bindto=IPv6Address("fe80::2"),
        bind_port=9,
        bind_if="eth0",
        fwmark=3,
    )
    got = lines(TcpCheck(common=common))
    at = got.index("   Connection")
    assert got[at + 1 : at + 5] == [
        "     Dest = [fe80::1]:1",
        "     Bind to = [fe80::2]:9",
        "     Bind i/f = eth0",
        "     Mark = 3",
    ]


def test_an_address_that_was_refused_is_none_as_in_the_reference() -> None:
    got = lines(TcpCheck(common=dataclasses.replace(COMMON, connect_ip_refused=True)))
    assert "     Dest = [(none)]:80" in got


def test_without_retries_nothing_is_said_about_them() -> None:
    got = lines(MiscCheck(common=dataclasses.replace(COMMON, retry=0), command=Command(argv=("/bin/true",))))
    assert "   Retries = 0" in got
    assert not any(line.startswith(("   Delay before retry", "   Retries iterations")) for line in got)


def test_in_alpha_mode_a_check_starts_down() -> None:
    common = dataclasses.replace(COMMON, alpha=True)
    got = lines(PingCheck(common=common))
    assert "   Up = no" in got
    assert "   Alpha = yes" in got


@pytest.mark.parametrize(
    ("check", "tail"),
    [
        (PingCheck(common=COMMON), ["   Keepalive method = PING_CHECK", "     ICMP seq no = 0"]),
        (SmtpCheck(common=COMMON, helo_name="me"), ["   Keepalive method = SMTP_CHECK", "   helo = me"]),
        (
            DnsCheck(common=COMMON, query_type="MX", name="example.com"),
            ["   Keepalive method = DNS_CHECK", "   Type = MX", "   Name = example.com"],
        ),
        (
            UdpCheck(common=COMMON),
            ["   Keepalive method = UDP_CHECK", "   Payload specified = no", "   Require reply = no"],
        ),
        (
            UdpCheck(common=COMMON, payload=b"ab", require_reply=True, reply=b"abc", reply_mask=b"\x00\x0f\x00"),
            [
                "   Payload len = 2",
                "   Require reply = yes",
                "     Min reply length = 0",
                "     Max reply length = 255",
                "     Reply data len = 3",
                "     Reply data mask = yes",
            ],
        ),
        (
            FileCheck(name="f"),
            ["   Keepalive method = FILE_CHECK", "     Tracked file = f", "     Reloaded = No"],
        ),
        (
            BfdCheck(name="b", alpha=True),
            ["   Keepalive method = BFD_CHECK", "   Name = b", "   Alpha is ON"],
        ),
    ],
)
def test_each_kind_ends_with_its_own_lines(check: AnyCheck, tail: list[str]) -> None:
    assert lines(check)[-len(tail) :] == tail


def test_a_program_is_shown_with_what_is_run_in_the_end_and_as_whom() -> None:
    command = Command(argv=("/bin/x", "a b"), path="/usr/bin/x", uid=1, gid=2)
    check = MiscCheck(common=COMMON, command=command, timeout=3_000_000, dynamic=True)
    wanted = ["   script = '/bin/x' 'a b'", "   timeout = 3", "   dynamic = YES", "   uid:gid = 1:2"]
    assert lines(check)[-7:-2] == ["   path = /usr/bin/x", *wanted]
    assert "   path = /usr/bin/x" not in lines(check, symlinks=True)


def test_only_tls_says_whether_it_is_compliant_for_the_whole_check() -> None:
    plain = HttpGet(common=COMMON, urls=(HttpUrl(path="/"),), http_protocol="1.0c")
    tls = HttpGet(common=COMMON, urls=(HttpUrl(path="/"),), ssl=True, enable_sni=True, sni_name="a", tls_compliant=True)
    assert "   Keepalive method = HTTP_GET, http protocol 1.0C" in lines(plain)
    assert not any(line.startswith("   tls_compliant") for line in lines(plain))
    assert {"   Enable SNI set", "     SNI name = a", "   tls_compliant set"} <= set(lines(tls))
