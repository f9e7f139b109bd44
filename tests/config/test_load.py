from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepalived_py.config.host import AnyHost, FactsHost
from keepalived_py.config.load import load

if TYPE_CHECKING:
    from tests.config.conftest import Reads

USERS = Path(__file__).parents[3] / "shared" / "user-configs"

PIECES = st.sampled_from(
    [
        "vrrp_instance A", "virtual_server 10.0.0.1 80", "real_server 10.0.0.2 80", "HTTP_GET", "url", "path /", "{", "}",
        "\n", "interface eth0", "virtual_router_id 5", "virtual_ipaddress", "10.0.0.1/24", "track_script", "vrrp_script s",
        'script "/bin/true', "'", '"', "\\", "$X=1 \\", "$X", "${X}", "~SEQ(A,1,3) ", "~LST({A,B},{c},{d,e}) ", "@a ", "@^a ",
        "# c", "! c", "weight", "-1", "99999999999", "group", "fwmark", "include /no/such", "includem /no/such", "global_defs",
        "notification_email", "static_rules", "static_routes", "from x", "state", "\0", "\u00a0", "\udcff", "9" * 1100,
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40), st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_it_raise(tmp_path: Path, pieces: list[str], spaced: bool, testing: bool) -> None:
    path = tmp_path / "k.conf"
    path.write_bytes((" " if spaced else "\n").join(pieces).encode("utf-8", "surrogateescape"))
    loaded = load(str(path), host=AnyHost(), config_id="a", testing=testing)
    loaded.report.lines(testing=testing)
    assert loaded.report.exit_status(testing=True) in {0, 2, 4, 5, 6}
    assert (loaded.configuration is None) == (loaded.report.fatal_status != 0)


@given(st.binary(max_size=3000))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_it_raise(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "k.conf"
    path.write_bytes(content)
    load(str(path), host=FactsHost({}), config_id="a")


def test_a_missing_file_a_directory_and_an_executable_are_told_apart(tmp_path: Path) -> None:
    script = tmp_path / "x.conf"
    script.write_text("global_defs {\n}\n")
    script.chmod(0o755)
    for path, message in (
        ("/no/such.conf", "Config files missing '/no/such.conf'."),
        (str(tmp_path), f"Configuration file '{tmp_path}/' is a directory - skipping"),
        (str(script), f"Configuration file '{script}' is not a regular non-executable file - skipping"),
    ):
        loaded = load(path, host=AnyHost(), config_id="a")
        assert loaded.report.lines(testing=True) == [message]
        assert (loaded.configuration, loaded.report.fatal_status) == (None, 6)


@pytest.mark.skipif(os.geteuid() != 0, reason="a file that root cannot read does not exist; this gives it to nobody")
def test_an_unreadable_include_is_named(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    main = tmp_path / "k.conf"
    main.write_text("includer d\n")
    loaded = load(str(main), host=AnyHost(), config_id="a", testing=True)
    assert loaded.report.exit_status(testing=True) == 6
    assert "is a directory - skipping" in loaded.report.lines(testing=True)[0]


def test_the_files_that_were_read_are_named_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.inc").write_text("global_defs {\n}\n")
    main = tmp_path / "k.conf"
    main.write_text("include a.inc\nno_such\n")
    loaded = load(str(main), host=AnyHost(), config_id="a", testing=True)
    assert loaded.files == (str(main), "a.inc")
    assert loaded.report.lines(testing=True)[0] == f"({main}: Line 2) Unknown keyword 'no_such'"


def test_every_include_problem_is_fatal_when_asked_for(tmp_path: Path) -> None:
    main = tmp_path / "k.conf"
    main.write_text("include missing.inc\n")
    assert load(str(main), host=AnyHost(), config_id="a", testing=True).report.exit_status(testing=True) == 0
    strict = load(str(main), host=AnyHost(), config_id="a", testing=True, all_includes=True)
    assert strict.report.exit_status(testing=True) == 6


def test_the_collector_is_as_it_was(tmp_path: Path) -> None:
    main = tmp_path / "k.conf"
    main.write_text("")
    assert gc.isenabled()
    load(str(main), host=AnyHost(), config_id="a")
    assert gc.isenabled()


def test_lenient_numbers_count_at_a_start_but_not_in_a_test(read: Reads) -> None:
    text = "vrrp_instance VI {\n interface eth0\n virtual_router_id 5\n version 3x\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n"
    started, tested = read(text, testing=False).configuration, read(text).configuration
    assert started is not None
    assert tested is not None
    assert (started.vrrp_instances[0].version, tested.vrrp_instances[0].version) == (3, 2)


def test_any_error_refuses_the_start_when_reloads_are_checked(read: Reads) -> None:
    text = "global_defs {\n reload_check_config\n}\n"
    assert read(text, testing=False).report.fatal_status == 0
    assert read(text + "no_such_keyword\n", testing=False).report.fatal_status == 2


@pytest.mark.skipif(not USERS.is_dir(), reason="the users' own files are not at hand")
@pytest.mark.parametrize(
    ("name", "instances", "servers", "unknown"),
    [("1-external-balancer.conf", 1, 0, 0), ("2-nat.conf", 2, 3, 2), ("3-direct-routing.conf", 1, 3, 3)],
)
def test_the_users_files_are_usable(name: str, instances: int, servers: int, unknown: int) -> None:
    loaded = load(str(USERS / name), host=AnyHost(), config_id="a")
    configuration = loaded.configuration
    assert configuration is not None
    assert len(configuration.vrrp_instances) == instances
    assert sum(len(server.real_servers) for server in configuration.virtual_servers) == servers
    assert sum("Unknown keyword" in line for line in loaded.report.lines(testing=True)) == unknown
    assert not [item for item in loaded.report.not_acted_on if item.unsafe]
