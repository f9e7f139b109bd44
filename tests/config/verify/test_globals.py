from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.host import AnyHost
from keepalived_py.config.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.config.conftest import Reads


def test_a_network_namespace_that_does_not_exist_ends_the_test_without_an_error(read: Reads) -> None:
    loaded = read("net_namespace nowhere\nno_such_keyword\n")
    assert loaded.report.exit_status(testing=True) == 0


def test_a_start_in_a_network_namespace_is_refused_rather_than_done_elsewhere(read: Reads) -> None:
    loaded = read("net_namespace nowhere\n", testing=False)
    assert loaded.report.fatal_status == 2
    assert loaded.configuration is None


class Mute(AnyHost):
    """A host whose resolver must not be asked."""

    def host_name(self) -> str:
        raise AssertionError


def test_the_resolver_is_not_asked_when_nobody_needs_the_name(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text("global_defs {\n router_id R\n}\n")
    configuration = load(str(path), host=Mute(), config_id="a").configuration
    assert configuration is not None
    assert configuration.global_defs.router_id == "R"


def test_start_scripts_without_script_security_are_a_violation(read: Reads) -> None:
    loaded = read("global_defs {\n startup_script /bin/true\n}\n")
    assert loaded.report.lines(testing=True) == [
        "SECURITY VIOLATION - start/shutdown scripts are being executed but script_security not enabled."
    ]
    assert loaded.report.exit_status(testing=True) == 6
