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
    ("statement", "message"),
    [
        ("lb_algo fastest", "Invalid lvs_scheduler 'fastest' - ignoring"),
        ("lb_kind nat", "PARSER : unknown [nat] routing method for virtual server."),
        ("lb_kind TUN type gue", "gue tunnels require port, otherwise cannot have port."),
        ("persistence_timeout 0", "persistence_timeout invalid"),
        ("persistence_granularity mask", "Invalid IPv4 persistence_granularity specified - mask"),
        ("protocol ICMP", "Unknown protocol ICMP - ignoring"),
        ("quorum 0", "Quorum 0 must be in [1, 4294967295]. Setting to 1."),
        ("delay_loop 0", "virtual server delay loop '0' invalid - ignoring"),
        ("sorry_server here", "Invalid sorry server IP address here - skipping"),
        ("sorry_server_inhibit", "Ignoring sorry_server inhibit used before or without sorry_server"),
        ("virtualhost", "virtual server virtualhost missing"),
        ("virtualhost a\nvirtualhost b", "Duplicate vs virtualhost - overwriting a with b"),
        ("sh-port", "sh-port only applies to sh scheduler - ignoring"),
        (
            "real_server 2001:db8::1 80 {\n}",
            "Address family of virtual server and real server 2001:db8::1 don't match - skipping real server.",
        ),
        ("real_server here 80 {\n}", "Invalid real server ip address/port here/80 - skipping"),
    ],
)
def test_a_wrong_statement_of_a_virtual_server_is_answered(says: Says, statement: str, message: str) -> None:
    said = says(SERVER.format(server=statement, real="weight 1"))
    assert any(line.endswith(message) for line in said), said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "virtual_server here 80 {\n real_server 10.0.0.1 {\n }\n}\n",
            "Invalid virtual server IP address/port here/80 - skipping",
        ),
        ("virtual_server 10.0.0.1 80 {\n}\n", "Virtual server [10.0.0.1]:none:80 has no real servers - ignoring"),
        ("virtual_server_group g {\n}\n", "virtual server group g has no entries - removing"),
        (
            "virtual_server_group g {\n10.0.0.9-5\n}\n",
            "Address range end is not greater than address range start - 10.0.0.9-5 - skipping",
        ),
        ("virtual_server_group g {\n10.0.0.1/24\n}\n", "Address mask bits not empty - 10.0.0.1/24 - skipping"),
        (
            "virtual_server_group g {\n10.0.0.1-300\n}\n",
            "Virtual server group range '10.0.0.1-300' end '300' too large",
        ),
        ("SSL {\n}\nSSL {\n}\n", "SSL context already specified - replacing"),
    ],
)
def test_a_wrong_block_is_answered(says: Says, text: str, message: str) -> None:
    said = says(text)
    assert any(line.endswith(message) for line in said), said
