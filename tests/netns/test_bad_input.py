"""What is wrong from outside ends in one clear line and the reference's exit status, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

GOOD = """\
vrrp_instance VI {
    interface eth1
    virtual_router_id 80
    priority 100
    virtual_ipaddress {
        192.168.56.205/24
    }
}
"""
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
FILE = r"\(\S*keepalived\.conf: Line {line}\) "


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A wrong input: the daemon's exit status (None: it goes on running), the status of -t, the line that must be said."""

    name: str
    configuration: str
    status: int | None
    check_status: int
    line: str
    unshare: tuple[str, ...] = ()


# Statuses were measured with Debian's 2.2.7 (test_the_reference_does_the_same repeats that); no privileges: 2.4.3's.
CASES = [
    Case(
        name="a broken file that lacks the router id",
        configuration=GOOD.replace("    virtual_router_id 80\n", ""),
        status=2,
        check_status=5,
        line=r"\(VI\) the virtual router id must be set",
    ),
    Case(
        name="a router id out of range",
        configuration=GOOD.replace("80", "500"),
        status=2,
        check_status=5,
        line=FILE.format(line=3) + r"\(VI\): VRID '500' not valid - must be between 1 & 255",
    ),
    Case(
        name="a keyword without its parameter",
        configuration=GOOD.replace("interface eth1", "interface"),
        status=2,
        check_status=2,
        line=FILE.format(line=2) + r"\*\*\* Configuration line starting `interface` is missing a parameter after "
        r"keyword `interface` at word position 2",
    ),
    Case(
        name="a missing interface",
        configuration=GOOD.replace("eth1", "eth9"),
        status=2,
        check_status=5,
        line=FILE.format(line=2) + r"WARNING - interface eth9 for vrrp_instance VI doesn't exist",
    ),
    Case(
        name="a missing brace",
        configuration=GOOD.rstrip()[:-1],
        status=None,
        check_status=5,
        line=r"There are 1 missing '}'s or extra '{'s",
    ),
    Case(
        name="an unknown keyword",
        configuration=GOOD.replace("priority", "prioriti"),
        status=None,
        check_status=5,
        line=FILE.format(line=4) + "Unknown keyword 'prioriti'",
    ),
    Case(
        name="an address that is none",
        configuration=GOOD.replace("56.205", "56.305"),
        status=None,
        check_status=5,
        line=FILE.format(line=6) + r"VRRP parsed invalid IP 192\.168\.56\.305/24\. skipping IP\.\.\.",
    ),
    Case(
        name="bytes that are no configuration",
        configuration="\x7fELF\x01\x02 what\n{{{ }\n",
        status=None,
        check_status=5,
        line=r"Unknown keyword '\x7f?ELF",
    ),
]
PORTABLE = [case for case in CASES if not case.unshare]


def run_case(program: Program, host: Host, home: Path, case: Case) -> tuple[int | None, int, str, str]:
    """Run the daemon and the check; returns both statuses (None: still running after a moment) and both outputs."""
    home.mkdir(parents=True)
    home.chmod(0o777)
    daemon = Daemon(program, host.namespace, home, case.configuration, unshare=case.unshare)
    if case.status is None:
        daemon.wait_log("Startup complete|no configuration to run|Entering BACKUP", 10)
        status = daemon.process.poll()
        assert daemon.stop()[0] == 0
    else:
        status = daemon.process.wait(10)
    check = Daemon(program, host.namespace, home, case.configuration, options=("-t",), unshare=case.unshare)
    return status, check.process.wait(10), daemon.log, check.log


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_wrong_input_is_named_in_a_line_and_ends_with_the_references_status(
    host: Host, tmp_path: Path, case: Case
) -> None:
    status, check_status, log, check_log = run_case(Program.OURS, host, tmp_path / "home", case)
    assert (status, check_status) == (case.status, case.check_status)
    assert re.search(case.line, log)
    assert re.search(case.line, check_log)
    assert "Traceback" not in log + check_log
    assert host.namespace.pids() == []
    assert not host.namespace.has_address("192.168.56.205")
    assert list((tmp_path / "home").glob("*.pid")) == []


@pytest.mark.interop
@pytest.mark.parametrize("case", PORTABLE, ids=lambda case: case.name)
def test_the_reference_does_the_same(host: Host, tmp_path: Path, case: Case) -> None:
    status, check_status, log, _ = run_case(Program.REFERENCE, host, tmp_path / "home", case)
    assert (status, check_status) == (case.status, case.check_status)
    assert re.search(case.line, log)


def test_a_missing_file_ends_with_status_6(host: Host, tmp_path: Path) -> None:
    daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", tmp_path / "nowhere.conf")
    assert daemon.process.wait(5) == 6
    assert f"Config files missing '{tmp_path / 'nowhere.conf'}'." in daemon.log
    assert "Traceback" not in daemon.log


def test_a_folder_in_place_of_the_file_ends_with_status_6(host: Host, tmp_path: Path) -> None:
    daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", tmp_path)
    assert daemon.process.wait(5) == 6
    assert f"Configuration file '{tmp_path}/' is a directory - skipping" in daemon.log
    assert "Traceback" not in daemon.log


@pytest.fixture
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that nobody (the user) can reach: pytest's own are root's alone."""
    folder = tmp_path_factory.mktemp("open")
    for part in (folder, folder.parent, folder.parent.parent):
        part.chmod(0o755)
    folder.chmod(0o777)
    return folder


def test_an_unreadable_file_ends_with_status_6_and_its_check_with_4(host: Host, open_folder: Path) -> None:
    secret = open_folder / "secret.conf"
    secret.write_text(GOOD)
    secret.chmod(0o600)
    for options, status in ((("-D",), 6), (("-t",), 4)):
        daemon = Daemon(Program.OURS, host.namespace, open_folder, secret, options=options, unshare=AS_NOBODY)
        assert daemon.process.wait(5) == status
        assert f"Unable to read configuration file {secret}" in daemon.log
        assert "Traceback" not in daemon.log


def test_without_privileges_it_says_so_and_ends_with_status_4(host: Host, open_folder: Path) -> None:
    daemon = Daemon(Program.OURS, host.namespace, open_folder, GOOD, unshare=AS_NOBODY)
    assert daemon.process.wait(5) == 4
    assert "needs CAP_NET_RAW and CAP_NET_ADMIN" in daemon.log
    assert "exited with permanent error missing permission. Terminating" in daemon.log
    assert "Traceback" not in daemon.log
    assert host.namespace.pids() == []


def test_a_source_address_that_the_host_lacks_is_named_in_a_line(host: Host, tmp_path: Path) -> None:
    configuration = GOOD.replace(
        "    priority", "    unicast_src_ip 192.0.2.77\n    unicast_peer {\n        192.168.56.102\n    }\n    priority"
    )
    daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", configuration)
    daemon.wait_log(r"\(VI\).*192\.0\.2\.77", 5)
    assert daemon.stop()[0] == 0
    assert "Traceback" not in daemon.log
