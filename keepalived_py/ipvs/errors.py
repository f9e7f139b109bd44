"""The reference's words for what the kernel refuses. Source: reference/ipvs.md §7."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from keepalived_py.ipvs.events import Operation
from keepalived_py.ipvs.names import key_text

if TYPE_CHECKING:
    from keepalived_py.ipvs.events import Command

#: What libnl made of the kernel's errno before the reference saw it.
_AS_LIBNL = {errno.ESRCH: errno.ENOENT, errno.EADDRINUSE: errno.EEXIST}

_BY_OPERATION = {
    (Operation.ADD, errno.EEXIST): "Service already exists",
    (Operation.ADD, errno.ENOENT): "Scheduler or persistence engine not found",
    (Operation.EDIT, errno.ENOENT): "Scheduler or persistence engine not found",
    (Operation.ADDDEST, errno.EEXIST): "Destination already exists",
    (Operation.EDITDEST, errno.ENOENT): "No such destination",
    (Operation.DELDEST, errno.ENOENT): "No such destination",
    (Operation.STARTDAEMON, errno.EEXIST): "Daemon has already run",
    (Operation.STOPDAEMON, errno.ENOENT): "No daemon is running",
}
_BY_NUMBER = {
    errno.EPERM: "Permission denied (you must be root)",
    errno.EINVAL: "Invalid operation.  Possibly wrong module version, address not unicast, ...",
    errno.ENOPROTOOPT: "Protocol not available",
    errno.ENOMEM: "Memory allocation problem",
    errno.EOPNOTSUPP: "Operation not supported with IPv6",
    errno.EAFNOSUPPORT: "Operation not supported with specified address family",
    errno.EMSGSIZE: "Module is wrong version",
}


def seen_by_reference(number: int) -> int:
    """Return the errno that the reference acts on and prints for the kernel's ``number``."""
    return _AS_LIBNL.get(number, number)


def error_text(operation: Operation, number: int) -> str:
    """Return the words for an errno (as ``seen_by_reference`` returns it)."""
    return _BY_OPERATION.get((operation, number)) or _BY_NUMBER.get(number) or os.strerror(number)


def error_line(command: Command, number: int) -> str:
    """Return ``IPVS cmd NAME(number) error: text(errno) (service -> destination)``."""
    operation = command.operation
    line = f"IPVS cmd IP_VS_SO_SET_{operation.name}({int(operation)}) error: {error_text(operation, number)}({number})"
    if command.key is None:
        return line
    where = key_text(command.key)
    if command.destination is not None:
        where += f" -> {command.destination.address}:{command.destination.port}"
    return f"{line} ({where})"
