import os
import socket
from pathlib import Path

import pytest

from keepalived_py.notify.systemd import SystemdNotifier, socket_of_systemd


@pytest.fixture
def systemd(tmp_path: Path) -> str:
    comm = tmp_path / "comm"
    comm.write_text("systemd\n")
    return str(comm)


def test_the_socket_is_used_where_systemd_started_us_and_hidden_from_children(systemd: str) -> None:
    environment = {"NOTIFY_SOCKET": "/run/notify", "PATH": "/bin"}
    assert socket_of_systemd(environment, parent_pid=1, first_process=systemd) == "/run/notify"
    assert environment == {"PATH": "/bin"}


def test_nobody_is_told_where_somebody_else_started_us(systemd: str, tmp_path: Path) -> None:
    other = tmp_path / "init"
    other.write_text("init\n")
    asked = {"NOTIFY_SOCKET": "/run/notify"}
    assert socket_of_systemd(dict(asked), parent_pid=4242, first_process=systemd) is None
    assert socket_of_systemd(dict(asked), parent_pid=1, first_process=str(other)) is None
    assert socket_of_systemd(dict(asked), parent_pid=1, first_process=str(tmp_path / "none")) is None
    assert socket_of_systemd({}, parent_pid=1, first_process=systemd) is None


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract name"])
def test_each_state_is_a_datagram_in_systemds_words(tmp_path: Path, abstract: bool) -> None:
    address = f"@keepalived-py-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + address[1:] if abstract else address)
        listener.settimeout(5)
        notifier = SystemdNotifier(address)
        notifier.ready()
        notifier.reloading()
        notifier.stopping()
        notifier.failed(22)
        heard = [listener.recv(100).decode() for _ in range(4)]
    assert heard == [f"READY=1\nMAINPID={os.getpid()}", "RELOADING=1", "STOPPING=1", "ERRNO=22"]


def test_nobody_listening_is_no_error(tmp_path: Path) -> None:
    SystemdNotifier(str(tmp_path / "none")).ready()
    SystemdNotifier(None).ready()
