"""The ways in which two routers can be configured to speak to each other, generated, and keepalived's words for each.

Owns the list and the configuration file of a mode; who plays with whom, and what happens to them, is encounter.py's.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

INTERFACE = "eth1"
VIRTUAL_ROUTER_ID = 77
PASSWORD = "secret"
FIRST, SECOND = 1, 2
PRIORITIES = {FIRST: 200, SECOND: 150}

_CONFIGURATION = """\
global_defs {{
    router_id {name}
    script_user root
    enable_script_security
}}
vrrp_script healthy {{
    script "/usr/bin/test ! -e {broken}"
    interval 1
    fall 1
    rise 1
}}
vrrp_instance VI {{
    version {version}
    interface {interface}
    virtual_router_id {virtual_router_id}
    priority {priority}
    advert_int {interval}
{options}
    track_script {{
        healthy
    }}
    virtual_ipaddress {{
        {virtual_address}
    }}
}}
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One way. ``authentication`` is empty, PASS or AH."""

    version: int
    family: int
    unicast: bool
    authentication: str
    vmac: bool

    def __str__(self) -> str:
        """Give the name as it stands in test ids: v2-ipv4-multicast-PASS."""
        words = [f"v{self.version}", f"ipv{self.family}", "unicast" if self.unicast else "multicast"]
        return "-".join([*words, *filter(None, [self.authentication, "vmac" if self.vmac else ""])])

    @property
    def interval(self) -> float:
        """Seconds between adverts; version 3 need not wait whole seconds."""
        return 1.0 if self.version == 2 else 0.5

    def skew(self, router: int) -> float:
        """Seconds of a router's skew time (RFC 3768 §5.3.2; RFC 5798 §6.1)."""
        return (256 - PRIORITIES[router]) / 256 * (1.0 if self.version == 2 else self.interval)

    def master_down_interval(self, router: int) -> float:
        """Seconds of silence after which a router takes over."""
        return 3 * self.interval + self.skew(router)

    @property
    def virtual_address(self) -> str:
        """The address that is shared."""
        return "10.77.0.100" if self.family == 4 else "2001:db8:77::100"

    @property
    def prefix_length(self) -> int:
        """That of every address on the segment."""
        return 24 if self.family == 4 else 64

    def address(self, router: int) -> str:
        """Return a router's own address."""
        return f"10.77.0.{router}" if self.family == 4 else f"2001:db8:77::{router}"

    def source(self, router: int) -> str:
        """Return the address its adverts come from: over IPv6 to the group that of its link (encounter.py sets its MAC)."""
        return self.address(router) if self.family == 4 or self.unicast else f"fe80::ff:fe00:{router}"

    def configuration(self, router: int, *, name: str, broken: Path) -> str:
        """Return a router's file; its script fails while ``broken`` exists."""
        options: list[str] = []
        if self.unicast:
            peer = SECOND if router == FIRST else FIRST
            options += [
                f"unicast_src_ip {self.address(router)}",
                f"unicast_peer {{\n        {self.address(peer)}\n    }}",
            ]
        if self.authentication:
            options.append(
                f"authentication {{\n        auth_type {self.authentication}\n        auth_pass {PASSWORD}\n    }}"
            )
        if self.vmac:
            options.append("use_vmac")
        return _CONFIGURATION.format(
            name=name,
            broken=broken,
            version=self.version,
            interface=INTERFACE,
            virtual_router_id=VIRTUAL_ROUTER_ID,
            priority=PRIORITIES[router],
            interval=f"{self.interval:g}",
            options="\n".join(f"    {option}" for option in options),
            virtual_address=f"{self.virtual_address}/{self.prefix_length}",
        )


def _is_legal(mode: Mode) -> bool:
    """Authentication is version 2's over IPv4; IPv6 is version 3's."""
    if mode.version == 3:
        return not mode.authentication
    return mode.family == 4


EVERY_MODE = tuple(
    mode
    for version, family, unicast, authentication, vmac in itertools.product(
        (2, 3), (4, 6), (False, True), ("", "PASS", "AH"), (False, True)
    )
    if _is_legal(
        mode := Mode(version=version, family=family, unicast=unicast, authentication=authentication, vmac=vmac)
    )
)
