from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import ForwardingMethod, HttpGet, Protocol, TcpCheck, Tunnel, VirtualServer

if TYPE_CHECKING:
    from tests.config.conftest import Reads, Says

TEXT = """\
virtual_server {address} {{
 lb_algo rr
 lb_kind {method}
 protocol TCP
{server}
 real_server 10.0.0.1 {port} {{
{real}
 }}
}}
"""


def text(
    *, address: str = "198.51.100.10 80", method: str = "NAT", server: str = "", port: str = "8080", real: str = ""
) -> str:
    return TEXT.format(address=address, method=method, server=server, port=port, real=real)


def made(read: Reads, written: str) -> VirtualServer:
    configuration = read(written).configuration
    assert configuration is not None
    return configuration.virtual_servers[0]


def test_a_server_is_read_whole(read: Reads) -> None:
    server = made(
        read,
        text(
            server="delay_loop 6\npersistence_timeout 50\npersistence_granularity 255.255.255.0\nquorum 2\nhysteresis 1\n"
            "weight 3\nalpha\nomega\nvirtualhost a.example\nsorry_server 10.0.0.9 81\nsorry_server_inhibit",
            real="weight 5\nuthreshold 10\nlthreshold 2\ninhibit_on_failure",
        ),
    )
    assert (str(server.key.address), server.key.port, server.key.protocol) == ("198.51.100.10", 80, Protocol.TCP)
    assert (server.scheduler, server.persistence_timeout, server.quorum, server.hysteresis) == ("rr", 50, 2, 1)
    assert server.persistence_granularity is not None
    assert server.persistence_granularity.prefix_length == 24
    assert server.alpha
    assert server.omega
    assert server.sorry_server is not None
    assert (str(server.sorry_server.address), server.sorry_server.port, server.sorry_server.inhibit) == (
        "10.0.0.9",
        81,
        True,
    )
    (real,) = server.real_servers
    assert (real.weight, real.upper_threshold, real.lower_threshold, real.inhibit_on_failure) == (5, 10, 2, True)
    assert (real.port, real.lvs_method) == (8080, ForwardingMethod.NAT)


def test_a_check_inherits_from_its_server_and_its_virtual_server(read: Reads) -> None:
    server = made(
        read,
        text(
            server="delay_loop 6\nretry 4\nconnect_timeout 2",
            real="delay_before_retry 7\nTCP_CHECK {\nconnect_timeout 1\n}\nHTTP_GET {\nurl {\npath /\n}\n}",
        ),
    )
    tcp, http = server.real_servers[0].checkers
    assert isinstance(tcp, TcpCheck)
    assert (tcp.common.delay_loop, tcp.common.warmup, tcp.common.retry) == (6_000_000, 6_000_000, 4)
    assert (tcp.common.connect_timeout, tcp.common.delay_before_retry) == (1_000_000, 7_000_000)
    assert isinstance(http, HttpGet)
    assert (http.common.connect_timeout, str(http.common.connect_ip), http.common.connect_port) == (
        2_000_000,
        "10.0.0.1",
        8080,
    )


def test_http_checks_wait_longer_before_a_retry_by_default(read: Reads) -> None:
    server = made(read, text(real="HTTP_GET {\nurl {\npath /\n}\n}\nTCP_CHECK {\n}"))
    http, tcp = server.real_servers[0].checkers
    assert (http.common.delay_before_retry, http.common.retry) == (3_000_000, 1)
    assert (tcp.common.delay_before_retry, tcp.common.retry) == (1_000_000, 1)


def test_digests_and_status_codes_are_typed(read: Reads) -> None:
    check = "SSL_GET {\nurl {\npath /probe\ndigest a635f6f309228a052994bdba46681855\nstatus_code 200-204 301\n}\n}"
    (check_made,) = made(read, text(real=check)).real_servers[0].checkers
    assert isinstance(check_made, HttpGet)
    assert check_made.ssl
    assert check_made.urls[0].digest == bytes.fromhex("a635f6f309228a052994bdba46681855")
    assert check_made.urls[0].status_codes == ((200, 204), (301, 301))


@pytest.mark.parametrize(
    ("method", "port", "effective"),
    [("NAT", "8080", 8080), ("NAT", "", 80), ("DR", "", 80), ("DR", "8080", 80), ("NAT", "0", 80)],
)
def test_only_nat_has_a_port_of_its_own(read: Reads, method: str, port: str, effective: int) -> None:
    assert made(read, text(method=method, port=port)).real_servers[0].port == effective


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            text(method="DR"),
            "WARNING - virtual server [198.51.100.10]:tcp:80 and real server [10.0.0.1]:tcp:8080 ports don't match - resetting",
        ),
        (
            text().replace(" protocol TCP\n", ""),
            "Virtual server [198.51.100.10]:none:80: no protocol set - defaulting to UDP",
        ),
        (
            text().replace(" lb_algo rr\n", ""),
            "Virtual server [198.51.100.10]:tcp:80: no scheduler set, setting default 'wlc'",
        ),
        (
            text().replace(" lb_kind NAT\n", ""),
            "Virtual server [198.51.100.10]:tcp:80: no forwarding method set, setting default NAT",
        ),
        (
            text(server="quorum 5"),
            "Warning - quorum 5 for [198.51.100.10]:tcp:80 exceeds total weight of real servers 1, reducing quorum to 1",
        ),
        (
            text(server="hysteresis 1"),
            "Virtual server [198.51.100.10]:tcp:80: hysteresis 1 >= quorum 1; setting hysteresis to 0",
        ),
        (text(server="ops"), "Virtual server [198.51.100.10]:tcp:80: one packet scheduling requires UDP - resetting"),
        (
            text(address="198.51.100.10"),
            "Virtual server [198.51.100.10]:tcp:0: zero port only valid for persistent services - setting",
        ),
        (
            text(address="fwmark 5"),
            "Warning: Virtual server FWM 5: protocol specified for fwmark - protocol will be ignored",
        ),
        (
            text(server="real_server 10.0.0.1 8080 {\n}"),
            "VS [198.51.100.10]:tcp:80: real server [10.0.0.1]:tcp:8080 is duplicated - removing second rs",
        ),
    ],
)
def test_a_doubtful_server_is_mended_and_reported(says: Says, written: str, message: str) -> None:
    assert message in says(written)


def test_mail_is_on_for_real_servers_and_off_for_virtual_ones(read: Reads) -> None:
    server = made(read, text())
    assert (server.smtp_alert, server.real_servers[0].smtp_alert) == (False, True)
    server = made(read, "global_defs {\n smtp_alert_checker no\n}\n" + text(server="smtp_alert"))
    assert (server.smtp_alert, server.real_servers[0].smtp_alert) == (True, False)


def test_a_kind_of_check_that_is_not_built_is_noted_as_unsafe(read: Reads) -> None:
    loaded = read(text(real="PING_CHECK {\n}\nTCP_CHECK {\n}"))
    assert loaded.configuration is not None
    assert len(loaded.configuration.virtual_servers[0].real_servers[0].checkers) == 1
    (noted,) = [item for item in loaded.report.not_acted_on if item.unsafe]
    assert noted.what == "real_server [10.0.0.1]:tcp:8080: PING_CHECK"


def test_the_virtual_servers_of_a_group_run_and_are_numbered(read: Reads) -> None:
    written = "virtual_server_group g {\n 198.51.100.10-12 80\n fwmark 7\n}\n"
    loaded = read(written + text(address="group g") + text(address="group g", server="protocol UDP"))
    assert loaded.configuration is not None
    servers = loaded.configuration.virtual_servers
    assert [(server.group, server.group_member, server.families) for server in servers] == [
        ("g", 0, (4,)),
        ("g", 1, (4,)),
    ]
    assert loaded.report.not_acted_on == []


def test_a_group_of_more_addresses_than_a_table_should_hold_is_left_out_loudly(read: Reads) -> None:
    loaded = read("virtual_server_group g {\n 10.0.0.0/15 80\n}\n" + text(address="group g"))
    assert loaded.configuration is not None
    assert loaded.configuration.virtual_servers == ()
    (noted,) = [item for item in loaded.report.not_acted_on if item.unsafe]
    assert noted.what == "virtual_server [g]:0: a group of 131072 addresses (at most 65536)"


def test_tunnels_of_every_type_run(read: Reads) -> None:
    method = "lvs_method TUN type gue port 6080 csum"
    server = made(read, text(server=method, real="lvs_method TUN type gre"))
    assert server.tunnel == Tunnel(type="gue", port=6080, checksum="csum")
    assert server.real_servers[0].tunnel == Tunnel(type="gre")
