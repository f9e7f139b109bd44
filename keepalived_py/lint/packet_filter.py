"""What a packet filter certainly does with VRRP's packets: nftables as ``nft -j`` writes it, and iptables as iptables-save does.

A match that is not understood may hold or not, so both ways are followed: ``drops`` says yes only when every way ends in a drop.
Pure: it gets the rules as data. Source: libnftables-json(5), iptables-save(8).
"""

from __future__ import annotations

import ipaddress
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from keepalived_py.lint.views import Address

VRRP: Final = 112
AH: Final = 51
_NAMES: Final = {VRRP: frozenset({"112", "vrrp"}), AH: frozenset({"51", "ah"})}
_PASS, _DROP, _GO_ON, _RETURN = "pass", "drop", "go on", "return"
#: Rules that may be looked at for one packet: chains that call each other without end stop here.
_PATIENCE: Final = 20_000
_KEEP_GOING: Final = frozenset(
    {"counter", "log", "limit", "mangle", "notrack", "ct helper", "ct timeout", "meter", "set"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A packet of ours; ``source`` and ``destination`` are None where several are possible."""

    protocol: int
    family: int
    interface: str
    incoming: bool = True
    source: Address | None = None
    destination: Address | None = None


class _UndecidedError(Exception):
    """More rules than anybody wants to follow."""


def nftables_drops(ruleset: dict[str, Any], packet: Packet) -> bool:
    """Whether nftables drops a packet in its last hook (input or output) or in prerouting, whatever is not known."""
    chains: dict[tuple[str, str, str], list[Any]] = {}
    bases: list[tuple[tuple[str, str, str], dict[str, Any]]] = []
    for entry in ruleset.get("nftables", ()):
        if not isinstance(entry, dict):
            continue
        chain, rule = entry.get("chain"), entry.get("rule")
        if isinstance(chain, dict):
            key = (str(chain.get("family")), str(chain.get("table")), str(chain.get("name")))
            chains.setdefault(key, [])
            if "hook" in chain:
                bases.append((key, chain))
        elif isinstance(rule, dict):
            key = (str(rule.get("family")), str(rule.get("table")), str(rule.get("chain")))
            chains.setdefault(key, []).append(rule.get("expr") or [])
    families = {"inet", "ip" if packet.family == 4 else "ip6"}
    hooks = {"prerouting", "input"} if packet.incoming else {"output", "postrouting"}
    for key, chain in bases:
        if key[0] not in families or chain.get("hook") not in hooks or chain.get("type") == "nat":
            continue
        walk = _Nftables(chains, packet)
        try:
            ends = walk.chain(key)
        except _UndecidedError:
            continue
        if ends & {_GO_ON, _RETURN}:
            ends = (ends - {_GO_ON, _RETURN}) | {_DROP if chain.get("policy") == "drop" else _PASS}
        if ends == {_DROP}:
            return True
    return False


class _Nftables:
    """One packet on its way through the chains of one table."""

    def __init__(self, chains: dict[tuple[str, str, str], list[Any]], packet: Packet) -> None:
        self._chains = chains
        self._packet = packet
        self._left = _PATIENCE

    def chain(self, key: tuple[str, str, str]) -> set[str]:
        """Give all that a chain may end in."""
        ends: set[str] = set()
        for expressions in self._chains.get(key, ()):
            self._left -= 1
            if self._left < 0:
                raise _UndecidedError
            got = self._rule(key, expressions)
            ends |= got - {_GO_ON}
            if _GO_ON not in got:
                return ends
        return ends | {_GO_ON}

    def _rule(self, key: tuple[str, str, str], expressions: Sequence[Any]) -> set[str]:
        sure = True
        for expression in expressions:
            if not isinstance(expression, dict) or len(expression) != 1:
                return {_GO_ON, _PASS, _DROP}
            ((kind, value),) = expression.items()
            if kind == "match":
                holds = self._holds(value)
                if holds is False:
                    return {_GO_ON}
                sure = sure and holds is True
            elif kind in {"accept", "queue", "drop", "reject", "return", "jump", "goto"}:
                got = self._verdict(key, kind, value)
                return got if sure else got | {_GO_ON}
            elif kind in _KEEP_GOING:
                sure = sure and kind != "limit"
            else:
                # A map of verdicts, or a match of iptables that nft does not know: anything may come of it.
                return {_GO_ON, _PASS, _DROP}
        return {_GO_ON}

    def _verdict(self, key: tuple[str, str, str], kind: str, value: Any) -> set[str]:
        if kind in {"drop", "reject"}:
            return {_DROP}
        if kind in {"accept", "queue"}:
            return {_PASS}
        if kind == "return" or not isinstance(value, dict):
            return {_RETURN}
        got = self.chain((key[0], key[1], str(value.get("target"))))
        if kind == "jump":
            return {_GO_ON if end == _RETURN else end for end in got}
        return {_RETURN if end == _GO_ON else end for end in got}

    def _holds(self, match: Any) -> bool | None:
        """Whether a match holds; None when that is not known."""
        if not isinstance(match, dict) or match.get("op") not in {"==", "!=", "in"}:
            return None
        values = _values(match.get("right"))
        if values is None:
            return None
        found = self._field(match.get("left"), values)
        return found if found is None or match["op"] != "!=" else not found

    def _field(self, left: Any, values: list[Any]) -> bool | None:
        packet = self._packet
        if not isinstance(left, dict):
            return None
        meta, payload, ct = left.get("meta"), left.get("payload"), left.get("ct")
        if isinstance(meta, dict):
            key = meta.get("key")
            if key in {"iifname", "iif", "oifname", "oif"}:
                ours = key.startswith("i") == packet.incoming
                return any(_same_interface(str(value), packet.interface) for value in values) if ours else False
            if key == "l4proto":
                return _protocol(packet, values)
            if key in {"nfproto", "protocol"}:
                names = {"ipv4", "ip"} if packet.family == 4 else {"ipv6", "ip6"}
                return not names.isdisjoint(map(str, values))
        if isinstance(payload, dict):
            protocol, name = payload.get("protocol"), payload.get("field")
            if protocol in {"ip", "ip6"} and (protocol == "ip") != (packet.family == 4):
                return False
            if (protocol, name) in {("ip", "protocol"), ("ip6", "nexthdr")}:
                return _protocol(packet, values)
            if protocol in {"ip", "ip6"} and name in {"saddr", "daddr"}:
                return _address_in(packet.source if name == "saddr" else packet.destination, values)
            if protocol in {"tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "th", "igmp"}:
                return False if protocol != "th" else None
        if isinstance(ct, dict) and ct.get("key") == "state":
            return _state(packet, values)
        return None


def _values(right: Any) -> list[Any] | None:
    """Give the values that a match compares with; None for what is not understood (a named set, say)."""
    if isinstance(right, dict):
        right = right.get("set", [right] if "prefix" in right else None)
        if right is None:
            return None
    values = right if isinstance(right, list) else [right]
    known = all("prefix" in value if isinstance(value, dict) else not str(value).startswith("@") for value in values)
    return values if known else None


def _protocol(packet: Packet, values: Iterable[Any]) -> bool:
    return any(str(value) in _NAMES[packet.protocol] for value in values)


def _same_interface(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith(("*", "+")) else pattern == name


def _address_in(address: Address | None, values: Iterable[Any]) -> bool | None:
    if address is None:
        return None
    for value in values:
        text: Any = value
        if isinstance(value, dict):
            prefix = value.get("prefix")
            if not isinstance(prefix, dict):
                return None
            text = f"{prefix.get('addr')}/{prefix.get('len')}"
        try:
            if address in ipaddress.ip_network(str(text), strict=False):
                return True
        except ValueError:
            return None
    return False


def _state(packet: Packet, values: Iterable[Any]) -> bool | None:
    """Multicast is never answered, so it stays new; between peers the other direction may have made it established."""
    states = {part.lower() for value in values for part in str(value).split(",")}
    multicast = packet.destination is not None and packet.destination.is_multicast
    if multicast:
        return "new" in states or (None if "untracked" in states else False)
    return None if states & {"new", "established", "related"} else False


def iptables_drops(lines: Sequence[str], packet: Packet) -> bool:
    """Whether the filter table drops a packet, as iptables-save (or ip6tables-save for IPv6) writes it."""
    chain = "INPUT" if packet.incoming else "OUTPUT"
    chains: dict[str, list[list[str]]] = {}
    policy = "ACCEPT"
    table = ""
    for line in lines:
        if line.startswith("*"):
            table = line[1:].strip()
        elif table == "filter" and line.startswith(f":{chain} "):
            policy = line.split()[1]
        elif table == "filter" and line.startswith("-A "):
            try:
                words = shlex.split(line)
            except ValueError:
                return False
            chains.setdefault(words[1], []).append(words[2:])
    try:
        ends = _Iptables(chains, packet).chain(chain)
    except _UndecidedError:
        return False
    if ends & {_GO_ON, _RETURN}:
        ends = (ends - {_GO_ON, _RETURN}) | {_DROP if policy == "DROP" else _PASS}
    return ends == {_DROP}


class _Iptables:
    """One packet on its way through the filter table."""

    def __init__(self, chains: dict[str, list[list[str]]], packet: Packet) -> None:
        self._chains = chains
        self._packet = packet
        self._left = _PATIENCE

    def chain(self, name: str) -> set[str]:
        """Give all that a chain may end in."""
        ends: set[str] = set()
        for words in self._chains.get(name, ()):
            self._left -= 1
            if self._left < 0:
                raise _UndecidedError
            got = self._rule(words)
            ends |= got - {_GO_ON}
            if _GO_ON not in got:
                return ends
        return ends | {_GO_ON}

    def _rule(self, words: list[str]) -> set[str]:
        sure: bool = True
        target, jump = "", True
        at, negated = 0, False
        while at < len(words):
            word, value = words[at], words[at + 1] if at + 1 < len(words) else ""
            if word == "!":
                negated = True
                at += 1
                continue
            if word in {"-j", "-g"}:
                target, jump = value, word == "-j"
                break
            holds = self._holds(word, value)
            if holds is not None and negated:
                holds = not holds
            if holds is False:
                return {_GO_ON}
            sure = sure and holds is True
            negated = False
            at += 1
            while at < len(words) and words[at] != "!" and not words[at].startswith("-"):
                at += 1
        got = self._target(target, jump=jump)
        return got if sure else got | {_GO_ON}

    def _holds(self, option: str, value: str) -> bool | None:
        packet = self._packet
        match option:
            case "-p":
                return value == "all" or value in _NAMES[packet.protocol]
            case "-i" | "-o":
                return (option == "-i") == packet.incoming and _same_interface(value, packet.interface)
            case "-s" | "-d":
                return _address_in(packet.source if option == "-s" else packet.destination, [value])
            case "--ctstate" | "--state":
                return _state(packet, [value])
            case "--comment":
                return True
            case "-m":
                return value in {"conntrack", "state", "comment"} or None
        return None

    def _target(self, target: str, *, jump: bool) -> set[str]:
        if target in {"DROP", "REJECT"}:
            return {_DROP}
        if target in {"ACCEPT", "NFQUEUE"}:
            return {_PASS}
        if target == "RETURN":
            return {_RETURN}
        if target not in self._chains:
            return {_GO_ON}
        got = self.chain(target)
        if jump:
            return {_GO_ON if end == _RETURN else end for end in got}
        return {_RETURN if end == _GO_ON else end for end in got}
