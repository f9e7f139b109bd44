from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lint.texts import FACTS, check, finds, leaves, of, server

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "virtual_server «198.51.100.10» 80"
QUIET = {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2"}


def facts(*lo: str, **sysctls: str) -> dict[str, Any]:
    interfaces = {**FACTS["interfaces"], "lo": {"flags": ["LOOPBACK"], "addresses": ["127.0.0.1/8", *lo]}}
    settings = {
        f"net.ipv4.conf.{where}.{name}": "0"
        for where in ("all", "eth0", "eth1")
        for name in ("arp_ignore", "arp_announce")
    }
    return {**FACTS, "interfaces": interfaces, "sysctls": {**settings, **sysctls}}


def test_an_address_on_lo_that_is_answered_for_is_found(tmp_path: Path) -> None:
    finds(tmp_path, "H019", server(head=HEAD), facts("198.51.100.10/32"))
    leaves(tmp_path, "H019", server(), facts("198.51.100.10/32", **QUIET))
    leaves(tmp_path, "H019", server(), facts())
    leaves(tmp_path, "H019", server().replace("lvs_method DR", "lvs_method NAT"), facts("198.51.100.10/32"))


def test_the_larger_of_the_two_settings_counts(tmp_path: Path) -> None:
    own = {f"net.ipv4.conf.{name}.arp_ignore": "1" for name in ("eth0", "eth1")}
    (found,) = of(check(tmp_path, server(), facts=facts("198.51.100.10/32", **own)), "H019")
    assert "arp_announce = 2" in found.advice


def test_settings_that_are_not_known_are_not_judged(tmp_path: Path) -> None:
    unknown = {**facts("198.51.100.10/32"), "sysctls": {}}
    leaves(tmp_path, "H019", server(), unknown)


def test_a_real_server_of_this_host_needs_the_virtual_address(tmp_path: Path) -> None:
    finds(tmp_path, "H020", server(real="«198.51.100.1» 80"), facts())
    leaves(tmp_path, "H020", server(real="198.51.100.1 80"), facts("198.51.100.10/32"))
    leaves(tmp_path, "H020", server(real="198.51.100.9 80"), facts())
