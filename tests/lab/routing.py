"""Lines of routes and rules that cover what keepalived can be told, and the same in iproute2's words.

Both are for a host with ``eth0`` (10.99.0.1/24, fd99::1/64) and ``eth1``. Owns the lists and the way from a line to the AST's node.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keepalived_py.config.host import AnyHost
from keepalived_py.config.load import load

if TYPE_CHECKING:
    from keepalived_py.config.ast import Route, Rule
    from tests.lab.netns import Namespace

#: (line of virtual_routes, words of ``ip route add``); None where the words are the line's.
ROUTES: list[tuple[str, str | None]] = [
    ("10.1.0.0/16 via 10.99.0.254", None),
    ("10.2.0.0/16 dev eth0", "10.2.0.0/16 dev eth0 scope global"),
    ("10.3.0.0/16 via 10.99.0.254 dev eth0 src 10.99.0.1 metric 20", None),
    ("10.4.0.0/16 via 10.99.0.254 table 100 priority 7", "10.4.0.0/16 via 10.99.0.254 table 100 metric 7"),
    ("10.5.0.0/16 via 10.99.0.254 table 70000 tos 0x10", None),
    ("default via 10.99.0.254 metric 300", None),
    ("0.0.0.0/0 via 10.99.0.253 table 101", "default via 10.99.0.253 table 101"),
    ("10.6.0.1 dev eth0 scope link", None),
    ("blackhole 10.7.0.0/16", None),
    ("unreachable 10.8.0.0/16 metric 5", None),
    ("prohibit 10.9.0.0/16", None),
    ("throw 10.10.0.0/16 table 102", None),
    ("local 10.11.0.1 dev eth0 table 103 scope host", None),
    ("10.12.0.0/16 via 10.50.0.1 dev eth0 onlink", None),
    ("10.13.0.0/16 via 10.99.0.254 mtu lock 1400 advmss 1300 hoplimit 20 window 9000", None),
    ("10.14.0.0/16 via 10.99.0.254 rtt 800ms rttvar lock 300ms rto_min 250ms", None),
    ("10.15.0.0/16 via 10.99.0.254 cwnd lock 6 ssthresh 7 reordering 8 initcwnd 10 initrwnd 20", None),
    ("10.16.0.0/16 via 10.99.0.254 quickack 1 fastopen_no_cookie 1 features ecn", None),
    ("10.17.0.0/16 via 10.99.0.254 congctl lock cubic", None),
    ("10.18.0.0/16 via 10.99.0.254 realms 3/4", None),
    ("10.19.0.0/16 via 10.99.0.254 realms 5", None),
    ("10.20.0.0/16 nexthop via 10.99.0.2 weight 3 nexthop via 10.99.0.3 dev eth0 weight 256", None),
    ("10.21.0.0/16 nexthop via 10.50.0.2 dev eth0 onlink realms 7/8 nexthop via 10.99.0.3", None),
    ("10.22.0.0/16 via 10.99.0.254 ttl-propagate enabled", None),
    ("10.23.0.0/16 encap ip id 5 dst 10.1.2.3 tos 8 ttl 17 via 10.99.0.9 dev eth0", None),
    ("10.24.0.0/16 encap ip6 id 6 dst fd00::1 src fd00::2 tc 8 hoplimit 9 via 10.99.0.9 dev eth0", None),
    ("append 10.25.0.0/16 via 10.99.0.254", "10.25.0.0/16 via 10.99.0.254"),
    ("add 10.26.0.0/16 via 10.99.0.254", "10.26.0.0/16 via 10.99.0.254"),
    ("to 10.27.0.0/16 gw 10.99.0.254 oif eth0", "10.27.0.0/16 via 10.99.0.254 dev eth0"),
    ("10.28.0.0/16 via 10.99.0.2 or 10.99.0.3", "10.28.0.0/16 nexthop via 10.99.0.2 nexthop via 10.99.0.3"),
    ("10.29.0.0/16 via 10.99.0.254 protocol static no_track", "10.29.0.0/16 via 10.99.0.254 proto static"),
    ("fd01::/48 via fd99::254", None),
    ("fd02::/48 via fd99::254 dev eth0 metric 77 table 104", None),
    ("fd03::/48 via fd99::254 pref high mtu 1300", None),
    ("fd04::/48 via fd99::254 expires 600", None),
    ("fd05::/48 dev eth0", None),
    ("default6 via fd99::253", "default via fd99::253"),
    ("fd06::/48 nexthop via fd99::2 weight 2 nexthop via fd99::3", None),
    ("blackhole fd07::/48", None),
    ("unreachable fd08::/48 metric 12", None),
    ("fd09::/48 from fd99::/64 via fd99::254", None),
    ("fd0a::/48 src fd99::1 via fd99::254", None),
    ("fd0b::/48 encap ip6 id 7 dst fd00::3 via fd99::254 dev eth0", None),
]

#: (line of virtual_rules, words of ``ip rule add``); None where the words are the line's.
RULES: list[tuple[str, str | None]] = [
    ("from 10.0.0.0/8 table 100 preference 500", None),
    ("from 10.0.0.0/8 to 10.1.0.0/16 lookup main priority 501", None),
    ("not to 10.2.0.0/16 table 70000 order 502", None),
    ("from all table 5 preference 503", None),
    ("iif eth0 oif eth1 table 101 preference 504", None),
    ("from 10.3.0.0/16 tos 0x10 fwmark 0x10/0xf0 table 102 preference 505", None),
    ("fwmark 7 table 102 preference 506", None),
    ("from 10.4.0.0/16 realms 1/2 table 103 preference 507", None),
    ("from 10.5.0.0/16 suppress_prefixlength 0 table main preference 508", None),
    ("from 10.6.0.0/16 suppress_ifgroup 7 table main preference 509", None),
    ("to 10.7.0.0/16 tunnel-id 900000 table 9 preference 510", "to 10.7.0.0/16 tun_id 900000 table 9 pref 510"),
    ("uidrange 1000-2000 table 105 preference 511", None),
    ("l3mdev preference 512", None),
    ("ipproto tcp sport 1000-1010 dport 443-444 table 106 preference 513", None),
    ("from 10.8.0.0/16 goto 600 preference 514", None),
    ("from 10.9.0.0/16 nop preference 515", None),
    ("from 10.10.0.0/16 blackhole preference 516", None),
    ("from 10.11.0.0/16 unreachable preference 517", None),
    ("from 10.12.0.0/16 type prohibit preference 518", "from 10.12.0.0/16 prohibit preference 518"),
    ("from 10.13.0.0/16 table 107 preference 600 protocol 4 no_track", "from 10.13.0.0/16 table 107 preference 600 protocol 4"),
    ("from fd00::/8 table 108 preference 601", None),
    ("to fd00::/8 iif eth0 unreachable preference 602", None),
    ("from fd01::/16 goto 700 preference 603", None),
    ("from fd02::/16 ipproto udp dport 53-53 table 109 preference 604", None),
    ("from fd03::/16 table 110 preference 700", None),
]  # fmt: skip

#: What only a kernel with VRF, MPLS and ILA takes; ``red`` is a VRF with table 1000 that holds eth1.
GUEST_ROUTES: list[tuple[str, str | None]] = [
    ("10.60.0.0/16 dev eth1 vrf red", "10.60.0.0/16 dev eth1 table 1000 scope global"),
    ("10.61.0.0/16 encap mpls 100/200 via 10.99.0.9 dev eth0", None),
    ("10.62.0.0/16 encap mpls 0x10 ttl-propagate disabled via 10.99.0.9 dev eth0", None),
    ("fd0c::2000:0:0:1/128 encap ila 2001:db8:0:1 via fd99::254 dev eth0", None),
    (
        "10.63.0.0/16 nexthop via 10.99.0.2 encap mpls 7 nexthop via 10.99.0.3 weight 2",
        "10.63.0.0/16 nexthop encap mpls 7 via 10.99.0.2 nexthop via 10.99.0.3 weight 2",
    ),
]

_CONFIGURATION = """
vrrp_instance V {{
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {{
        10.99.0.100/24
    }}
    virtual_routes {{
        {routes}
    }}
    virtual_rules {{
        {rules}
    }}
}}
"""


def routes(*lines: str) -> tuple[Route, ...]:
    """Return the nodes that lines of ``virtual_routes`` make; each must make one."""
    found = _instance(routes=lines).virtual_routes
    assert len(found) == len(lines), lines
    return tuple(found)


def rules(*lines: str) -> tuple[Rule, ...]:
    """Return the nodes that lines of ``virtual_rules`` make; each must make one."""
    found = _instance(rules=lines).virtual_rules
    assert len(found) == len(lines), lines
    return tuple(found)


def shown_routes(namespace: Namespace) -> list[Any]:
    """Return every IPv4 and IPv6 route of ours as ip(8) shows it, without what time alone changes."""
    return [_timeless(route) for family in ("-4", "-6") for route in _show(namespace, family, "route", "show", "table", "all")
            if route.get("protocol") not in {"kernel", "ra"}]  # fmt: skip


def shown_rules(namespace: Namespace) -> list[Any]:
    """Return every rule beside the kernel's own three as ip(8) shows it."""
    return [rule for family in ("-4", "-6") for rule in _show(namespace, family, "rule", "show")
            if 0 < rule["priority"] < 32766]  # fmt: skip


def _show(namespace: Namespace, *arguments: str) -> list[Any]:
    found: list[Any] = json.loads(re.sub(r"\\x[0-9a-f]{2}", "", namespace.ip("-j", "-d", *arguments)) or "[]")
    return found


def _timeless(route: Any) -> Any:
    if "expires" in route:
        return route | {"expires": 0 < route["expires"] <= 600}
    return route


def _instance(*, routes: tuple[str, ...] = (), rules: tuple[str, ...] = ()) -> Any:
    text = _CONFIGURATION.format(routes="\n        ".join(routes), rules="\n        ".join(rules))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keepalived.conf"
        path.write_text(text)
        loaded = load(str(path), host=AnyHost(), config_id="lab")
    assert loaded.configuration is not None, [problem.message for problem in loaded.report.problems]
    return loaded.configuration.declared_instances[0]
