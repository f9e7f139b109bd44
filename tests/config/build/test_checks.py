from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.config.conftest import Says

SERVER = """\
virtual_server 198.51.100.10 80 {{
 lb_algo rr
 lb_kind NAT
 protocol TCP
 {server}
 real_server 10.0.0.1 80 {{
  {real}
 }}
}}
"""


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("HTTP_GET {\n}", "HTTP/SSL_GET checker has no urls specified - ignoring"),
        ("HTTP_GET {\nurl {\n}\n}", "HTTP/SSL_GET checker url has no path - ignoring"),
        ("HTTP_GET {\nnb_get_retry 3\n}", "nb_get_retry is deprecated - please use 'retry'"),
        ("HTTP_GET {\nurl {\npath /\ndigest 12\n}\n}", "digest '12' character length should be 32 rather than 2"),
        (
            "HTTP_GET {\nurl {\npath /\ndigest " + "0" * 31 + "g\n}\n}",
            f"Unable to interpret hex digit in '{'0' * 31}g' at offset 30/31",
        ),
        ("HTTP_GET {\nurl {\npath /\nstatus_code 99\n}\n}", "Invalid HTTP_GET status code '99'"),
        ("HTTP_GET {\nhttp_protocol 2\n}", "Invalid http_protocol version 2"),
        ("TCP_CHECK {\nnb_get_retry 3\n}", "Unknown keyword 'nb_get_retry'"),
        ("TCP_CHECK {\nconnect_port 0\n}", "Invalid checker connect_port '0'"),
        ("TCP_CHECK {\nbindto here\n}", "Invalid bindto address here - ignoring"),
        (
            "TCP_CHECK {\nbindto 2001:db8::1\n}",
            "bindto address 2001:db8::1 does not match address family of connect_ip - skipping",
        ),
        ("MISC_CHECK {\n}", "No script path has been specified for MISC_CHECKER - skipping"),
        ("DNS_CHECK {\ntype ANY\n}", "Unknown DNS check type ANY - ignoring"),
        ("UDP_CHECK {\npayload xyz\n}", "Invalid hex string for UDP_CHECK payload"),
        ("SMTP_CHECK {\nhelo_name\n}", "SMTP_CHECK helo name missing"),
        ("FILE_CHECK {\ntrack_file f\n}", "track_file f not found"),
        ("BFD_CHECK {\nname b\n}", "([10.0.0.1]:tcp:80) BFD_CHECK - BFD b not configured"),
    ],
)
def test_a_wrong_check_is_answered(says: Says, check: str, message: str) -> None:
    said = says(SERVER.format(server="", real=check))
    assert any(line.endswith(message) for line in said), said


def test_a_check_of_a_session_that_is_dropped_is_answered_once(says: Says) -> None:
    said = says(SERVER.format(server="", real="BFD_CHECK {\nname b\nname c\n}"))
    assert [line.partition("tcp:80) ")[2] for line in said if "BFD" in line] == ["BFD_CHECK - BFD b not configured"]
