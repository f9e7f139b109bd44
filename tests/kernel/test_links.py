"""kernel/links.py"""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from keepalived_py.kernel.links import VirtualLinks, disable_ipv6
from keepalived_py.wire.links import (
    DEVCONF_ACCEPT_LOCAL,
    DEVCONF_ARP_FILTER,
    DEVCONF_ARP_IGNORE,
    DEVCONF_PROMOTE_SECONDARIES,
    DEVCONF_RP_FILTER,
    MACVLAN_MODE_PRIVATE,
    MacvlanLink,
)
from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.netns

MAC = bytes.fromhex("00005e000133")
Result = TypeVar("Result")


def _with_links(namespace: Namespace, work: Callable[[VirtualLinks], Result]) -> Result:
    def run() -> Result:
        with VirtualLinks() as links:
            return work(links)

    return in_namespace(namespace.name, run)


def _shown(namespace: Namespace, name: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(namespace.ip("-j", "-d", "addr", "show", "dev", name))[0]
    return shown


def _index(namespace: Namespace, name: str = "eth0") -> int:
    return int(_shown(namespace, name)["ifindex"])


def _setting(namespace: Namespace, name: str, setting: str) -> str:
    return namespace.run("cat", f"/proc/sys/net/ipv4/conf/{name}/{setting}").stdout.strip()


def test_a_macvlan_is_made_with_its_mac_and_mode_and_removed(alone: Namespace) -> None:
    link = MacvlanLink(name="vrrp.51", base=_index(alone), mac=MAC, group=7)
    assert _with_links(alone, lambda links: links.create([link, link])) == [0, errno.EEXIST]
    shown = _shown(alone, "vrrp.51")
    assert (shown["address"], shown["link"]) == ("00:00:5e:00:01:33", "eth0")
    assert shown["linkinfo"]["info_data"]["mode"] == "private"
    assert shown["group"] == "7"
    found = _with_links(alone, lambda links: links.find("vrrp.51"))
    assert found is not None
    assert (found.kind, found.mode, found.group, found.link.mac) == ("macvlan", MACVLAN_MODE_PRIVATE, 7, MAC)
    assert _with_links(alone, lambda links: links.all())["vrrp.51"] == found
    assert _with_links(alone, lambda links: links.delete(["vrrp.51", "vrrp.51"])) == [0, 0]
    assert _with_links(alone, lambda links: links.find("vrrp.51")) is None


def test_a_link_comes_up_with_its_settings_and_without_an_address_of_its_own(alone: Namespace) -> None:
    index = _index(alone)
    settings = {
        DEVCONF_ARP_IGNORE: 1,
        DEVCONF_ARP_FILTER: 1,
        DEVCONF_ACCEPT_LOCAL: 1,
        DEVCONF_RP_FILTER: 0,
        DEVCONF_PROMOTE_SECONDARIES: 1,
    }

    def work(links: VirtualLinks) -> tuple[list[int], list[int]]:
        made = links.create([MacvlanLink(name="vrrp.51", base=index, mac=MAC)])
        return made, links.set_up(["vrrp.51", "none"], settings)

    assert _with_links(alone, work) == ([0], [0, errno.ENODEV])
    shown = _shown(alone, "vrrp.51")
    assert "UP" in shown["flags"]
    assert shown["addr_info"] == []
    values = [
        _setting(alone, "vrrp.51", name)
        for name in ("arp_ignore", "arp_filter", "accept_local", "rp_filter", "promote_secondaries")
    ]
    assert values == ["1", "1", "1", "0", "1"]


def test_two_hundred_macvlans_are_made_and_brought_up_in_a_second(alone: Namespace) -> None:
    index = _index(alone)
    names = [f"vrrp.{number}" for number in range(1, 201)]
    wanted = [
        MacvlanLink(name=name, base=index, mac=MAC[:5] + bytes((number,))) for number, name in enumerate(names, 1)
    ]

    def work(links: VirtualLinks) -> set[int]:
        results = links.create(wanted) + links.set_up(names, {DEVCONF_ARP_IGNORE: 1}) + links.delete(names)
        return set(results)

    assert _with_links(alone, work) == {0}


def test_a_macvlan_with_another_mac_and_mode_is_corrected(alone: Namespace) -> None:
    alone.ip("link", "add", "vrrp.51", "link", "eth0", "type", "macvlan", "mode", "bridge")
    assert _with_links(alone, lambda links: links.correct_macvlan("vrrp.51", MAC, 0)) == 0
    shown = _shown(alone, "vrrp.51")
    assert (shown["address"], shown["linkinfo"]["info_data"]["mode"]) == ("00:00:5e:00:01:33", "private")


def test_a_bridge_is_no_vrf(alone: Namespace) -> None:
    alone.ip("link", "add", "bridge", "type", "bridge")
    alone.ip("link", "set", "eth1", "master", "bridge")

    def vrf(links: VirtualLinks) -> int:
        details = links.find("eth1")
        assert details is not None
        assert details.link.master
        return links.vrf_of(details)

    assert _with_links(alone, vrf) == 0


def test_ipv6_is_switched_off_and_on_for_one_link(alone: Namespace) -> None:
    path = "/proc/sys/net/ipv6/conf/eth0/disable_ipv6"
    in_namespace(alone.name, lambda: disable_ipv6("eth0", disabled=True))
    assert alone.run("cat", path).stdout == "1\n"
    in_namespace(alone.name, lambda: disable_ipv6("eth0", disabled=False))
    assert alone.run("cat", path).stdout == "0\n"


def test_settings_of_an_existing_link_and_a_report_about_it(alone: Namespace) -> None:
    assert _with_links(alone, lambda links: links.configure("eth0", {DEVCONF_ARP_IGNORE: 2})) == 0
    assert _setting(alone, "eth0", "arp_ignore") == "2"
    assert _with_links(alone, lambda links: links.report("eth0", 0)) == 0
    assert _with_links(alone, lambda links: links.move("none", 0)) == errno.ENODEV
