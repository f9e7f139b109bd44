from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lint.texts import finds, instance, leaves, server

if TYPE_CHECKING:
    from pathlib import Path


CASES: dict[str, tuple[str, str]] = {
    "L001": (
        server(head="virtual_server group «H»") + "virtual_server_group G {\n198.51.100.10 80\n}\n",
        server(head="virtual_server group G") + "virtual_server_group G {\n198.51.100.10 80\n}\n",
    ),
    "L002": (
        "virtual_server_group «G» {\n198.51.100.10 80\n}\n" + server(),
        server(head="virtual_server group G") + "virtual_server_group G {\n198.51.100.10 80\n}\n",
    ),
    "L003": (
        server() + server(head="«virtual_server 198.51.100.10 80»"),
        server() + server(head="virtual_server 198.51.100.10 81", real="192.0.2.1 81"),
    ),
    "L004": (server(check="").replace("real_server 192.0.2.1 80", "«real_server 192.0.2.1 80»"), server()),
    "L005": (server(real="«198.51.100.10» 80"), server(real="192.0.2.1 80")),
    "L006": (server("«sorry_server 192.0.2.1 80»"), server("sorry_server 192.0.2.2 80")),
    "L007": (
        server(check="HTTP_GET {\n«url» {\npath /\n}\n}"),
        server(check="HTTP_GET {\nurl {\npath /\nstatus_code 200\n}\n}"),
    ),
    "L008": (
        server(check="«SSL_GET» {\nurl {\npath /\nstatus_code 200\n}\n}"),
        server(check="SSL_GET {\nconnect_port 443\nurl {\npath /\nstatus_code 200\n}\n}"),
    ),
    "L009": (
        server(check="«TCP_CHECK» {\n}").replace("protocol TCP", "protocol UDP"),
        server(check="UDP_CHECK {\n}").replace("protocol TCP", "protocol UDP"),
    ),
    "L010": (
        server(check="TCP_CHECK {\n«connect_timeout 20»\nretry 2\n}"),
        server(check="TCP_CHECK {\nconnect_timeout 5\nretry 2\n}"),
    ),
    "L011": (server("«persistence_timeout»"), server("persistence_timeout 60")),
    "L012": (server(head="«virtual_server 198.51.100.10 80»").replace("delay_loop 30\n", ""), server()),
    "L014": (instance() + server(head="virtual_server «198.51.100.99» 80"), instance() + server()),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_for_and_says_where(rule: str, tmp_path: Path) -> None:
    finds(tmp_path, rule, CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_the_near_miss_alone(rule: str, tmp_path: Path) -> None:
    leaves(tmp_path, rule, CASES[rule][1])
