from __future__ import annotations

import errno
import os
from ipaddress import ip_address

import pytest

from keepalived_py.ipvs.errors import error_line, error_text, seen_by_reference
from keepalived_py.ipvs.events import Command, Operation
from keepalived_py.wire.ipvs import Destination, ServiceKey


@pytest.mark.parametrize(
    ("number", "seen"),
    [(errno.ESRCH, errno.ENOENT), (errno.EADDRINUSE, errno.EEXIST), (errno.EINVAL, errno.EINVAL)],
)
def test_two_errors_are_seen_as_the_references_library_turns_them(number: int, seen: int) -> None:
    assert seen_by_reference(number) == seen


@pytest.mark.parametrize(
    ("operation", "number", "text"),
    [
        (Operation.ADD, errno.EEXIST, "Service already exists"),
        (Operation.ADDDEST, errno.EEXIST, "Destination already exists"),
        (Operation.EDIT, errno.ENOENT, "Scheduler or persistence engine not found"),
        (Operation.EDITDEST, errno.ENOENT, "No such destination"),
        (Operation.DEL, errno.ENOENT, os.strerror(errno.ENOENT)),
        (Operation.FLUSH, errno.EPERM, "Permission denied (you must be root)"),
        (Operation.STARTDAEMON, errno.EEXIST, "Daemon has already run"),
        (Operation.STOPDAEMON, errno.ENOENT, "No daemon is running"),
        (Operation.ADD, errno.ERANGE, os.strerror(errno.ERANGE)),
    ],
)
def test_the_words_depend_on_the_command(operation: Operation, number: int, text: str) -> None:
    assert error_text(operation, number) == text


def test_lines_name_service_and_destination() -> None:
    key = ServiceKey(6, 0, None, 0, 12)
    destination = Destination(family=6, address=ip_address("2001:db8::1"), port=80)
    line = error_line(Command(operation=Operation.ADDDEST, key=key, destination=destination), errno.ENOMEM)
    assert line == (
        "IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: Memory allocation problem(12) (Fwm 12 inet6 -> 2001:db8::1:80)"
    )
    assert error_line(Command(operation=Operation.FLUSH), errno.EPERM) == (
        "IPVS cmd IP_VS_SO_SET_FLUSH(1157) error: Permission denied (you must be root)(1)"
    )
