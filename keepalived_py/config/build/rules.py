"""Lines of policy rules (``virtual_rules``, ``static_rules``): read and checked as keepalived does.

Source: reference/keywords-global-vrrp.tsv, "rule line" rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import Rule
from keepalived_py.config.build.lines import interface_exists
from keepalived_py.config.build.routes import DroppedError, Line, everything, read_lines
from keepalived_py.config.build.rttables import TYPES, lookup, number, realms

if TYPE_CHECKING:
    from keepalived_py.config.build.context import Context
    from keepalived_py.config.build.drafts import Drafts
    from keepalived_py.config.tree import Block

_U32: Final = 4294967295
_FIRST_PREFERENCE: Final = 16384
_MARK: Final = re.compile(r"[ \t]*(0[xX][0-9a-fA-F]+|[0-9]+)(?:/(0[xX][0-9a-fA-F]+|[0-9]+))?")
#: Of /etc/protocols, what anybody selects packets by.
_IP_PROTOCOLS: Final = {
    "icmp": 1,
    "igmp": 2,
    "ipencap": 4,
    "tcp": 6,
    "egp": 8,
    "udp": 17,
    "dccp": 33,
    "ipv6": 41,
    "rsvp": 46,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "ipv6-icmp": 58,
    "eigrp": 88,
    "ospf": 89,
    "ipip": 94,
    "pim": 103,
    "vrrp": 112,
    "l2tp": 115,
    "sctp": 132,
    "udplite": 136,
}
#: By the number of the type of route that is called so.
_ACTIONS: Final = {6: "blackhole", 7: "unreachable", 8: "prohibit"}
_MORE_THAN_ONE: Final = "Cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable{} for rule"


class _Rule:
    """What decides at the end of a line whether it makes a rule."""

    def __init__(self) -> None:
        self.action = ""
        self.preference: int | None = None
        self.target = 0
        self.table_option = False
        self.protocol: int | None = None
        self.tracked = True


def read_rules(context: Context, drafts: Drafts, block: Block, *, static: bool = False) -> list[Rule]:
    """Read a block of rules."""
    return read_lines(context, drafts, block, _rule, static=static)


def _rule(line: Line) -> Rule:
    rule = _Rule()
    while line.at < len(line.words):
        word = line.words[line.at]
        if word in {"inet", "inet6"}:
            line.family_word(word, "rule")
        elif not _selector(line, rule, word) and not _option(line, rule, word):
            _action(line, rule, word)
        line.at += 1
    return _finish(line, rule)


def _finish(line: Line, rule: _Rule) -> Rule:
    context = line.context
    if rule.action == "goto":
        if rule.preference is None:
            raise DroppedError(f"Invalid rule - goto target {rule.target} specified without preference")
        if rule.preference >= rule.target:
            raise DroppedError(f"Invalid rule - preference {rule.preference} >= goto target {rule.target}")
    if not rule.action:
        raise DroppedError("No action specified for rule - ignoring")
    if rule.action not in {"table", "l3mdev"} and rule.table_option:
        raise DroppedError("suppressor/realm specified for non table action - skipping")
    if rule.tracked and rule.protocol not in {None, 18}:
        context.error("Rule cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol")
    if rule.preference is None:
        family = line.family or 4
        used = line.drafts.rule_preferences
        preference = used.get(family, _FIRST_PREFERENCE)
        used[family] = preference - 1
        context.error(
            f"Rule has no preference specified - setting to {preference}. This is probably not what you want."
        )
        rule.preference = preference
    values = line.values
    for end in ("source", "destination"):
        if end in values and values[end] is None:
            values[end] = everything(line.family or 4)
    if "track_group" in values and "incoming_interface" not in values:
        context.error("Static rule cannot have track_group if dev/iif not specified")
        del values["track_group"]
    return Rule(
        action=rule.action,
        family=line.family or 4,
        preference=rule.preference,
        protocol=18 if rule.tracked else rule.protocol,
        target=rule.target,
        no_track=not rule.tracked,
        **values,
    )


def _selector(line: Line, rule: _Rule, word: str) -> bool:
    context = line.context
    values = line.values
    match word:
        case "from" | "to":
            value = line.next()
            family, prefix = line.destination(value, f"Invalid rule {word} address {{}}")
            if line.family and family != line.family:
                raise DroppedError("rule specification has mixed IPv4 and IPv6")
            line.family = family
            values["source" if word == "from" else "destination"] = prefix
        case "dev" | "iif" | "oif":
            value = line.next()
            if not interface_exists(context, line.drafts, value):
                raise DroppedError(f"WARNING - interface {value} for rule doesn't exist")
            values["outgoing_interface" if word == "oif" else "incoming_interface"] = value
        case "tos" | "dsfield":
            value = line.next()
            found = lookup(context, "rt_dsfield", value)
            if found is None:
                raise DroppedError(f"TOS value {value} is invalid")
            values["tos"] = found
        case "fwmark":
            value = line.next()
            match = _MARK.fullmatch(value)
            if match is None or any(int(part, 0) > _U32 for part in match.groups() if part):
                raise DroppedError(f"Invalid rule fwmark {value} specified")
            values["mark"] = int(match.group(1), 0)
            values["mask"] = int(match.group(2), 0) if match.group(2) else None
        case "realms":
            value = line.next()
            found = realms(context, value)
            if found is None:
                raise DroppedError(f"invalid realms {value} for rule")
            line.join(4, "realms is only valid for IPv4")
            values["realms"] = found
            rule.table_option = True
        case "not":
            values["invert"] = True
        case _:
            return False
    return True


def _option(line: Line, rule: _Rule, word: str) -> bool:
    context = line.context
    values = line.values
    match word:
        case "preference" | "order" | "priority":
            value = line.next()
            rule.preference = context.unsigned(str(_base_zero(value)), 0, _U32)
            if rule.preference is None:
                raise DroppedError(f"Invalid rule preference {word} specified")
        case "suppress_prefixlength" | "sup_pl":
            values["suppress_prefix_length"] = context.unsigned(line.next(), 0, 2147483647)
            if values["suppress_prefix_length"] is None:
                raise DroppedError(f"Invalid suppress_prefixlength {word} specified")
            rule.table_option = True
        case "suppress_ifgroup" | "sup_group":
            value = line.next()
            values["suppress_group"] = lookup(context, "group", value)
            if values["suppress_group"] is None:
                raise DroppedError(f"suppress_group {value} is invalid")
            rule.table_option = True
        case "tunnel-id":
            value = line.next()
            if not value.isdigit():
                raise DroppedError(f"Invalid tunnel-id {word} specified")
            values["tunnel_id"] = int(value)
        case "uidrange":
            values["uid_range"] = _range(line.next())
            if values["uid_range"] is None:
                raise DroppedError(f"Invalid uidrange {word} specified")
        case "protocol":
            value = line.next()
            rule.protocol = context.unsigned(value, 0, 255)
            if rule.protocol is None:
                context.error(f"Invalid protocol {value}")
        case _:
            return _rare_option(line, rule, word)
    return True


def _rare_option(line: Line, rule: _Rule, word: str) -> bool:
    context = line.context
    values = line.values
    match word:
        case "ipproto":
            value = line.next()
            values["ip_protocol"] = number(_IP_PROTOCOLS, value, 255)
            if values["ip_protocol"] is None:
                context.error(f"Invalid ipproto {value}")
        case "sport" | "dport":
            value = line.next()
            ports = _range(value)
            values["source_ports" if word == "sport" else "destination_ports"] = ports
            if ports is None:
                context.error(f"invalid {word} range {value}")
        case "no_track":
            rule.tracked = False
        case "track_group" if line.static:
            value = line.next()
            if "track_group" in values:
                context.error(f"track_group {value} is a duplicate")
                line.at = len(line.words)  # the rest is not looked at
            elif value not in line.drafts.track_groups:
                context.error(f"track_group {value} not found")
            else:
                values["track_group"] = value
        case _:
            return False
    return True


def _range(word: str) -> tuple[int, int] | None:
    """Read ``FROM-TO``; anything after it is not looked at."""
    match = re.match(r"([0-9]+)-([0-9]+)", word)
    return None if match is None else (int(match.group(1)), int(match.group(2)))


def _base_zero(word: str) -> int | str:
    """Give a hexadecimal or octal number as a decimal one; anything else unchanged."""
    try:
        return int(word, 8) if word.startswith("0") and word.isdigit() else int(word, 0)
    except ValueError:
        return word


def _action(line: Line, rule: _Rule, word: str) -> None:
    context = line.context
    more = _MORE_THAN_ONE.format("/l3mdev")
    if word in {"table", "lookup"}:
        value = line.next()
        table = lookup(context, "rt_tables", value)
        if table is None:
            raise DroppedError(f"Routing table {value} not found for rule")
        if not table:
            raise DroppedError("Table 0 is not valid")
        line.values["table"] = table
        action, more = "table", _MORE_THAN_ONE.format("")
    elif word == "l3mdev":
        action, more = "l3mdev", "Cannot specify l3mdev with other action"
    else:
        if word == "type":
            word = line.next()
        action = word
        if word == "goto":
            value = line.next()
            target = context.unsigned(value, 0, _U32)
            if target is None:
                raise DroppedError(f"Invalid target {value} specified")
            rule.target = target
        elif word != "nop":
            kind = number(TYPES, word, 255)
            if kind is None:
                raise DroppedError(f"Unknown rule option {word}")
            if kind not in _ACTIONS:
                raise DroppedError(f"Invalid rule action {word}")
            action = _ACTIONS[kind]
    if rule.action:
        raise DroppedError(more)
    rule.action = action
