from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from keepalived_py.config.host.probe import live_label, live_system
from tests.lab.capabilities import cannot_run, netns_reason


def test_this_machine_is_looked_at_in_a_moment_and_every_fact_is_known_or_none() -> None:
    began = time.monotonic()
    system = live_system()
    assert time.monotonic() - began < 3
    assert system.mounts is not None
    assert system.mount_of("/proc/version") is not None
    assert (system.capabilities is None) == (os.geteuid() != 0)


def probed(setup: str, expression: str) -> object:
    """Evaluate an expression about the system inside namespaces of its own, where a shell has set something up."""
    reason = netns_reason()
    if reason:
        cannot_run(reason)
    imports = "import json; from keepalived_py.config.host.probe import live_system"
    program = f"{imports}; s = live_system(); print(json.dumps({expression}))"
    script = f"set -e; mount --make-rprivate /; mount -t sysfs none /sys; {setup}; exec {sys.executable} -c '{program}'"
    answer = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.netns
def test_a_bridge_and_its_ports_are_seen() -> None:
    setup = (
        "ip link add br0 type bridge mcast_snooping 1 mcast_querier 0;"
        " ip link add v0 type veth peer name v1; ip link set v0 master br0"
    )
    found = probed(setup, '[s.bridges["br0"].snooping, s.bridges["br0"].querier, s.bridge_of]')
    assert found == [True, False, {"v0": "br0"}]


@pytest.mark.netns
def test_a_mount_that_runs_nothing_is_seen() -> None:
    found = probed("mount -t tmpfs -o noexec none /mnt", 'sorted(s.mount_of("/mnt/x.sh").options)')
    assert isinstance(found, list)
    assert "noexec" in found


@pytest.mark.netns
def test_the_rules_of_nftables_are_seen() -> None:
    setup = "nft add table inet t"
    assert probed(setup, '[list(one) for one in s.nftables["nftables"]][1]') == ["table"]


@pytest.mark.netns
def test_capabilities_that_were_taken_away_are_not_held() -> None:
    reason = netns_reason()
    if reason:
        cannot_run(reason)
    program = "from keepalived_py.config.host.probe import live_system; print(sorted(live_system().capabilities))"
    answer = subprocess.run(
        ["setpriv", "--bounding-set=-net_raw", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "CAP_NET_RAW" not in answer.stdout
    assert "CAP_NET_ADMIN" in answer.stdout


@pytest.mark.netns
def test_an_interface_of_networkd_and_what_its_file_keeps_is_seen() -> None:
    setup = (
        "ip link add v0 type veth peer name v1; mount -t tmpfs none /run; mkdir -p /run/systemd/netif/links /run/n;"
        " echo ADMIN_STATE=configured > /run/systemd/netif/links/$(cat /sys/class/net/v0/ifindex);"
        " echo ADMIN_STATE=configured > /run/systemd/netif/links/$(cat /sys/class/net/v1/ifindex);"
        " echo NETWORK_FILE=/run/n/1 >> /run/systemd/netif/links/$(cat /sys/class/net/v1/ifindex);"
        " echo KeepConfiguration=static > /run/n/1"
    )
    found = probed(setup, "{name: [one.name, one.keeps_addresses] for name, one in s.managers.items()}")
    assert found == {"v0": ["systemd-networkd", False], "v1": ["systemd-networkd", True]}


@pytest.mark.netns
def test_a_unit_and_what_is_dropped_in_is_read() -> None:
    setup = (
        "mount -t tmpfs none /run; mkdir -p /run/systemd/system/keepalived.service.d;"
        " echo PrivateTmp=no > /run/systemd/system/keepalived.service;"
        " echo PrivateTmp=yes > /run/systemd/system/keepalived.service.d/a.conf;"
        " echo LimitNOFILE=512:4096 >> /run/systemd/system/keepalived.service.d/a.conf"
    )
    assert probed(setup, "[s.private_tmp, s.open_files]") == [True, 4096]


def test_a_file_without_a_label_has_none() -> None:
    assert live_label("/no/such/file") is None
    assert live_label("/a\0b") is None
