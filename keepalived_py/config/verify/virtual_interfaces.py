"""Which interface an instance and its addresses are on, when virtual ones are made for them, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import VirtualMac

if TYPE_CHECKING:
    from keepalived_py.config.build import Context, Drafts, InstanceDraft
    from keepalived_py.config.build.drafts import AddressDraft

_NAME_LENGTH: Final = 15
_PREFIX: Final = "vrrp"
_MAC: Final = {4: bytes.fromhex("00005e0001"), 6: bytes.fromhex("00005e0002")}


def make_interface(context: Context, drafts: Drafts, draft: InstanceDraft) -> None:
    """Name the interface made for an instance with ``use_vmac`` or ``use_ipvlan``."""
    values = draft.values
    if "use_vmac" not in values and "use_ipvlan" not in values:
        return
    prefix = context.globals.values.get("vmac_prefix", _PREFIX)
    name = values.get("vmac_name")
    if name is None and "use_vmac" in values and draft.interface is not None:
        name = _same(context, drafts, draft, draft.interface, draft.family)
    name = name or _free_name(context, drafts, prefix, values["virtual_router_id"], draft.family)
    draft.virtual_interface = name
    if "use_vmac" in values and draft.interface is not None:
        drafts.virtual_interfaces[_key(draft, draft.family, draft.interface)] = name


def place_addresses(context: Context, drafts: Drafts, draft: InstanceDraft) -> None:
    """Give every address its interface; those that have none go, and the periodic ARP of other interfaces with them."""
    virtual = draft.virtual_interface if "use_vmac" in draft.values else None
    extra = extra_virtual = False
    for excluded, addresses in (("", draft.addresses), ("e", draft.excluded)):
        for address in addresses[:]:
            _place(context, drafts, draft, address)
            if address.interface is None:
                default = context.globals.values.get("default_interface")
                if default is None:
                    context.error(f"({draft.name}): no interface for {excluded}vip {address.address} - removing")
                    addresses.remove(address)
                continue
            if address.interface != (virtual or draft.interface):
                extra_virtual = extra_virtual or address.base_interface is not None
                extra = extra or address.base_interface is None
    _periodic_arp(context, draft, extra=extra, extra_virtual=extra_virtual)


def _place(context: Context, drafts: Drafts, draft: InstanceDraft, address: AddressDraft) -> None:
    values = draft.values
    same_family = address.address.version == draft.family
    primary = address.interface is None or address.interface == draft.interface
    all_addresses = "use_vmac_addr" in values
    own = False
    if address.use_vmac:
        if primary and same_family and "use_vmac" in values:
            context.error(f"({draft.name}) use_vmac specified for VIP/eVIP {address.address} and vrrp instance")
        elif all_addresses and not (primary and same_family):
            context.error(
                f"({draft.name}) use_vmac_addr specified and use_vmac specified for VIP/eVIP {address.address}"
            )
        else:
            own = True
    address.own_vmac = own
    if primary and same_family and "use_vmac" in values:
        address.interface, address.base_interface = draft.virtual_interface, draft.interface
        return
    address.interface = address.interface or draft.interface
    if address.interface is not None and (own or (all_addresses and not (primary and same_family))):
        address.base_interface = address.interface
        address.interface = _own_interface(context, drafts, draft, address)


def _own_interface(context: Context, drafts: Drafts, draft: InstanceDraft, address: AddressDraft) -> str:
    family = address.address.version
    key = _key(draft, family, address.base_interface or "")
    if key not in drafts.virtual_interfaces:
        globals_ = context.globals.values
        prefix = globals_.get("vmac_addr_prefix", globals_.get("vmac_prefix", _PREFIX))
        name = _same(context, drafts, draft, address.base_interface or "", family)
        drafts.virtual_interfaces[key] = name or _free_name(
            context, drafts, prefix, draft.values["virtual_router_id"], family
        )
    return drafts.virtual_interfaces[key]


def _key(draft: InstanceDraft, family: int, base: str) -> tuple[int, int, str, str]:
    return draft.values["virtual_router_id"], family, base, draft.values.get("vmac_address", "")


def _same(context: Context, drafts: Drafts, draft: InstanceDraft, base: str, family: int) -> str | None:
    """Give the name of the very interface that would be made, where it exists: this version's before a restart or reload."""
    text, _ = _mac(draft.values.get("vmac_address", ""), draft.values["virtual_router_id"])
    mac = bytes.fromhex(text.replace(":", "")) if text else _MAC[family] + bytes((draft.values["virtual_router_id"],))
    name = context.host.macvlan(base, mac)
    if name is None or name in _taken(drafts):
        return None
    context.log(f"({draft.name}) Found matching interface {name}")
    return name


def _taken(drafts: Drafts) -> set[str | None]:
    taken = {draft.virtual_interface or draft.values.get("vmac_name") for draft in drafts.instances.values()}
    return taken | set(drafts.virtual_interfaces.values())


def _free_name(context: Context, drafts: Drafts, prefix: str, vrid: int, family: int) -> str:
    """``PREFIX.VRID``; if that is taken, a number follows the prefix: 6 first for IPv6, then 1, 2 and so on."""
    taken = _taken(drafts)
    numbers: list[str | int] = [
        "",
        *([6] if family == 6 else []),
        *(n for n in range(1, 1000) if family == 4 or n != 6),
    ]
    for number in numbers:
        ending = f"{number}.{vrid}"
        name = f"{prefix[: _NAME_LENGTH - len(ending)]}{ending}"
        if name not in taken and context.host.interface(name) is None:
            return name
    return f"{prefix}.{vrid}"


def _periodic_arp(context: Context, draft: InstanceDraft, *, extra: bool, extra_virtual: bool) -> None:
    """Periodic ARP is for addresses on other interfaces: all of them, or the virtual ones."""
    values = draft.values
    globals_ = context.globals.values
    if "garp_extra_if" not in values:
        values["garp_extra_if"] = globals_.get("vrrp_garp_extra_if", 0)
        if "garp_extra_all" in globals_:
            values["garp_extra_all"] = True
    if not extra_virtual and not (extra and "garp_extra_all" in values):
        values["garp_extra_if"] = 0


def virtual_mac(draft: InstanceDraft) -> VirtualMac | None:
    """Give the AST node of the interface made for an instance."""
    values = draft.values
    if draft.virtual_interface is None:
        return None
    if "use_vmac" in values:
        mac, uses_vrid = _mac(values.get("vmac_address", ""), values["virtual_router_id"])
    else:
        mac, uses_vrid = None, False
    return VirtualMac(
        kind="vmac" if "use_vmac" in values else "ipvlan",
        interface=draft.virtual_interface,
        mac=mac,
        mac_uses_vrid=uses_vrid,
        xmit_base="vmac_xmit_base" in values,
        netlink_notify="vmac_netlink_notify" in values,
        group=values.get("vmac_group"),
        mode=values.get("ipvlan_mode", "bridge"),
        address=values.get("ipvlan_address"),
        address_prefix_length=values.get("ipvlan_prefix"),
    )


def _mac(text: str, vrid: int) -> tuple[str | None, bool]:
    """Write a MAC with two digits an octet; with five octets the VRID is the last."""
    if not text:
        return None, False
    octets = [int(octet, 16) for octet in text.removesuffix(":").split(":")]
    uses_vrid = len(octets) == 5
    if uses_vrid:
        octets.append(vrid)
    return ":".join(f"{octet:02x}" for octet in octets), uses_vrid
