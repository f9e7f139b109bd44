"""Lines of policy rules (``virtual_rules``, ``static_rules``): checked as keepalived does; they are not acted on yet.

Source: reference/keywords-global-vrrp.tsv, "rule line" rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from keepalived_py.config.build.lines import interface_exists
from keepalived_py.config.build.routes import DroppedError, Line, read_lines
from keepalived_py.config.build.rttables import DSFIELDS, TABLES, TYPES, known, realms

if TYPE_CHECKING:
    from keepalived_py.config.build.context import Context
    from keepalived_py.config.build.drafts import Drafts
    from keepalived_py.config.tree import Block

_U32: Final = 4294967295
_FIRST_PREFERENCE: Final = 16384
_MARK: Final = re.compile(r"[ \t]*(0[xX][0-9a-fA-F]+|[0-9]+)(?:/(0[xX][0-9a-fA-F]+|[0-9]+))?")
_ACTIONS: Final = frozenset({"blackhole", "unreachable", "prohibit"})
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


def read_rules(context: Context, drafts: Drafts, block: Block) -> int:
    """Read a block of rules; how many there are."""
    return read_lines(context, drafts, block, _rule)


def _rule(line: Line) -> None:
    rule = _Rule()
    while line.at < len(line.words):
        word = line.words[line.at]
        if word in {"inet", "inet6"}:
            line.family_word(word, "rule")
        elif not _selector(line, rule, word) and not _option(line, rule, word):
            _action(line, rule, word)
        line.at += 1
    _finish(line, rule)


def _finish(line: Line, rule: _Rule) -> None:
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


def _selector(line: Line, rule: _Rule, word: str) -> bool:
    context = line.context
    match word:
        case "from" | "to":
            value = line.next()
            family = line.destination(value, f"Invalid rule {word} address {{}}")
            if line.family and family != line.family:
                raise DroppedError("rule specification has mixed IPv4 and IPv6")
            line.family = family
        case "dev" | "iif" | "oif":
            value = line.next()
            if not interface_exists(context, line.drafts, value):
                raise DroppedError(f"WARNING - interface {value} for rule doesn't exist")
        case "tos" | "dsfield":
            value = line.next()
            if not known(DSFIELDS, value, 255):
                raise DroppedError(f"TOS value {value} is invalid")
        case "fwmark":
            value = line.next()
            match = _MARK.fullmatch(value)
            if match is None or any(int(part, 0) > _U32 for part in match.groups() if part):
                raise DroppedError(f"Invalid rule fwmark {value} specified")
        case "realms":
            value = line.next()
            if not realms(value):
                raise DroppedError(f"invalid realms {value} for rule")
            line.join(4, "realms is only valid for IPv4")
            rule.table_option = True
        case "not":
            pass
        case _:
            return False
    return True


def _option(line: Line, rule: _Rule, word: str) -> bool:
    context = line.context
    match word:
        case "preference" | "order" | "priority":
            value = line.next()
            rule.preference = context.unsigned(str(_base_zero(value)), 0, _U32)
            if rule.preference is None:
                raise DroppedError(f"Invalid rule preference {word} specified")
        case "suppress_prefixlength" | "sup_pl":
            if context.unsigned(line.next(), 0, 2147483647) is None:
                raise DroppedError(f"Invalid suppress_prefixlength {word} specified")
            rule.table_option = True
        case "suppress_ifgroup" | "sup_group":
            value = line.next()
            if not known({"default": 0}, value, _U32):
                raise DroppedError(f"suppress_group {value} is invalid")
            rule.table_option = True
        case "tunnel-id":
            if not line.next().isdigit():
                raise DroppedError(f"Invalid tunnel-id {word} specified")
        case "uidrange":
            if not re.match(r"[0-9]+-[0-9]+", line.next()):
                raise DroppedError(f"Invalid uidrange {word} specified")
        case "protocol":
            value = line.next()
            rule.protocol = context.unsigned(value, 0, 255)
            if rule.protocol is None:
                context.error(f"Invalid protocol {value}")
        case "ipproto":
            value = line.next()
            if not known({"icmp": 1, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "sctp": 132}, value, 255):
                context.error(f"Invalid ipproto {value}")
        case "sport" | "dport":
            value = line.next()
            if not re.match(r"[0-9]+-[0-9]+", value):
                context.error(f"invalid {word} range {value}")
        case "no_track":
            rule.tracked = False
        case "track_group":
            value = line.next()
            if value not in line.drafts.track_groups:
                context.error(f"track_group {value} not found")
        case _:
            return False
    return True


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
        if not known(TABLES, value, _U32):
            raise DroppedError(f"Routing table {value} not found for rule")
        if value in {"0", "unspec"}:
            raise DroppedError("Table 0 is not valid")
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
            if not known(TYPES, word, 255):
                raise DroppedError(f"Unknown rule option {word}")
            if word not in _ACTIONS:
                raise DroppedError(f"Invalid rule action {word}")
    if rule.action:
        raise DroppedError(more)
    rule.action = action
