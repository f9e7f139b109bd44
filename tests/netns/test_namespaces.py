"""A daemon that is started in one network namespace and works in another: ``net_namespace``, ``-s``, ``instance``, ``use_pid_dir``.

Debian's keepalived plays the same scenes.
"""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Program
from tests.lab.netns import Lab
from tests.lab.process import children, is_alive, kill, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab.netns import Namespace
    from tests.lab.process import Process
    from tests.netns.conftest import Host

pytestmark = pytest.mark.netns

BOTH = [Program.OURS, pytest.param(Program.REFERENCE, marks=pytest.mark.interop)]
RUN = Path("/run/keepalived")
VIRTUAL_ADDRESS = "192.168.56.205"
INSTANCE = """\
vrrp_instance VI {
    interface eth1
    virtual_router_id 80
    priority 255
    virtual_ipaddress {
        192.168.56.205/24
    }
}
"""


@pytest.fixture
def outside() -> Iterator[Namespace]:
    """Give a namespace without interfaces: where the daemons are started."""
    with Lab() as lab:
        yield lab.namespace("outside")


@pytest.fixture
def start(outside: Namespace, tmp_path: Path) -> Callable[..., Process]:
    """Start a keepalived outside with a configuration."""

    def begin(program: Program, configuration: str, *options: str) -> Process:
        file = tmp_path / "keepalived.conf"
        file.write_text(configuration)
        words = ("--dont-fork", "--log-console", "-D", f"--use-file={file}", *options)
        return outside.start(*program.command, *words, environment={"TMPDIR": str(tmp_path)})

    return begin


def place(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/ns/net")


def inode(namespace: Namespace) -> str:
    return f"net:[{os.stat(f'/run/netns/{namespace.name}').st_ino}]"


def end(process: Process) -> None:
    process.signal(signal.SIGTERM)
    assert process.wait(5) == 0


@pytest.mark.parametrize("program", BOTH)
def test_all_of_the_daemon_works_in_the_namespace_with_pid_files_of_its_own(
    host: Host, start: Callable[..., Process], program: Program
) -> None:
    inside = host.namespace
    running = start(program, f"net_namespace {inside.name}\n{INSTANCE}")
    wait_until(lambda: inside.has_address(VIRTUAL_ADDRESS), 5, "the virtual address on the other side")
    assert running.find(f"Changing syslog ident to Keepalived_{inside.name}$")
    files = RUN / inside.name
    assert int((files / "keepalived.pid").read_text()) == running.pid
    (worker,) = children(running.pid)
    assert int((files / "vrrp.pid").read_text()) == worker
    assert {place(running.pid), place(worker)} == {inode(inside)}
    end(running)
    assert not inside.has_address(VIRTUAL_ADDRESS)
    assert not files.exists()


@pytest.mark.parametrize("program", BOTH)
def test_the_command_lines_namespace_wins(host: Host, start: Callable[..., Process], program: Program) -> None:
    name = host.namespace.name
    running = start(program, f"net_namespace kp-elsewhere\n{INSTANCE}", "-s", name)
    wait_until(lambda: host.namespace.has_address(VIRTUAL_ADDRESS), 5, "the virtual address on the other side")
    assert running.find(f"Overriding config net_namespace 'kp-elsewhere' with command line namespace '{name}'$")
    end(running)


@pytest.mark.parametrize("program", BOTH)
def test_a_namespace_that_is_not_there_ends_the_start_with_a_line_and_status_0(
    start: Callable[..., Process], program: Program
) -> None:
    failed = start(program, f"net_namespace kp-no-such\n{INSTANCE}")
    assert failed.wait(5) == 0
    assert failed.find("Failed to open /run/netns/kp-no-such")
    assert failed.find("Unable to set network namespace kp-no-such - exiting$")
    assert not failed.find("Starting VRRP")


@pytest.mark.parametrize("program", BOTH)
def test_an_instance_has_its_name_in_pid_files_and_in_syslog(
    host: Host, start: Callable[..., Process], program: Program
) -> None:
    name = f"kp{uuid.uuid4().hex[:8]}"
    running = start(program, f"instance {name}\nnet_namespace {host.namespace.name}\n{INSTANCE}")
    wait_until(lambda: host.namespace.has_address(VIRTUAL_ADDRESS), 5, "the virtual address on the other side")
    assert running.find(f"Changing syslog ident to Keepalived_{host.namespace.name}_{name}$")
    files = RUN / host.namespace.name
    assert sorted(path.name for path in files.iterdir()) == [f"keepalived_{name}.pid", f"vrrp_{name}.pid"]
    end(running)


def test_two_daemons_of_two_namespaces_do_not_take_each_other_for_running(
    host: Host, start: Callable[..., Process]
) -> None:
    with Lab() as lab:
        other = lab.namespace("other")
        lab.lan("second", {other: ("eth1", "192.168.56.102/24")})
        first = start(Program.OURS, f"net_namespace {host.namespace.name}\n{INSTANCE}")
        wait_until(lambda: host.namespace.has_address(VIRTUAL_ADDRESS), 5, "the first one's address")
        second = start(Program.OURS, f"net_namespace {other.name}\n{INSTANCE}")
        wait_until(lambda: other.has_address(VIRTUAL_ADDRESS), 5, "the second one's address")
        again = start(Program.OURS, f"net_namespace {other.name}\n{INSTANCE}")
        assert again.wait(5) == 0
        assert again.find("daemon is already running")
        assert other.has_address(VIRTUAL_ADDRESS)
        end(second)
        end(first)


def test_a_reload_into_another_namespace_is_refused_and_one_within_it_sees_its_interfaces(
    host: Host, start: Callable[..., Process], tmp_path: Path
) -> None:
    inside = host.namespace
    running = start(Program.OURS, f"net_namespace {inside.name}\n{INSTANCE}")
    wait_until(lambda: inside.has_address(VIRTUAL_ADDRESS), 5, "the virtual address on the other side")
    file = tmp_path / "keepalived.conf"
    file.write_text(INSTANCE)
    running.signal(signal.SIGHUP)
    running.wait_line("Cannot change network namespace at a reload - please restart keepalived", 5)
    more = INSTANCE.replace("192.168.56.205/24\n", "192.168.56.205/24\n        192.168.33.206/24 dev eth2\n")
    file.write_text(f"net_namespace {inside.name}\n{more}")
    running.signal(signal.SIGHUP)
    wait_until(lambda: inside.has_address("192.168.33.206"), 5, "the second address")
    assert inside.has_address(VIRTUAL_ADDRESS)
    end(running)


def test_a_worker_that_is_killed_comes_back_in_the_namespace(host: Host, start: Callable[..., Process]) -> None:
    inside = host.namespace
    running = start(Program.OURS, f"net_namespace {inside.name}\n{INSTANCE}")
    wait_until(lambda: inside.has_address(VIRTUAL_ADDRESS), 5, "the virtual address on the other side")
    (worker,) = children(running.pid)
    kill(worker)
    fresh = wait_until(
        lambda: [pid for pid in children(running.pid) if pid != worker and is_alive(pid)], 5, "a new worker"
    )
    assert place(fresh[0]) == inode(inside)
    pid_file = RUN / inside.name / "vrrp.pid"
    wait_until(lambda: int(pid_file.read_text() or 0) == fresh[0], 5, "the new worker in the PID file")
    end(running)


def test_the_test_of_a_configuration_looks_at_the_namespaces_interfaces_and_leaves_nothing(
    host: Host, start: Callable[..., Process]
) -> None:
    inside = host.namespace.name
    assert start(Program.OURS, f"net_namespace {inside}\n{INSTANCE}", "-t").wait(5) == 0
    assert start(Program.OURS, INSTANCE, "-t").wait(5) != 0
    assert not (RUN / inside).exists()
