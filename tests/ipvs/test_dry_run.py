from __future__ import annotations

import errno
from dataclasses import replace
from ipaddress import ip_address

from keepalived_py.ipvs.dry_run import MemoryTable
from keepalived_py.ipvs.events import Command, Operation
from keepalived_py.runtime.messages import WantedService
from keepalived_py.wire.ipvs import Destination, Service

WEB = Service(family=4, protocol=6, address=ip_address("198.51.100.1"), port=80)
ONE = Destination(family=4, address=ip_address("192.0.2.1"), port=80)


def command(operation: Operation, destination: Destination | None = None, service: Service = WEB) -> Command:
    return Command(operation=operation, service=service, key=WEB.key, destination=destination)


def test_the_memory_answers_as_the_kernel_does() -> None:
    table = MemoryTable()
    steps = [
        (command(Operation.ADDDEST, ONE), errno.ESRCH),
        (command(Operation.DEL), errno.ESRCH),
        (command(Operation.EDIT), errno.ESRCH),
        (command(Operation.ADD), 0),
        (command(Operation.ADD), errno.EEXIST),
        (command(Operation.EDITDEST, ONE), errno.ENOENT),
        (command(Operation.DELDEST, ONE), errno.ENOENT),
        (command(Operation.ADDDEST, ONE), 0),
        (command(Operation.ADDDEST, ONE), errno.EEXIST),
        (command(Operation.EDITDEST, replace(ONE, weight=7)), 0),
        (command(Operation.EDIT, service=replace(WEB, scheduler="rr")), 0),
    ]
    assert table.apply([step for step, _ in steps]) == [number for _, number in steps]
    assert table.services() == (
        WantedService(service=replace(WEB, scheduler="rr"), destinations=(replace(ONE, weight=7),)),
    )
    assert table.apply([command(Operation.DELDEST, ONE), command(Operation.DEL)]) == [0, 0]
    assert table.services() == ()


def test_flush_empties_it() -> None:
    table = MemoryTable()
    table.apply([command(Operation.ADD), Command(operation=Operation.FLUSH)])
    assert table.services() == ()
