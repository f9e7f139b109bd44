from __future__ import annotations

from pathlib import Path

import pytest

from keepalived_py.config.host import AnyHost
from keepalived_py.config.load import load
from keepalived_py.config.report import ErrorClass
from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.engine import run
from keepalived_py.lint.lvs_views import virtual_servers
from keepalived_py.lint.tree import read_tree
from keepalived_py.lint.views import instances, scripts
from tests.lint.texts import instance, script, server

SAMPLES = sorted((Path(__file__).parents[2] / "conf-samples").rglob("*.conf"))


def test_what_an_instance_inherits_is_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text("global_defs {\nvrrp_version 3\nvrrp_strict\n}\n" + instance("state MASTER", priority=""))
    (view,) = instances(read_tree(str(path), "a").root)
    assert (view.version, view.strict, view.accept, view.priority, view.family) == (3, True, False, 255, 4)
    assert (view.interface, view.vrid, view.advert_int) == ("eth0", 5, 1_000_000)


def test_the_first_address_decides_the_family_and_ipv6_the_version(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text(instance("version 2", vip="virtual_ipaddress {\n2001:db8::1/64\n}"))
    (view,) = instances(read_tree(str(path), "a").root)
    assert (view.family, view.version) == (6, 3)


def test_a_script_s_arguments_are_those_its_program_gets(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text(script("weight 5 reverse", "timeout 1.5", command="/bin/sh -c 'a b'"))
    (view,) = scripts(read_tree(str(path), "a").root)
    assert view.argv == ["/bin/sh", "-c", "a b"]
    assert (view.weight, view.reverse, view.timeout, view.interval) == (5, True, 1_500_000, 2_000_000)


def test_a_real_server_inherits_port_and_method(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text(server(real="192.0.2.1"))
    (view,) = virtual_servers(read_tree(str(path), "a").root)
    assert (view.text, view.protocol, view.delay_loop) == ("198.51.100.10 port 80", "TCP", 30_000_000)
    assert [(real.port, real.method) for real in view.real_servers] == [(80, "DR")]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_without_misspelt_keywords_has_no_error(sample: Path) -> None:
    report = load(str(sample), host=AnyHost(), config_id="a", testing=True).report
    if any(problem.error_class == ErrorClass.UNKNOWN_KEYWORD for problem in report.problems):
        return  # one of the files that people really have
    found = run([str(sample)], host=AnyHost(), config_id="a").diagnostics
    assert [(one.rule, one.message) for one in found if one.severity == Severity.ERROR] == []
