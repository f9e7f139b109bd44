from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.host import AnyHost, FactsHost
from keepalived_py.config.load import load
from tests.config.conftest import FACTS

if TYPE_CHECKING:
    from pathlib import Path

    from keepalived_py.config.ast import VrrpInstance
    from tests.config.conftest import Reads


def declared(read: Reads, *insides: str, address: str = "192.0.2.{}/24", before: str = "") -> list[VrrpInstance]:
    blocks = [
        f"vrrp_instance V{place} {{\ninterface eth0\nvirtual_router_id {1 + place // 2}\n{inside}\n"
        f"virtual_ipaddress {{\n{address.format(place)}\n}}\n}}\n"
        for place, inside in enumerate(insides)
    ]
    configuration = read(before + "".join(blocks), testing=False).configuration
    assert configuration is not None
    return list(configuration.declared_instances)


def test_a_virtual_interface_is_called_after_the_router_unless_named(read: Reads) -> None:
    unnamed, _, named = declared(read, "use_vmac", "interface eth1", "use_vmac front")
    assert unnamed.virtual_mac is not None
    assert named.virtual_mac is not None
    assert (unnamed.virtual_mac.interface, named.virtual_mac.interface) == ("vrrp.1", "front")


def test_names_have_the_prefix_that_is_configured_and_fit_the_kernel(read: Reads) -> None:
    (only,) = declared(read, "use_vmac", before="global_defs {\nvmac_prefix anunusuallylongone\n}\n")
    assert only.virtual_mac is not None
    assert only.virtual_mac.interface == "anunusuallylo.1"


def test_a_second_interface_of_the_same_number_has_another_name(read: Reads) -> None:
    first, second = declared(read, "use_vmac", "interface eth1\nuse_vmac")
    assert first.virtual_mac is not None
    assert second.virtual_mac is not None
    assert (first.virtual_mac.interface, second.virtual_mac.interface) == ("vrrp.1", "vrrp1.1")


def test_addresses_are_on_the_interface_made_for_their_instance(read: Reads) -> None:
    (only,) = declared(read, "use_vmac", address="192.0.2.9/24\n192.0.2.10/24 dev eth1")
    own, other = only.virtual_addresses
    assert (own.interface, own.base_interface) == ("vrrp.1", "eth0")
    assert (other.interface, other.base_interface) == ("eth1", None)


def test_single_addresses_may_have_an_interface_of_their_own(read: Reads) -> None:
    (only,) = declared(read, "use_vmac\nuse_vmac_addr", address="192.0.2.9/24\n192.0.2.10/24 dev eth1")
    assert [address.interface for address in only.virtual_addresses] == ["vrrp.1", "vrrp1.1"]
    (single,) = declared(read, "", address="192.0.2.9/24 use_vmac")
    assert single.virtual_addresses[0].use_vmac
    assert single.virtual_addresses[0].base_interface == "eth0"


def test_five_octets_are_completed_by_the_routers_number(read: Reads) -> None:
    (only,) = declared(read, "use_vmac 02:0a:b:c:d")
    assert only.virtual_mac is not None
    assert (only.virtual_mac.mac, only.virtual_mac.mac_uses_vrid) == ("02:0a:0b:0c:0d:01", True)


def test_periodic_arp_is_only_for_other_interfaces(read: Reads) -> None:
    (alone,) = declared(read, "garp_extra_if all 5")
    (other,) = declared(read, "garp_extra_if all 5", address="192.0.2.9/24\n192.0.2.10/24 dev eth1")
    (virtual_only,) = declared(read, "garp_extra_if 5", address="192.0.2.9/24\n192.0.2.10/24 dev eth1")
    assert [one.garp_extra_interval for one in (alone, other, virtual_only)] == [0, 5, 0]


class Restarted(AnyHost):
    """A machine on which the last run of this configuration has left its macvlan, under a name of its own."""

    def macvlan(self, base: str, mac: bytes) -> str | None:
        """Give the one that was left."""
        return "front" if (base, mac) == ("eth0", bytes.fromhex("00005e000101")) else None


def test_the_very_interface_that_exists_already_is_used_under_its_name(tmp_path: Path) -> None:
    text = "vrrp_instance V {\ninterface eth0\nuse_vmac\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n"
    file = tmp_path / "keepalived.conf"
    file.write_text(text)
    loaded = load(str(file), host=Restarted(), config_id="director", testing=False)
    assert loaded.configuration is not None
    virtual = loaded.configuration.vrrp_instances[0].virtual_mac
    assert virtual is not None
    assert virtual.interface == "front"
    assert "(V) Found matching interface front" in loaded.report.lines(testing=False)


def test_a_group_of_interfaces_is_named_as_iproute2_names_it(tmp_path: Path) -> None:
    text = (
        "vrrp_instance V {\ninterface eth0\nuse_vmac group front\nvirtual_router_id 1\n"
        "virtual_ipaddress {\n192.0.2.1\n}\n}\n"
    )
    file = tmp_path / "keepalived.conf"
    file.write_text(text)
    host = FactsHost({**FACTS, "iproute2": {"group": {"front": 7}}})
    loaded = load(str(file), host=host, config_id="director", testing=False)
    assert loaded.configuration is not None
    virtual = loaded.configuration.vrrp_instances[0].virtual_mac
    assert virtual is not None
    assert virtual.group == 7
