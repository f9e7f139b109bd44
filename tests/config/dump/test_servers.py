from __future__ import annotations

import dataclasses
from ipaddress import IPv4Address

from keepalived_py.config.ast import (
    CheckDefaults,
    Command,
    ForwardingMethod,
    PersistenceGranularity,
    Protocol,
    RealServer,
    SorryServer,
    VirtualServer,
    VirtualServerKey,
)
from keepalived_py.config.dump.servers import server_lines

REAL = RealServer(address=IPv4Address("10.0.0.1"), port=80)
SERVER = VirtualServer(
    key=VirtualServerKey(address=IPv4Address("198.51.100.1"), port=80, protocol=Protocol.TCP),
    lvs_method=ForwardingMethod.NAT,
    real_servers=(REAL,),
)


def lines(server: VirtualServer, *, symlinks: bool = False) -> list[str]:
    return list(server_lines(server, symlinks=symlinks))


def test_a_mark_and_a_group_stand_for_the_address() -> None:
    marked = dataclasses.replace(SERVER, key=dataclasses.replace(SERVER.key, address=None, fwmark=5))
    assert lines(marked)[1] == " VS FWMARK = 5"
    assert lines(dataclasses.replace(SERVER, group="g", group_member=2))[1] == " VS GROUP = [g]:2"


def test_families_are_named_as_far_as_they_are_known() -> None:
    for families, text in (((6,), "inet6"), ((4, 6), "IPv4 & IPv6"), ((), "unknown")):
        assert f"   Address family = {text}" in lines(dataclasses.replace(SERVER, families=families))


def test_each_scheduler_has_names_for_its_flags() -> None:
    assert "   sh-port = enabled" in lines(dataclasses.replace(SERVER, scheduler="sh", scheduler_flags=0x10))
    assert "   mh-fallback = enabled" in lines(dataclasses.replace(SERVER, scheduler="mh", scheduler_flags=0x08))
    assert "   flag-3 = enabled" in lines(dataclasses.replace(SERVER, scheduler_flags=0x20))


def test_a_netmask_of_all_ones_is_as_good_as_none() -> None:
    def granularity(mask: str) -> list[str]:
        given = PersistenceGranularity(prefix_length=24, mask=IPv4Address(mask))
        return [
            line for line in lines(dataclasses.replace(SERVER, persistence_granularity=given)) if "granularity" in line
        ]

    assert granularity("255.255.255.0") == ["   persistence granularity = 255.255.255.0"]
    assert granularity("255.255.255.255") == []


def test_only_what_was_given_of_the_retries_is_shown() -> None:
    defaults = CheckDefaults(retry=3, delay_before_retry=1_500_000, warmup=0)
    got = lines(dataclasses.replace(SERVER, defaults=defaults))
    assert {"   Retry count = 3", "   Retry delay = 1.500000", "   Warmup = 0.000000"} <= set(got)
    assert not any("Retry" in line for line in lines(SERVER))


def test_scripts_are_shown_with_what_their_links_lead_to_unless_links_are_kept() -> None:
    command = Command(argv=("/bin/x",), path="/usr/bin/x", uid=1, gid=2)
    server = dataclasses.replace(
        SERVER, quorum_up=command, real_servers=(dataclasses.replace(REAL, notify_down=command),)
    )
    assert "   Quorum up notify script = /usr/bin/x, params = '/bin/x', uid:gid 1:2" in lines(server)
    assert "   RS down notify script = '/bin/x', uid:gid 1:2" in lines(server, symlinks=True)


def test_a_sorry_server_that_is_a_real_server_says_so() -> None:
    sorry = SorryServer(address=IPv4Address("10.0.0.1"), port=80, is_real_server=True)
    got = lines(dataclasses.replace(SERVER, sorry_server=sorry))
    assert "   sorry server (duplicates rs) = [10.0.0.1]:tcp:80" in got
