from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

from keepalived_py.config.host import FileFacts, LiveHost

if TYPE_CHECKING:
    from pathlib import Path


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
