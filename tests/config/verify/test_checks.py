"""What a check has in the end: its own settings, its servers', or those of its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from keepalived_py.config.ast import (
    AnyCheck,
    BfdCheck,
    DnsCheck,
    FileCheck,
    HttpGet,
    MiscCheck,
    SmtpCheck,
    TcpCheck,
    UdpCheck,
)

if TYPE_CHECKING:
    from tests.config.conftest import Reads

AROUND = """\
track_file f {
 file /tmp/f
 weight 2 reverse
}
bfd_instance b {
 neighbor_ip 192.0.2.1
}
virtual_server 198.51.100.10 80 {
 lvs_sched rr
 lvs_method NAT
 protocol TCP
 %s
 real_server 10.0.0.1 80 {
%s
 }
}
"""


def checks(read: Reads, written: str, server: str = "") -> tuple[AnyCheck, ...]:
    configuration = read(AROUND % (server, written), testing=False).configuration
    assert configuration is not None
    return configuration.lvs.servers[0].real_servers[0].checks


@pytest.mark.parametrize(
    ("written", "retry", "pause", "usual"),
    [
        ("TCP_CHECK {\n}", 1, 1_000_000, 1_000_000),
        ("HTTP_GET {\nurl {\npath /\n}\n}", 1, 3_000_000, 3_000_000),
        ("DNS_CHECK {\n}", 3, 60_000_000, 0),
        ("MISC_CHECK {\nmisc_path /bin/true\n}", 0, 1_000_000, 1_000_000),
    ],
)
def test_kinds_differ_in_how_often_they_try_again(
    read: Reads, written: str, retry: int, pause: int, usual: int
) -> None:
    (check,) = checks(read, written)
    assert not isinstance(check, BfdCheck | FileCheck)
    common = check.common
    assert (common.retry, common.delay_before_retry, common.default_delay_before_retry) == (retry, pause, usual)


@pytest.mark.parametrize(
    ("written", "kind", "values"),
    [
        ("SMTP_CHECK {\nhelo_name me\n}", SmtpCheck, {"helo_name": "me"}),
        ("DNS_CHECK {\ntype mx\nname a.example\n}", DnsCheck, {"query_type": "MX", "name": "a.example"}),
        (
            "UDP_CHECK {\npayload 1 2 0a\nrequire_reply 0x ff\nmin_reply_length 1\n}",
            UdpCheck,
            {"payload": b"\x01\x02\x0a", "reply": b"\x00\xff", "reply_mask": b"\x0f\x00", "min_reply_length": 1},
        ),
        (
            "MISC_CHECK {\nmisc_path '/bin/true now'\nmisc_timeout 4\nmisc_dynamic\n}",
            MiscCheck,
            {"timeout": 4_000_000, "dynamic": True},
        ),
        ("FILE_CHECK {\ntrack_file f\n}", FileCheck, {"name": "f", "weight": 2, "reverse": True}),
        ("FILE_CHECK {\ntrack_file f\nweight 5\n}", FileCheck, {"weight": 5, "reverse": False}),
        ("BFD_CHECK {\nname b\n}", BfdCheck, {"name": "b", "alpha": False}),
        (
            "SSL_GET {\nvirtualhost v\nsni_name s\ntls_compliant\nurl {\npath /\n}\n}",
            HttpGet,
            {"virtualhost_configured": "v", "sni_name": "s", "enable_sni": True, "tls_compliant": True},
        ),
    ],
)
def test_every_kind_keeps_what_was_written(read: Reads, written: str, kind: type, values: dict[str, Any]) -> None:
    (check,) = checks(read, written)
    assert isinstance(check, kind)
    assert {name: getattr(check, name) for name in values} == values


def test_a_server_runs_only_the_checks_there_are_workers_for(read: Reads) -> None:
    written = "TCP_CHECK {\n}\nPING_CHECK {\n}\nHTTP_GET {\nurl {\npath /\nregex x\n}\n}"
    configuration = read(AROUND % ("", written), testing=False).configuration
    assert configuration is not None
    (real,) = configuration.virtual_servers[0].real_servers
    assert len(real.checks) == 3
    assert real.checkers == real.checks[:1]


def test_a_refused_address_leaves_the_servers_and_is_remembered(read: Reads) -> None:
    (check,) = checks(read, "TCP_CHECK {\nconnect_ip nonsense\n}")
    assert isinstance(check, TcpCheck)
    assert (str(check.common.connect_ip), check.common.connect_ip_refused) == ("10.0.0.1", True)


def test_smtp_takes_its_servers_timeout_as_far_as_it_is_known_at_its_end(read: Reads) -> None:
    (check,) = checks(read, "SMTP_CHECK {\n}\nconnect_timeout 2", server="connect_timeout 3")
    assert isinstance(check, SmtpCheck)
    assert check.common.connect_timeout == 3_000_000


def test_each_host_of_smtp_makes_a_check_more_that_forgets_where_it_connects(read: Reads) -> None:
    first, second = checks(read, "SMTP_CHECK {\nhost {\nconnect_port 2525\n}\nretry 4\n}")
    assert isinstance(first, SmtpCheck)
    assert isinstance(second, SmtpCheck)
    assert (first.common.connect_port, second.common.connect_port) == (2525, 80)
    assert (first.common.retry, second.common.retry) == (4, 4)
    assert second.common.connect_timeout == 0
