from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.dump.checkers import checker_lines

if TYPE_CHECKING:
    from tests.config.conftest import Reads

SERVER = """\
virtual_server 198.51.100.10 80 {
 lvs_sched rr
 lvs_method NAT
 protocol TCP
 real_server 10.0.0.1 80 {
%s
 }
}
"""


def lines(read: Reads, written: str) -> list[str]:
    loaded = read(written, testing=False)
    configuration = loaded.configuration or loaded.checkers_only
    assert configuration is not None
    return checker_lines(configuration)


def sections(read: Reads, written: str) -> list[str]:
    return [line for line in lines(read, written) if line.startswith("------<")]


def test_empty_sections_are_left_out(read: Reads) -> None:
    assert sections(read, "global_defs {\n}\n") == []
    assert sections(read, SERVER % "") == ["------< LVS Topology >------"]


def test_a_check_over_tls_makes_a_context_of_its_own(read: Reads) -> None:
    got = lines(read, SERVER % "SSL_GET {\nurl {\npath /\n}\n}")
    assert got[:2] == ["------< SSL definitions >------", " Using autogen SSL context"]


def test_the_files_of_the_ssl_block_are_shown(read: Reads) -> None:
    got = lines(read, "SSL {\npassword secret\nca /ca\ncertificate /c\nkey /k\n}\n" + SERVER % "")
    assert got[1:5] == [" Password : secret", " CA-file : /ca", " Certificate file : /c", " Key file : /k"]


def test_files_that_nobody_follows_are_forgotten(read: Reads) -> None:
    files = "track_file one {\nfile /tmp/one\n}\ntrack_file two {\nfile /tmp/two\nweight 3 reverse\n}\n"
    got = lines(read, files + SERVER % "FILE_CHECK {\ntrack_file two\n}")
    at = got.index("------< Checker track files >------")
    assert got[at + 1 :] == [
        " Track file = two",
        "   File = /tmp/two",
        "   Status = 0",
        "   Weight = 3 reverse",
        "   Tracking instances :",
        "     [198.51.100.10]:tcp:80 -> [10.0.0.1]:tcp:80, weight 3 reverse",
    ]


def test_checks_that_follow_files_come_last(read: Reads) -> None:
    files = "track_file one {\nfile /tmp/one\n}\n"
    got = lines(read, files + SERVER % "FILE_CHECK {\ntrack_file one\n}\nTCP_CHECK {\n}")
    assert [line for line in got if "Keepalive method" in line] == [
        "   Keepalive method = TCP_CHECK",
        "   Keepalive method = FILE_CHECK",
    ]


def test_sessions_are_shown_with_the_servers_that_follow_them(read: Reads) -> None:
    session = "bfd_instance peer {\nneighbor_ip 192.0.2.1\n}\n"
    got = lines(read, session + SERVER % "BFD_CHECK {\nname peer\n}")
    assert got[-3:] == [" Checker Track BFD = peer", "   Tracking RS :", "   [10.0.0.1]:tcp:80"]


def test_the_checker_is_dumped_even_when_vrrp_cannot_be_read(read: Reads) -> None:
    loaded = read("vrrp_instance a {\npriority\n}\n" + SERVER % "TCP_CHECK {\n}", testing=False)
    assert loaded.configuration is None
    assert loaded.checkers_only is not None
    assert "------< Health checkers >------" in checker_lines(loaded.checkers_only)


def test_servers_of_groups_and_others_are_dumped_in_the_files_order(read: Reads) -> None:
    group = "virtual_server_group g {\n198.51.100.20 80\n}\n"
    of_group = SERVER.replace("198.51.100.10 80", "group g") % ""
    loaded = read(group + of_group + SERVER % "", testing=False)
    assert loaded.configuration is not None
    assert [server.group for server in loaded.configuration.virtual_servers] == ["g", None]
    got = [line for line in checker_lines(loaded.configuration) if line.startswith(" VS ")]
    assert got == [" VS GROUP = [g]:0", " VS VIP = 198.51.100.10, VPORT = 80"]
