"""vrrp/edge/settings.py"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.vrrp.edge.settings import InterfaceSettings
from tests.lab.netns import Lab, in_namespace
from tests.vrrp.edge.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.netns import Namespace

pytestmark = pytest.mark.netns


@pytest.fixture
def host() -> Iterator[Namespace]:
    with Lab() as lab:
        namespace = lab.namespace("settings")
        namespace.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        yield namespace


def value(host: Namespace, interface: str, name: str) -> str:
    return host.run("cat", f"/proc/sys/net/ipv4/conf/{interface}/{name}").stdout.strip()


def test_a_base_keeps_its_setting_until_the_last_who_needs_it_lets_go(host: Namespace) -> None:
    host.sysctl(conf__eth0__arp_ignore="2", conf__eth0__arp_filter="1")
    settings = InterfaceSettings(Written())  # type: ignore[arg-type]
    for user in ("vrrp.1", "vrrp.2"):
        in_namespace(host.name, lambda user=user: settings.hold(user, "eth0", arp_ignore="1", arp_filter="1"))  # type: ignore[misc]
    assert value(host, "eth0", "arp_ignore") == "1"
    in_namespace(host.name, lambda: settings.release("vrrp.1"))
    assert value(host, "eth0", "arp_ignore") == "1"
    in_namespace(host.name, lambda: settings.release("vrrp.2"))
    assert [value(host, "eth0", name) for name in ("arp_ignore", "arp_filter")] == ["2", "1"]


def test_what_somebody_else_has_set_since_stays(host: Namespace) -> None:
    settings = InterfaceSettings(Written())  # type: ignore[arg-type]
    in_namespace(host.name, lambda: settings.hold("vrrp.1", "eth0", arp_ignore="1"))
    host.sysctl(conf__eth0__arp_ignore="8")
    in_namespace(host.name, lambda: settings.release("vrrp.1"))
    assert value(host, "eth0", "arp_ignore") == "8"


def test_an_interface_that_is_gone_is_no_trouble(host: Namespace) -> None:
    log = Written()
    settings = InterfaceSettings(log)  # type: ignore[arg-type]
    in_namespace(host.name, lambda: settings.hold("vrrp.1", "eth0", arp_ignore="1"))
    host.ip("link", "del", "eth0")
    in_namespace(host.name, lambda: settings.release("vrrp.1"))
    assert log.lines == []


def test_the_filter_by_reverse_path_of_all_moves_to_each_interface_and_back(host: Namespace) -> None:
    host.sysctl(conf__all__rp_filter="1", conf__default__rp_filter="0", conf__eth0__rp_filter="2")
    host.sysctl(conf__eth1__rp_filter="0")
    log = Written()
    settings = InterfaceSettings(log)  # type: ignore[arg-type]
    in_namespace(host.name, lambda: settings.clear_reverse_path_filter(["eth0", "eth1"]))
    everybody = ("all", "default", "eth0", "eth1")
    assert [value(host, name, "rp_filter") for name in everybody] == ["0", "1", "2", "1"]
    host.ip("link", "add", "late", "type", "veth", "peer", "name", "later")
    assert value(host, "late", "rp_filter") == "1"
    in_namespace(host.name, settings.restore_reverse_path_filter)
    assert [value(host, name, "rp_filter") for name in everybody] == ["1", "0", "2", "0"]
    assert log.lines == [
        "NOTICE: setting sysctl net.ipv4.conf.default.rp_filter from 0 to 1",
        "NOTICE: setting sysctl net.ipv4.conf.all.rp_filter from 1 to 0",
        "NOTICE: resetting sysctl net.ipv4.conf.all.rp_filter to 1",
        "NOTICE: resetting sysctl net.ipv4.conf.default.rp_filter to 0",
    ]


def test_reports_of_link_local_groups_are_switched_off_and_on_again(host: Namespace) -> None:
    settings = InterfaceSettings(Written())  # type: ignore[arg-type]
    path = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports"
    in_namespace(host.name, settings.disable_local_igmp)
    assert host.run("cat", path).stdout == "0\n"
    in_namespace(host.name, settings.restore_local_igmp)
    assert host.run("cat", path).stdout == "1\n"
    in_namespace(host.name, settings.restore_local_igmp)
    assert host.run("cat", path).stdout == "1\n"


def test_a_host_without_that_filter_is_left_alone(host: Namespace) -> None:
    host.sysctl(conf__all__rp_filter="0")
    log = Written()
    settings = InterfaceSettings(log)  # type: ignore[arg-type]
    in_namespace(host.name, lambda: settings.clear_reverse_path_filter(["eth0"]))
    in_namespace(host.name, settings.restore_reverse_path_filter)
    assert log.lines == []
