"""config/host_links.py"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.host import AnyHost, LiveHost
from keepalived_py.config.host_links import private_macvlans
from tests.lab.netns import Lab, in_namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.netns import Namespace

pytestmark = pytest.mark.netns

MAC = bytes.fromhex("00005e000133")


@pytest.fixture
def host() -> Iterator[Namespace]:
    with Lab() as lab:
        namespace = lab.namespace("macvlans")
        namespace.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
        for name, base, mode in (("here", "eth0", "private"), ("open", "eth1", "bridge")):
            words = ("link", base, "address", "00:00:5e:00:01:33", "type", "macvlan", "mode", mode)
            namespace.ip("link", "add", name, *words)
        yield namespace


def test_macvlans_in_private_mode_are_known_by_base_and_mac(host: Namespace) -> None:
    (eth0,) = [link["ifindex"] for link in json.loads(host.ip("-j", "link", "show", "dev", "eth0"))]
    assert in_namespace(host.name, private_macvlans) == {(eth0, MAC): "here"}


def test_a_machine_tells_the_name_of_the_one_on_a_base(host: Namespace) -> None:
    live = LiveHost()
    assert in_namespace(host.name, lambda: live.macvlan("eth0", MAC)) == "here"
    assert in_namespace(host.name, lambda: live.macvlan("eth1", MAC)) is None
    assert in_namespace(host.name, lambda: live.macvlan("none", MAC)) is None
    assert AnyHost().macvlan("eth0", MAC) is None
