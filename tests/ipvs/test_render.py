from __future__ import annotations

from ipaddress import ip_address

import pytest

from keepalived_py.ipvs.events import Command, Operation
from keepalived_py.ipvs.render import command_line, listing
from keepalived_py.runtime.messages import WantedService
from keepalived_py.wire.ipvs import (
    FLAG_ONE_PACKET,
    FLAG_SCHED1,
    FLAG_SCHED2,
    METHOD_DR,
    METHOD_TUN,
    TUNNEL_GRE,
    TUNNEL_GUE,
    Destination,
    Service,
)

WEB = Service(family=4, protocol=6, address=ip_address("192.168.56.205"), port=80, scheduler="wrr", timeout=50)
HEAD = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
"""


def server(address: str, port: int = 80, **fields: int) -> Destination:
    ip = ip_address(address)
    return Destination(family=ip.version, address=ip, port=port, **fields)


def test_an_empty_table_is_its_title() -> None:
    assert listing(()) == HEAD


def test_a_listing_has_ipvsadms_columns_and_order() -> None:
    six = Service(
        family=6,
        protocol=17,
        address=ip_address("2001:db8::1"),
        port=53,
        scheduler="sh",
        flags=FLAG_SCHED1 | FLAG_SCHED2 | FLAG_ONE_PACKET,
    )
    mark = Service(family=4, fwmark=7, scheduler="rr", timeout=30, netmask_prefix=24)
    entries = (
        WantedService(service=mark, destinations=(server("192.0.2.1", 0, forwarding_method=METHOD_DR),)),
        WantedService(service=six, destinations=(server("2001:db8::a", forwarding_method=METHOD_TUN, weight=100),)),
        WantedService(service=WEB, destinations=(server("192.168.33.2"), server("192.168.33.1", weight=0))),
    )
    assert listing(entries) == HEAD + (
        "TCP  192.168.56.205:80 wrr persistent 50\n"
        "  -> 192.168.33.1:80              Masq    0      0          0         \n"
        "  -> 192.168.33.2:80              Masq    1      0          0         \n"
        "UDP  [2001:db8::1]:53 sh (sh-fallback,sh-port) ops\n"
        "  -> [2001:db8::a]:80             Tunnel  100    0          0         \n"
        "FWM  7 rr persistent 30 mask 255.255.255.0\n"
        "  -> 192.0.2.1:0                  Route   1      0          0         \n"
    )


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (Command(operation=Operation.ADD, service=WEB, key=WEB.key), "ipvsadm -A -t 192.168.56.205:80 -s wrr -p 50"),
        (Command(operation=Operation.EDIT, service=WEB, key=WEB.key), "ipvsadm -E -t 192.168.56.205:80 -s wrr -p 50"),
        (Command(operation=Operation.DEL, key=WEB.key), "ipvsadm -D -t 192.168.56.205:80"),
        (
            Command(operation=Operation.ADDDEST, key=WEB.key, destination=server("192.168.33.1", upper_threshold=9)),
            "ipvsadm -a -t 192.168.56.205:80 -r 192.168.33.1:80 -m -w 1 -x 9",
        ),
        (
            Command(operation=Operation.EDITDEST, key=WEB.key, destination=server("192.168.33.1", weight=0)),
            "ipvsadm -e -t 192.168.56.205:80 -r 192.168.33.1:80 -m -w 0",
        ),
        (
            Command(operation=Operation.DELDEST, key=WEB.key, destination=server("192.168.33.1")),
            "ipvsadm -d -t 192.168.56.205:80 -r 192.168.33.1:80",
        ),
        (Command(operation=Operation.DEL, key=Service(family=6, fwmark=7).key), "ipvsadm -D -f 7 -6"),
        (Command(operation=Operation.FLUSH), "ipvsadm -C"),
    ],
)
def test_a_command_is_shown_as_the_ipvsadm_call_that_does_the_same(command: Command, line: str) -> None:
    assert command_line(command) == line


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({}, ""),
        (
            {"tunnel_type": TUNNEL_GUE, "tunnel_port": 6080, "tunnel_flags": 2},
            " --tun-type gue --tun-port 6080 --tun-remcsum",
        ),
        ({"tunnel_type": TUNNEL_GRE, "tunnel_flags": 1}, " --tun-type gre --tun-csum"),
    ],
)
def test_a_tunnel_is_told_by_its_kind_port_and_checksum(fields: dict[str, int], options: str) -> None:
    destination = server("192.0.2.1", forwarding_method=METHOD_TUN, **fields)
    command = Command(operation=Operation.ADDDEST, key=WEB.key, destination=destination)
    assert command_line(command) == f"ipvsadm -a -t 192.168.56.205:80 -r 192.0.2.1:80 -i -w 1{options}"
