from __future__ import annotations

import errno
import json
import os
import socket
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.host import AnyHost, FactsHost, FileFacts, LiveHost
from tests.config.conftest import FACTS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_described_host_has_what_is_described(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(FACTS))
    host = FactsHost.read(str(path))
    eth0 = host.interface("eth0")
    assert eth0 is not None
    assert (eth0.mtu, eth0.loopback, eth0.multicast) == (1500, False, True)
    assert [str(address) for address in eth0.addresses] == ["198.51.100.1", "2001:db8::1"]
    assert host.interface("eth7") is None
    assert host.user("nobody") == (65534, 65534)
    assert host.group("nobody") is None
    assert host.locate("pidof", 0, 0) == "/usr/bin/pidof"
    assert host.program("/usr/bin/../bin/pidof", 0, 0) == FileFacts(real_path="/usr/bin/pidof")
    assert host.program("/no/such", 0, 0) == errno.ENOENT
    assert host.directory_exists("/etc/keepalived")
    assert not host.directory_exists("/no/such")


def test_a_description_that_is_no_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text("[]")
    with pytest.raises(ValueError, match="not a JSON object"):
        FactsHost.read(str(path))


def test_any_host_has_everything() -> None:
    host = AnyHost()
    assert host.interface("anything") is not None
    assert host.user("anybody") is not None
    assert host.locate("anything", 0, 0) == "/usr/bin/anything"


def test_this_machine_knows_its_loopback_and_its_users() -> None:
    host = LiveHost()
    loopback = host.interface("lo")
    assert loopback is not None
    assert loopback.loopback
    assert host.interface("../lo") is None
    assert host.interface("no-such-if") is None
    assert host.user("root") == (0, 0)
    assert host.user("nobody-of-that-name") is None
    assert host.group("no-group-of-that-name") is None
    assert host.host_name()
    assert host.resolve("localhost") is not None
    assert host.resolve("no-such-host.invalid") is None


def test_this_machine_finds_programs_in_its_path() -> None:
    host = LiveHost()
    path = host.locate("sh", 0, 0)
    assert path is not None
    facts = host.program(path, 0, 0)
    assert isinstance(facts, FileFacts)
    assert facts.executable
    assert os.path.samefile(facts.real_path, path)


def test_a_program_that_others_may_write_is_noticed(tmp_path: Path) -> None:
    script = tmp_path / "x.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o644)
    host = LiveHost()
    facts = host.program(str(script), 0, 0)
    assert isinstance(facts, FileFacts)
    assert not facts.executable
    script.chmod(0o777)
    facts = host.program(str(script), 1, 1)
    assert isinstance(facts, FileFacts)
    assert facts.executable
    assert not facts.root_only
    assert host.program(str(tmp_path / "y"), 0, 0) == errno.ENOENT


def test_a_name_that_no_system_call_takes_is_just_missing() -> None:
    assert LiveHost().program("/a\0b", 0, 0) == errno.ENOENT
    assert socket.gethostname() is not None
