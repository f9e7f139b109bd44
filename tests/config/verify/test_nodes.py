from __future__ import annotations

import pickle
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepalived_py.config.ast import Configuration
    from tests.config.conftest import Reads

IN_A_VRF = "vrf eth1\nunicast_src_ip 192.0.2.9\nunicast_peer {\n192.0.2.10\n}"
INSTANCE = "vrrp_instance V {{\ninterface eth0\nvirtual_router_id 1\n{}\nvirtual_ipaddress {{\n192.0.2.1\n}}\n}}\n"


def loaded(read: Reads, inside: str, before: str = "") -> Configuration:
    configuration = read(before + INSTANCE.format(inside), testing=False).configuration
    assert configuration is not None
    return configuration


def test_an_instance_left_out_is_still_declared(read: Reads) -> None:
    configuration = read(INSTANCE.format(IN_A_VRF).replace("interface eth0\n", ""), testing=False).configuration
    assert configuration is not None
    assert configuration.vrrp_instances == ()
    assert [instance.name for instance in configuration.declared_instances] == ["V"]


def test_an_instance_that_runs_is_the_declared_one(read: Reads) -> None:
    configuration = loaded(read, "")
    assert configuration.vrrp_instances[0] is configuration.declared_instances[0]


def test_the_address_of_the_interface_is_none_that_instances_own(read: Reads) -> None:
    assert loaded(read, "").declared_instances[0].interface_address == ip_address("198.51.100.1")
    owned = loaded(read, "virtual_ipaddress_excluded {\n198.51.100.1/24\n}")
    assert owned.declared_instances[0].interface_address is None


def test_what_the_host_had_does_not_make_an_instance_another_one(read: Reads) -> None:
    instance = loaded(read, "").declared_instances[0]
    elsewhere = loaded(read, "virtual_ipaddress_excluded {\n}").declared_instances[0]
    assert instance == elsewhere


def test_priority_changes_are_told_as_the_instance_its_group_or_all_say(read: Reads) -> None:
    before = "vrrp_sync_group G {\ngroup {\nV\n}\nnotify_priority_changes\n}\n"
    assert loaded(read, "", before).declared_instances[0].notify_priority_changes
    assert not loaded(read, "notify_priority_changes off", before).declared_instances[0].notify_priority_changes


def test_keys_are_kept_but_not_shown(read: Reads) -> None:
    key = "0123456789abcdef0123456789abcdef"
    hmac = loaded(read, f"advert_int 20\nauth_hmac {{\nkey 1 {key}\nactive_key 1\n}}").declared_instances[0].hmac
    assert hmac is not None
    assert hmac.keys[0].secret == key.encode()
    assert key not in repr(hmac)
    assert hmac.time_window == 60


def test_everything_travels_over_a_pipe(read: Reads) -> None:
    configuration = loaded(read, "use_vmac\nvirtual_routes {\n10.0.0.0/8 via 192.0.2.9\n}")
    assert pickle.loads(pickle.dumps(configuration)) == configuration
