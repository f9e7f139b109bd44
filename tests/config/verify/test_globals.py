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


def test_a_start_in_a_namespace_that_is_not_there_ends_with_0_and_says_so(read: Reads) -> None:
    loaded = read("net_namespace nowhere\n", testing=False)
    assert (loaded.report.abort_status, loaded.report.fatal_status) == (0, 0)
    assert loaded.configuration is None
    assert loaded.report.lines(testing=False)[-2:] == [
        "Failed to open /run/netns/nowhere",
        "Unable to set network namespace nowhere - exiting",
    ]


class Traveller(AnyHost):
    """A host that notes where it was told to look."""

    def __init__(self) -> None:
        self.places: list[str] = []

    def enter_namespace(self, name: str) -> bool:
        self.places.append(name)
        return True


def test_the_namespace_of_the_command_line_takes_the_place_of_the_written_one(tmp_path: Path) -> None:
    path, host = tmp_path / "k.conf", Traveller()
    path.write_text("net_namespace written\n")
    loaded = load(str(path), host=host, config_id="a", namespace="blue")
    assert host.places == ["blue"]
    assert loaded.configuration is not None
    assert loaded.configuration.global_defs.network_namespace == "blue"
    assert "Overriding config net_namespace 'written' with command line namespace 'blue'" in loaded.report.lines(
        testing=False
    )


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
