"""kernel/ipvs.py and wire/ipvs.py against the real table: what we write, ipvsadm shows as if it had written it itself.

Every case programs one namespace through our socket and another through ipvsadm, and compares what ipvsadm then prints of both.
"""

from __future__ import annotations

import errno
import time
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pytest

from keepalived_py.kernel.ipvs import IpvsSocket
from keepalived_py.wire import ipvs, ipvs_control
from keepalived_py.wire.ipvs import Destination, Service
from keepalived_py.wire.ipvs_control import SyncDaemon, Timeouts
from tests.lab.netns import Lab, Namespace, in_namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.vm

Result = TypeVar("Result")

_VIEWS = (("-S",), ("-L", "--thresholds"))

_HTTP = Service(family=4, protocol=6, address=IPv4Address("192.168.56.205"), port=80, scheduler="wrr", timeout=50)
_DNS = Service(
    family=4, protocol=17, address=IPv4Address("192.168.56.205"), port=53, scheduler="rr", flags=ipvs.FLAG_ONE_PACKET
)
_IPV6 = Service(family=6, protocol=6, address=IPv6Address("fd99::80"), port=443, scheduler="wlc")
_GROUPED = replace(_HTTP, port=81, netmask_prefix=24)
_GROUPED6 = replace(_IPV6, port=444, timeout=300, netmask_prefix=64)
_MARK = Service(family=4, fwmark=7, scheduler="wlc")
_MARK6 = Service(family=6, fwmark=8, scheduler="wlc", timeout=360)
_HASHED = replace(_HTTP, port=82, scheduler="sh", flags=ipvs.FLAG_SCHED1 | ipvs.FLAG_SCHED2, timeout=0)
_SIP = Service(
    family=4, protocol=17, address=IPv4Address("192.168.56.205"), port=5060, timeout=60, persistence_engine="sip"
)

_WEB1 = Destination(family=4, address=IPv4Address("192.168.33.1"), port=80)
_WEB2 = Destination(
    family=4, address=IPv4Address("192.168.33.2"), port=8080, weight=7, upper_threshold=500, lower_threshold=100
)


class _Case(NamedTuple):
    service: Service
    arguments: str  # how ipvsadm names the service
    options: str  # and its properties
    destinations: tuple[tuple[Destination, str], ...] = ()


_CASES = {
    "NAT": _Case(_HTTP, "-t 192.168.56.205:80", "-s wrr -p 50", (
        (_WEB1, "-r 192.168.33.1:80 -m -w 1"),
        (_WEB2, "-r 192.168.33.2:8080 -m -w 7 -x 500 -y 100"),
        (replace(_WEB1, address=IPv4Address("192.168.33.3"), weight=0), "-r 192.168.33.3:80 -m -w 0"),
    )),
    "direct routing, one packet": _Case(_DNS, "-u 192.168.56.205:53", "-s rr -o", (
        (replace(_WEB1, port=53, forwarding_method=ipvs.METHOD_DR), "-r 192.168.33.1:53 -g -w 1"),
    )),
    "IPv6, all methods": _Case(_IPV6, "-t [fd99::80]:443", "-s wlc", (
        (Destination(family=6, address=IPv6Address("fd99::1"), port=443), "-r [fd99::1]:443 -m -w 1"),
        (Destination(family=6, address=IPv6Address("fd99::2"), port=443, forwarding_method=ipvs.METHOD_DR),
         "-r [fd99::2]:443 -g -w 1"),
        (Destination(family=6, address=IPv6Address("fd99::3"), port=443, forwarding_method=ipvs.METHOD_TUN),
         "-r [fd99::3]:443 -i -w 1"),
        (Destination(family=4, address=IPv4Address("192.168.33.9"), port=443, forwarding_method=ipvs.METHOD_TUN),
         "-r 192.168.33.9:443 -i -w 1"),
    )),
    "tunnels": _Case(replace(_HTTP, port=83), "-t 192.168.56.205:83", "-s wrr -p 50", (
        (replace(_WEB1, port=83, forwarding_method=ipvs.METHOD_TUN, tunnel_type=ipvs.TUNNEL_GUE, tunnel_port=6080),
         "-r 192.168.33.1:83 -i --tun-type gue --tun-port 6080 --tun-nocsum -w 1"),
        (replace(_WEB1, port=83, address=IPv4Address("192.168.33.2"), forwarding_method=ipvs.METHOD_TUN,
                 tunnel_type=ipvs.TUNNEL_GRE, tunnel_flags=1),
         "-r 192.168.33.2:83 -i --tun-type gre --tun-csum -w 1"),
    )),
    "persistence by network": _Case(_GROUPED, "-t 192.168.56.205:81", "-s wrr -p 50 -M 255.255.255.0"),
    "persistence by IPv6 prefix": _Case(_GROUPED6, "-t [fd99::80]:444", "-s wlc -p 300 -M 64"),
    "firewall mark": _Case(_MARK, "-f 7", "-s wlc", (
        (replace(_WEB1, port=0, forwarding_method=ipvs.METHOD_DR), "-r 192.168.33.1:0 -g -w 1"),
    )),
    "IPv6 firewall mark": _Case(_MARK6, "-f 8 -6", "-s wlc -p 360"),
    "scheduler flags": _Case(_HASHED, "-t 192.168.56.205:82", "-s sh -b sh-fallback,sh-port"),
    "persistence engine": _Case(_SIP, "-u 192.168.56.205:5060", "-s wlc -p 60 --pe sip"),
}  # fmt: skip


class _Twins(NamedTuple):
    ours: Namespace
    theirs: Namespace

    def compare(self) -> None:
        """Whatever ipvsadm can print must be the same of both."""
        for view in _VIEWS:
            shown = [host.run("ipvsadm", *view, "-n").stdout for host in self]
            assert shown[0] == shown[1], view


@pytest.fixture(scope="module")
def both() -> Iterator[_Twins]:
    with Lab() as lab:
        yield _Twins(lab.namespace("ours"), lab.namespace("theirs"))


@pytest.fixture
def twins(both: _Twins) -> _Twins:
    """Two namespaces with empty tables; made once, as everything takes its time in the guest."""
    for host in both:
        host.run("ipvsadm", "-C")
    return both


def _with_table(namespace: Namespace, work: Callable[[IpvsSocket], Result]) -> Result:
    def run() -> Result:
        with IpvsSocket() as table:
            table.connect()
            return work(table)

    return in_namespace(namespace.name, run)


def _apply(namespace: Namespace, *commands: bytes) -> list[int]:
    return _with_table(namespace, lambda table: table.apply(commands))


def _ipvsadm(namespace: Namespace, *lines: str) -> None:
    """Give commands to one ipvsadm: starting a program takes half a second in the guest."""
    rules = "\n".join(lines)
    namespace.run("sh", "-c", f"ipvsadm -R <<'END'\n{rules}\nEND")


def _program(twins: _Twins, case: _Case) -> None:
    """Set up a case on both sides."""
    commands = [ipvs.encode_new_service(case.service)]
    commands += [ipvs.encode_new_destination(case.service, destination) for destination, _ in case.destinations]
    assert _apply(twins.ours, *commands) == [0] * len(commands)
    _ipvsadm(
        twins.theirs,
        f"-A {case.arguments} {case.options}",
        *(f"-a {case.arguments} {options}" for _, options in case.destinations),
    )


def test_connecting_finds_or_loads_the_module_and_tells_its_version(twins: _Twins) -> None:
    info = _with_table(twins.ours, lambda table: table.info)
    assert info.version == 0x010201
    assert info.connection_table_size.bit_count() == 1


@pytest.mark.parametrize("case", _CASES.values(), ids=_CASES.keys())
def test_ipvsadm_shows_our_table_as_its_own_and_both_are_read_back_as_the_same_values(
    twins: _Twins, case: _Case
) -> None:
    _program(twins, case)
    twins.compare()
    wanted = {destination for destination, _ in case.destinations}
    for host in twins:
        services = _with_table(host, lambda table: table.services())
        assert [entry.service for entry in services] == [case.service]
        assert services[0].statistics is not None
        destinations = _with_table(host, lambda table: table.destinations(case.service.key))
        assert {entry.destination for entry in destinations} == wanted
        assert all(entry.statistics is not None for entry in destinations)


def test_services_and_destinations_are_changed_and_removed_as_ipvsadm_does_it(twins: _Twins) -> None:
    case = _CASES["NAT"]
    _program(twins, case)
    changed = replace(case.service, scheduler="wlc", timeout=0)
    heavier = replace(_WEB1, weight=100, forwarding_method=ipvs.METHOD_DR)
    assert _apply(twins.ours, ipvs.encode_set_service(changed), ipvs.encode_set_destination(changed, heavier)) == [0, 0]
    _ipvsadm(twins.theirs, f"-E {case.arguments} -s wlc", f"-e {case.arguments} -r 192.168.33.1:80 -g -w 100")
    twins.compare()
    assert _apply(twins.ours, ipvs.encode_delete_destination(changed, _WEB2)) == [0]
    _ipvsadm(twins.theirs, f"-d {case.arguments} -r 192.168.33.2:8080")
    twins.compare()
    assert _apply(twins.ours, ipvs.encode_delete_service(changed.key)) == [0]
    _ipvsadm(twins.theirs, f"-D {case.arguments}")
    twins.compare()
    assert _with_table(twins.ours, lambda table: table.services()) == []


def test_flushing_empties_the_table_of_this_namespace_only(twins: _Twins) -> None:
    _program(twins, _CASES["NAT"])
    assert _apply(twins.ours, ipvs.encode_zero(), ipvs.encode_flush()) == [0, 0]
    assert twins.ours.run("ipvsadm", "-Sn").stdout == ""
    assert twins.theirs.run("ipvsadm", "-Sn").stdout != ""


def test_the_kernel_answers_each_mistake_with_the_errno_that_the_policy_is_built_on(twins: _Twins) -> None:
    other = replace(_HTTP, port=99)
    commands = {
        "add": (ipvs.encode_new_service(_HTTP), 0),
        "add twice": (ipvs.encode_new_service(_HTTP), errno.EEXIST),
        "unknown scheduler": (ipvs.encode_new_service(replace(other, scheduler="none_such")), errno.ENOENT),
        "change an absent service": (ipvs.encode_set_service(other), errno.ESRCH),
        "remove an absent service": (ipvs.encode_delete_service(other), errno.ESRCH),
        "destination of an absent service": (ipvs.encode_new_destination(other, _WEB1), errno.ESRCH),
        "add a destination": (ipvs.encode_new_destination(_HTTP, _WEB1), 0),
        "add it twice": (ipvs.encode_new_destination(_HTTP, _WEB1), errno.EEXIST),
        "change an absent destination": (ipvs.encode_set_destination(_HTTP, _WEB2), errno.ENOENT),
        "remove an absent destination": (ipvs.encode_delete_destination(_HTTP, _WEB2), errno.ENOENT),
        "a negative weight": (ipvs.encode_set_destination(_HTTP, replace(_WEB1, weight=-1)), errno.ERANGE),
        "NAT between families": (
            ipvs.encode_new_destination(_HTTP, Destination(family=6, address=IPv6Address("fd99::1"), port=80)),
            errno.EINVAL,
        ),
        "stop an absent daemon": (ipvs_control.encode_delete_daemon(ipvs_control.SYNC_MASTER, 1), errno.ESRCH),
        "still there": (ipvs.encode_set_service(_HTTP), 0),
    }
    answers = _apply(twins.ours, *(command for command, _ in commands.values()))
    assert dict(zip(commands, answers, strict=True)) == {name: number for name, (_, number) in commands.items()}


def test_timeouts_are_set_and_read_as_ipvsadm_shows_them(twins: _Twins) -> None:
    assert _with_table(twins.ours, lambda table: table.timeouts()) == Timeouts(tcp=900, tcp_fin=120, udp=300)
    assert _apply(twins.ours, ipvs_control.encode_set_config(Timeouts(tcp=100, tcp_fin=10, udp=20))) == [0]
    shown = twins.ours.run("ipvsadm", "-L", "--timeout").stdout
    assert shown.strip() == "Timeout (tcp tcpfin udp): 100 10 20"
    assert _with_table(twins.ours, lambda table: table.timeouts()) == Timeouts(tcp=100, tcp_fin=10, udp=20)


def test_sync_daemons_run_as_ipvsadm_shows_them(twins: _Twins) -> None:
    master = SyncDaemon(
        state=ipvs_control.SYNC_MASTER,
        interface="sync0",
        sync_id=51,
        maximum_length=1400,
        group=IPv4Address("224.0.0.85"),
        port=8850,
        ttl=3,
    )
    for host in twins:
        host.ip("link", "add", "sync0", "type", "veth", "peer", "name", "sync1")
        host.ip("addr", "add", "10.99.0.1/24", "dev", "sync0")
        host.ip("link", "set", "sync0", "up")
        host.ip("link", "set", "sync1", "up")
    assert _apply(twins.ours, ipvs_control.encode_new_daemon(master)) == [0]
    arguments = "--start-daemon master --mcast-interface sync0 --syncid 51 --sync-maxlen 1400"
    arguments += " --mcast-group 224.0.0.85 --mcast-port 8850 --mcast-ttl 3"
    twins.theirs.run("ipvsadm", *arguments.split())
    shown = [host.run("ipvsadm", "-L", "--daemon").stdout for host in twins]
    assert "224.0.0.85" in shown[0]
    assert shown[0] == shown[1]
    for host in twins:
        assert _with_table(host, lambda table: table.daemons()) == [master]
    assert _apply(twins.ours, ipvs_control.encode_new_daemon(master)) == [errno.EEXIST]
    assert _apply(twins.ours, ipvs_control.encode_delete_daemon(ipvs_control.SYNC_MASTER, 51)) == [0]
    assert _with_table(twins.ours, lambda table: table.daemons()) == []


def test_thousands_of_destinations_go_in_batches_and_come_back_in_one_dump(twins: _Twins) -> None:
    many = [replace(_WEB1, address=IPv4Address(0x0A000001 + number), weight=number % 256) for number in range(2000)]
    commands = [ipvs.encode_new_service(_HTTP), *(ipvs.encode_new_destination(_HTTP, web) for web in many)]

    def work(table: IpvsSocket) -> set[Destination]:
        started = time.monotonic()
        assert not any(table.apply(commands))
        written = time.monotonic()
        found = {entry.destination for entry in table.destinations(_HTTP)}
        print(f"written in {written - started:.2f} s, read in {time.monotonic() - written:.2f} s")
        return found

    assert _with_table(twins.ours, work) == set(many)
