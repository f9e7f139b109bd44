"""The wanted table against Debian's kernel: programmed, adopted, repaired and cleared as the memory of the dry run is."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from keepalived_py.ipvs.events import Apply, ChangesWanted, ClearWanted, CommandsAnswered, Log, TableWanted
from keepalived_py.ipvs.render import listing
from keepalived_py.ipvs.table import IpvsTable
from keepalived_py.ipvs.worker import KernelTable
from keepalived_py.runtime.messages import SetDestination, WantedService
from keepalived_py.wire.ipvs import (
    FLAG_ONE_PACKET,
    FLAG_SCHED1,
    FLAG_SCHED2,
    METHOD_DR,
    METHOD_NAT,
    METHOD_TUN,
    Destination,
    Service,
)
from tests.lab.netns import Lab, in_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.ipvs.events import Command, TableEvent
    from tests.lab.netns import Namespace

pytestmark = pytest.mark.vm


def server(address: str, port: int, method: int, weight: int = 1, **thresholds: int) -> Destination:
    ip = ip_address(address)
    return Destination(family=ip.version, address=ip, port=port, forwarding_method=method, weight=weight, **thresholds)


WEB = Service(family=4, protocol=6, address=ip_address("192.168.56.205"), port=80, scheduler="wrr", timeout=50)
WANTED = (
    WantedService(
        service=WEB,
        destinations=(
            server("192.168.33.1", 80, METHOD_NAT),
            server("192.168.33.2", 8080, METHOD_NAT, weight=0, upper_threshold=10, lower_threshold=3),
        ),
    ),
    WantedService(
        service=replace(WEB, port=443, netmask_prefix=24),
        destinations=(server("192.168.33.1", 443, METHOD_DR), server("192.168.33.9", 443, METHOD_TUN, weight=300)),
    ),
    WantedService(
        service=replace(WEB, protocol=17, port=53, timeout=0, scheduler="rr", flags=FLAG_ONE_PACKET),
        destinations=(server("192.168.33.1", 53, METHOD_NAT),),
    ),
    WantedService(
        service=replace(WEB, port=81, timeout=0, scheduler="sh", flags=FLAG_SCHED1 | FLAG_SCHED2),
        destinations=(server("192.168.33.1", 81, METHOD_NAT),),
    ),
    WantedService(
        service=Service(family=6, protocol=6, address=ip_address("fd00::1"), port=80),
        destinations=(server("fd00::a", 80, METHOD_DR),),
    ),
    WantedService(
        service=Service(family=4, fwmark=7, scheduler="wlc"), destinations=(server("192.168.33.1", 0, METHOD_DR),)
    ),
)


class Kernel:
    """A namespace's table, driven as the ipvs worker drives it."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        self.lines: list[str] = []
        self.target = in_namespace(namespace.name, self._connected)

    def _connected(self) -> KernelTable:
        target = KernelTable(self.lines.append)
        target.connect()
        return target

    def replace(self, table: IpvsTable, services: tuple[WantedService, ...]) -> list[Command]:
        keys = {entry.service.key for entry in (*services, *table.wanted())}
        return self.handle(table, TableWanted(services=services, kernel=self.target.read(keys)))

    def handle(self, table: IpvsTable, event: TableEvent) -> list[Command]:
        """Carry out an event and all that its answers lead to; returns the commands that were sent."""
        sent: list[Command] = []
        for effect in table.handle(event, 0):
            if isinstance(effect, Apply):
                answers = self.target.apply(effect.commands)
                answered = CommandsAnswered(answers=tuple(zip(effect.commands, answers, strict=True)))
                sent += [*effect.commands, *self.handle(table, answered)]
            elif isinstance(effect, Log):
                self.lines.append(effect.text)
        return sent

    def shown(self) -> str:
        return self.namespace.run("ipvsadm", "-Ln").stdout

    def ipvsadm(self, *lines: str) -> None:
        rules = "\n".join(lines)
        self.namespace.run("sh", "-c", f"ipvsadm -R <<'END'\n{rules}\nEND")


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    with Lab() as lab:
        yield lab.namespace("table")


@pytest.fixture
def kernel(namespace: Namespace) -> Kernel:
    namespace.run("ipvsadm", "-C")
    return Kernel(namespace)


def test_our_listing_is_ipvsadms(kernel: Kernel) -> None:
    kernel.replace(IpvsTable(), WANTED)
    assert kernel.lines == []
    assert listing(WANTED) == kernel.shown()


def test_a_new_worker_adopts_what_it_finds_without_a_command(kernel: Kernel) -> None:
    kernel.replace(IpvsTable(), WANTED)
    assert kernel.replace(IpvsTable(), WANTED) == []


def test_what_others_changed_in_our_services_is_put_right_and_their_services_stay(kernel: Kernel) -> None:
    kernel.replace(IpvsTable(), WANTED)
    kernel.ipvsadm(
        "-E -t 192.168.56.205:80 -s lc",
        "-e -t 192.168.56.205:80 -r 192.168.33.1:80 -m -w 77",
        "-d -t 192.168.56.205:80 -r 192.168.33.2:8080",
        "-a -t 192.168.56.205:80 -r 192.168.33.66:80 -m -w 1",
        "-D -t [fd00::1]:80",
        "-A -t 192.168.56.205:9999 -s rr",
    )
    table = IpvsTable()
    kernel.replace(table, WANTED)
    foreign = WantedService(service=replace(WEB, port=9999, scheduler="rr", timeout=0))
    assert kernel.shown() == listing((*WANTED, foreign))
    kernel.handle(table, ClearWanted())
    assert kernel.shown() == listing((foreign,))
    assert kernel.lines == []


def test_one_change_after_somebody_emptied_the_table_restores_its_service(kernel: Kernel) -> None:
    table = IpvsTable()
    kernel.replace(table, WANTED[:1])
    kernel.namespace.run("ipvsadm", "-C")
    heavier = replace(WANTED[0].destinations[0], weight=9)
    kernel.handle(table, ChangesWanted(changes=(SetDestination(service=WEB.key, destination=heavier),)))
    assert kernel.shown() == listing(table.wanted())
    assert kernel.lines == ["IPVS: service 192.168.56.205:tcp:80 is missing in the kernel, restoring it"]


def test_an_unknown_scheduler_is_reported_in_the_references_words(kernel: Kernel) -> None:
    service = replace(WEB, scheduler="nonesuch")
    kernel.replace(IpvsTable(), (WantedService(service=service, destinations=WANTED[0].destinations[:1]),))
    assert kernel.lines == [
        "IPVS cmd IP_VS_SO_SET_ADD(1154) error: Scheduler or persistence engine not found(2) (192.168.56.205:tcp:80)",
        (
            "IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: No such file or directory(2)"
            " (192.168.56.205:tcp:80 -> 192.168.33.1:80)"
        ),
    ]


def test_two_thousand_servers_go_in_and_out(kernel: Kernel) -> None:
    servers = tuple(server(str(ip_address("10.0.0.1") + number), 80, METHOD_NAT) for number in range(2_000))
    wanted = (WantedService(service=WEB, destinations=servers),)
    table = IpvsTable()
    assert len(kernel.replace(table, wanted)) == 2_001
    assert kernel.replace(IpvsTable(), wanted) == []
    lighter = (replace(wanted[0], destinations=(replace(servers[0], weight=5), *servers[1:])),)
    assert len(kernel.replace(table, lighter)) == 1
    kernel.handle(table, ClearWanted())
    assert kernel.shown() == listing(())
    assert kernel.lines == []
