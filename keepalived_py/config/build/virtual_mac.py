"""The words of ``use_vmac`` and ``use_ipvlan``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.build.context import parse_address

if TYPE_CHECKING:
    from keepalived_py.config.build.context import Context
    from keepalived_py.config.build.drafts import InstanceDraft
    from keepalived_py.config.tree import Terminal

_INTERFACE_NAME_LENGTH: Final = 15


def use_vmac(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    """Read ``use_vmac``: a name, an address, a group and a flag, in any order."""
    words = terminal.words
    values = draft.values
    values["use_vmac"] = True
    at = 1
    while at < len(words):
        word = words[at]
        at += 1
        if ":" in word:
            _vmac_address(context, draft, word)
            continue
        if word == "netlink_notify_msg":
            values["vmac_netlink_notify"] = True
            continue
        if word == "group":
            group = context.word(words, at)
            at += 1
            number = _group(context, group)
            if number is None:
                context.error(f"VMAC group {group} not found")
            else:
                values["vmac_group"] = number
            continue
        if word == "name":
            word = context.word(words, at)
            at += 1
        if values.get("vmac_name"):
            context.error("VMAC interface name already specified")
        elif not 0 < len(word) <= _INTERFACE_NAME_LENGTH or word in {".", ".."} or "/" in word:
            context.error(f"VMAC interface name '{word}' too long or invalid characters - ignoring")
        else:
            values["vmac_name"] = word


def _group(context: Context, word: str) -> int | None:
    """Give the number of a group of interfaces, which iproute2's file ``group`` may have a name for."""
    if word.isdigit():
        return int(word)
    return 0 if word == "default" else context.named_numbers("group").get(word)


def _vmac_address(context: Context, draft: InstanceDraft, word: str) -> None:
    if draft.values.get("vmac_address"):
        context.error("VMAC interface address already specified")
        return
    if any(character not in "0123456789abcdefABCDEF:" for character in word):
        context.error(f"VMAC invalid MAC address {word}")
        return
    octets = word.removesuffix(":").split(":")
    if len(octets) not in {5, 6} or any(not 0 < len(octet) <= 2 for octet in octets):
        context.error(f"VMAC invalid MAC address {word} - ignored")
    elif int(octets[0], 16) & 1:
        context.error(f"VMAC MAC address is multicast {word} - ignoring")
    elif [int(octet, 16) for octet in octets[:5]] in ([0, 0, 0x5E, 0, 1], [0, 0, 0x5E, 0, 2]):
        context.error(f"VMAC MAC address not allowed to be RFC5798 address ({word}) - ignoring")
    else:
        draft.values["vmac_address"] = word


def use_ipvlan(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    """Read ``use_ipvlan``: a name, an address, a mode and a group, in any order."""
    name = draft.name
    values = draft.values
    if "use_ipvlan" in values:
        context.error(f"({name}) use_ipvlan already specified")
        return
    values["use_ipvlan"] = True
    mode = ""
    words = iter(terminal.words[1:])
    for word in words:
        if word in {"bridge", "private", "vepa"}:
            if mode:
                context.error(f"({name}) ipvlan type already specified - ignoring '{word}'")
            mode = mode or word
            values["ipvlan_mode"] = mode
        elif word == "group":
            group = next(words, "")
            number = _group(context, group)
            if number is not None:
                values["vmac_group"] = number
        elif (address := parse_address(word.partition("/")[0])) is not None:
            if "ipvlan_address" in values:
                context.error(f"({name}) ipvlan address already specified - ignoring '{word}'")
                continue
            if not draft.family:
                draft.family = address.version
            elif draft.family != address.version:
                context.error(f"({name}) ipvlan address[{word}] MUST match vrrp instance family !!! Skipping...")
                continue
            values["ipvlan_address"] = address
            length = word.partition("/")[2]
            values["ipvlan_prefix"] = int(length) if length.isdigit() else address.max_prefixlen
            draft.source = draft.source or address
        elif word != "name" and len(word) > _INTERFACE_NAME_LENGTH:
            context.error(f"({name}) IPVLAN interface name '{word}' too long - ignoring")
        elif word != "name":
            values.setdefault("vmac_name", word)
