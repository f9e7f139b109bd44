"""Virtual interfaces made, adopted and removed, with the kernel settings and the filter they need.

Owns what is there of ours; what is wanted, and what to do about what exists, is ``virtual_interfaces.py``'s. Many are made in few
system calls: all created, then all set up. Source: reference/vrrp-behaviour.md §11.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from keepalived_py.config.ast import VirtualAddress
from keepalived_py.kernel.addresses import AddressRequest, AddressTable
from keepalived_py.kernel.interfaces import list_interfaces
from keepalived_py.kernel.links import VirtualLinks, disable_ipv6
from keepalived_py.log import Level
from keepalived_py.vrrp.filtering import FilteredMac
from keepalived_py.vrrp.virtual_interfaces import Fate, base_link_local, fate_of, link_local_of, wanted_interfaces
from keepalived_py.wire.links import (
    DEVCONF_ACCEPT_LOCAL,
    DEVCONF_ARP_IGNORE,
    DEVCONF_PROMOTE_SECONDARIES,
    DEVCONF_RP_FILTER,
    IPVLAN,
    MACVLAN,
    IpvlanLink,
    MacvlanLink,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from keepalived_py.config.ast import Configuration, IPAddress
    from keepalived_py.kernel.interfaces import Interface
    from keepalived_py.log import Log
    from keepalived_py.vrrp.edge.firewall import Firewall
    from keepalived_py.vrrp.edge.settings import InterfaceSettings
    from keepalived_py.vrrp.virtual_interfaces import VirtualInterface
    from keepalived_py.wire.links import LinkDetails

_IPV4_SETTINGS = {
    DEVCONF_ARP_IGNORE: 1,
    DEVCONF_ACCEPT_LOCAL: 1,
    DEVCONF_RP_FILTER: 0,
    DEVCONF_PROMOTE_SECONDARIES: 1,
}
_IPV6_SETTINGS = {DEVCONF_ARP_IGNORE: 1}
_WORD = {MACVLAN: "VMAC", IPVLAN: "ipvlan"}
_LINK_SCOPE = 253
_LINK_LOCAL_LENGTH = 64


class VirtualInterfaces:
    """The virtual interfaces of this process. A host that refuses one is told of, and the others are made."""

    def __init__(self, log: Log, *, settings: InterfaceSettings, firewall: Firewall) -> None:
        self._log = log
        self._settings = settings
        self._firewall = firewall
        self._wanted: dict[str, VirtualInterface] = {}
        self._ours: dict[str, VirtualInterface] = {}
        self._filters_igmp = True

    def provide(self, configuration: Configuration) -> bool:
        """Make what a configuration wants and we have not made; True if there was any. Raises OSError without netlink."""
        self._wanted = wanted_interfaces(configuration)
        self._filters_igmp = not configuration.global_defs.vrrp.disable_local_igmp
        new = [wanted for wanted in self._wanted.values() if self._ours.get(wanted.name) != wanted]
        if new:
            self._make(new)
        return bool(new)

    def restore(self, name: str) -> None:
        """Make an interface anew that has vanished; nothing happens while its base is not there either."""
        wanted = self._wanted.get(name)
        if wanted is not None:
            self._forget([name])
            self._make([wanted])

    def is_ours(self, name: str) -> bool:
        """Whether we make an interface of this name."""
        return name in self._wanted

    def remove_unwanted(self) -> None:
        """After a reload: remove what the new configuration does not want any more."""
        self._remove([name for name in self._ours if name not in self._wanted])

    def follow(self, base: Interface) -> None:
        """Move the virtual interfaces of a base to the VRF that it belongs to now."""
        names = [name for name, ours in self._ours.items() if ours.base == base.name]
        if not names:
            return
        with VirtualLinks() as links:
            details = links.find(base.index)
            master = links.vrf_of(details) if details is not None else 0
            for name in names:
                found = links.find(name)
                if found is not None and found.link.master != master and (number := links.move(name, master)):
                    self._log(Level.INFO, f"Cannot move {name} to the VRF of {base.name}: {os.strerror(number)}")

    def close(self) -> None:
        """Remove everything of ours and restore the bases."""
        self._settings.restore_reverse_path_filter()
        self._wanted = {}
        self._remove(list(self._ours))

    # --- make ---------------------------------------------------------------------------------------------------------

    def _make(self, new: list[VirtualInterface]) -> None:
        interfaces = list_interfaces()
        with VirtualLinks() as links:
            known = links.all()
            create: list[VirtualInterface] = []
            set_up: list[VirtualInterface] = []
            for wanted in new:
                base = known.get(wanted.base)
                if base is None:
                    continue  # its turn comes when the base does
                fate = self._make_ready(wanted, known.get(wanted.name), base, links)
                if fate is Fate.CREATE:
                    if wanted.kind == MACVLAN:
                        self._remove_twin(wanted, known, base, links)
                    create.append(wanted)
                elif fate is Fate.ADOPT:
                    set_up.append(wanted)
            if any(wanted.kind == MACVLAN and wanted.family == 4 for wanted in (*create, *set_up)):
                # Before there are new ones, which begin with what is the default then.
                self._settings.clear_reverse_path_filter(interfaces)
            requests = [_request(wanted, known[wanted.base], links) for wanted in create]
            for wanted, number in zip(create, links.create(requests), strict=True):
                if number:
                    self._failed(wanted, os.strerror(number))
                    continue
                self._log.detail(f"({wanted.instance}): Success creating {_WORD[wanted.kind]} interface {wanted.name}")
                set_up.append(wanted)
            self._set_up(set_up, links, interfaces)
            created = {wanted.name for wanted in create}
            for wanted in set_up:
                base = known[wanted.base]
                if wanted.netlink_notify and wanted.name in created:
                    links.report(wanted.base, base.group)
            self._give_addresses(set_up, links, interfaces)

    def _make_ready(
        self, wanted: VirtualInterface, found: LinkDetails | None, base: LinkDetails, links: VirtualLinks
    ) -> Fate:
        """Correct or remove what has the name of a wanted interface; what is then left to do is CREATE, ADOPT or nothing."""
        fate = fate_of(wanted, found, base.link.index)
        if fate is Fate.CORRECT:
            text = f"({wanted.instance}) Update old VMAC interface {wanted.name} due to wrong MAC/mode "
            self._log(Level.INFO, text)
            number = links.correct_macvlan(wanted.name, wanted.mac, links.vrf_of(base))
            if number:
                self._failed(wanted, os.strerror(number))
                return Fate.CONFLICT
            self._log.detail(f"({wanted.instance}): Success updating VMAC interface {wanted.name}")
            return Fate.ADOPT
        if fate is Fate.REPLACE:
            text = f"({wanted.instance}) Removing old VMAC interface {wanted.name} due to conflicting interface"
            self._log(Level.INFO, text)
            links.delete([wanted.name])
            return Fate.CREATE
        if fate is Fate.CONFLICT:
            self._log(Level.INFO, f"VMAC {wanted.name} conflicts with existing interface")
        return fate

    def _remove_twin(
        self, wanted: VirtualInterface, known: dict[str, LinkDetails], base: LinkDetails, links: VirtualLinks
    ) -> None:
        """Remove the same macvlan under another name: a base has no two of one MAC."""
        for name, details in known.items():
            if name not in self._wanted and fate_of(wanted, details, base.link.index) is Fate.ADOPT:
                self._log(Level.INFO, f"({wanted.instance}) Deleting old VMAC interface {name}")
                self._forget([name])
                links.delete([name])

    def _set_up(self, new: list[VirtualInterface], links: VirtualLinks, interfaces: dict[str, Interface]) -> None:
        for wanted in new:
            self._ours[wanted.name] = wanted
            # Before it is up, or the kernel gives it an address first.
            self._switch_ipv6(wanted)
        macvlans = [wanted for wanted in new if wanted.kind == MACVLAN]
        for family, settings in ((4, _IPV4_SETTINGS), (6, _IPV6_SETTINGS)):
            members = [wanted for wanted in macvlans if wanted.family == family]
            self._report(members, links.set_up([wanted.name for wanted in members], settings))
            if family == 4:
                for wanted in members:
                    self._settings.hold(wanted.name, wanted.base, arp_ignore="1", arp_filter="1")
        ipvlans = [wanted for wanted in new if wanted.kind == IPVLAN]
        self._report(ipvlans, links.set_up([wanted.name for wanted in ipvlans], {}, generate_address=True))
        self._filter(macvlans, links, interfaces)

    def _filter(self, new: list[VirtualInterface], links: VirtualLinks, interfaces: dict[str, Interface]) -> None:
        known = links.all()
        macs = []
        for wanted in new:
            found = known.get(wanted.name)
            if found is None:
                continue
            families = [wanted.family]
            if wanted.family == 4 and wanted.speaks_ipv6:
                families.append(6)
            macs += [
                FilteredMac(
                    interface=wanted.name,
                    interface_index=found.link.index,
                    base_index=found.link.link,
                    family=family,
                    base_link_local=base_link_local(interfaces[wanted.base].addresses),
                )
                for family in families
                if family == 6 or self._filters_igmp
            ]
        self._firewall.filter_macs(macs)

    def _give_addresses(
        self, new: list[VirtualInterface], links: VirtualLinks, interfaces: dict[str, Interface]
    ) -> None:
        requests = []
        for wanted in new:
            base = interfaces.get(wanted.base)
            found = links.find(wanted.name)
            if base is None or found is None:
                continue
            own = _own_address(wanted, base)
            if own is not None:
                address = VirtualAddress(
                    address=own[0],
                    prefix_length=own[1],
                    interface=wanted.name,
                    scope=_LINK_SCOPE if own[0].is_link_local else 0,
                    # Nobody is to choose it as a source by himself.
                    preferred_lifetime=0 if wanted.kind == MACVLAN else None,
                )
                requests.append(AddressRequest(add=True, address=address, interface_index=found.link.index))
        if not requests:
            return
        with AddressTable() as table:
            for request, number in zip(requests, table.apply(requests), strict=True):
                if not request.is_done(number):
                    name = request.address.interface
                    what = "Adding link-local address to vmac failed" if request.address.preferred_lifetime == 0 else ""
                    self._log(
                        Level.INFO,
                        what or f"{self._ours[name].instance}: Failed to add interface address to {name}",
                    )

    def _switch_ipv6(self, wanted: VirtualInterface) -> None:
        try:
            disable_ipv6(wanted.name, disabled=not wanted.speaks_ipv6)
        except OSError as error:
            self._log(Level.INFO, f"Cannot switch IPv6 of {wanted.name}: {error.strerror}")

    def _report(self, wanted: list[VirtualInterface], results: list[int]) -> None:
        for each, number in zip(wanted, results, strict=True):
            if number:
                self._log(Level.INFO, f"Unable to set parameters for {each.name}: {os.strerror(number)}")

    def _failed(self, wanted: VirtualInterface, why: str) -> None:
        self._log(Level.INFO, f"Netlink: error: {why}, cannot make {wanted.name} on {wanted.base}")
        self._log(
            Level.INFO,
            f"({wanted.instance}): Unable to create {_WORD[wanted.kind]} interface {wanted.name}",
        )

    # --- remove -------------------------------------------------------------------------------------------------------

    def _forget(self, names: Iterable[str]) -> None:
        """Let go of everything but the interfaces themselves."""
        names = [name for name in names if name in self._ours]
        self._firewall.release_macs(names)
        for name in names:
            del self._ours[name]
            self._settings.release(name)

    def _remove(self, names: list[str]) -> None:
        if not names:
            return
        gone = [self._ours[name] for name in names]
        self._forget(names)
        with VirtualLinks() as links:
            for ours, number in zip(gone, links.delete(names), strict=True):
                if number:
                    why = os.strerror(number)
                    self._log(Level.INFO, f"({ours.instance}) Error removing VMAC interface {ours.name}: {why}")
                    continue
                self._log.detail(f"({ours.instance}) Success removing VMAC interface {ours.name}")
                base = links.find(ours.base) if ours.netlink_notify else None
                if base is not None:
                    links.report(ours.base, base.group)


def _request(wanted: VirtualInterface, base: LinkDetails, links: VirtualLinks) -> MacvlanLink | IpvlanLink:
    index, master = base.link.index, links.vrf_of(base)
    group = base.group if wanted.group is None else wanted.group
    if wanted.kind == MACVLAN:
        return MacvlanLink(name=wanted.name, base=index, mac=wanted.mac, group=group, master=master)
    return IpvlanLink(name=wanted.name, base=index, mode=wanted.mode, group=group, master=master)


def _own_address(wanted: VirtualInterface, base: Interface) -> tuple[IPAddress, int] | None:
    if wanted.kind == IPVLAN:
        return wanted.address
    link_local = link_local_of(wanted, base.addresses, base.mac)
    return None if link_local is None else (link_local, _LINK_LOCAL_LENGTH)
