from __future__ import annotations

from keepalived_py.config.host.system import Bridge, Manager, described_system


def test_every_key_is_read() -> None:
    system = described_system(
        {
            "capabilities": ["cap_net_raw"],
            "modules": ["ip-vs"],
            "ip_vs": True,
            "interfaces": {
                "br0": {"bridge": {"multicast_snooping": 1, "multicast_querier": 0}},
                "eth1": {"master": "br0", "manager": "NetworkManager"},
            },
            "private_tmp": True,
            "open_files": 1024,
            "selinux": {"enforcing": True, "labels": {"/x": "a:b:c_t:s0"}},
            "iptables": ["*filter"],
        }
    )
    assert system.capabilities == {"CAP_NET_RAW"}
    assert system.modules == {"ip_vs"}
    assert system.bridges == {"br0": Bridge(snooping=True, querier=False)}
    assert system.bridge_of == {"eth1": "br0"}
    assert system.managers == {"eth1": Manager(name="NetworkManager")}
    assert (system.ip_vs, system.private_tmp, system.open_files) == (True, True, 1024)
    assert (system.selinux_enforcing, system.labels) == (True, {"/x": "a:b:c_t:s0"})
    assert (system.iptables, system.ip6tables) == (("*filter",), None)


def test_a_path_is_on_the_mount_that_is_nearest_to_it() -> None:
    system = described_system(
        {"mounts": [{"path": "/"}, {"path": "/opt", "options": ["noexec"]}, {"path": "/opt/bin", "options": ["ro"]}]}
    )

    def options(path: str) -> set[str] | None:
        mount = system.mount_of(path)
        return None if mount is None else set(mount.options)

    assert options("/opt/x") == {"noexec"}
    assert options("/opt") == {"noexec"}
    assert options("/opt/bin/x") == {"ro"}
    assert options("/optional/x") == set()
    assert described_system({}).mount_of("/x") is None
