"""What nft(8) shows of our tables is what it shows of Debian's keepalived with the same file.

2.2.7 lacks two things that 2.4.3 has (reference/vrrp-behaviour.md §11): the set ``parent_link_local`` with its rule, and both types
of MLD reports in the set ``mld-report``. Everything else is compared line by line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.netns import Lab
from tests.lab.process import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.netns import Namespace

pytestmark = [pytest.mark.netns, pytest.mark.interop]

_CONFIGURATION = """\
global_defs {{
    {globals_}
}}
vrrp_instance FOUR {{
    interface eth0
    virtual_router_id 11
    priority 200
    version 3
    advert_int 0.2
    {lines}
    virtual_ipaddress {{
        10.66.0.100/24
        10.66.0.101/24
    }}
}}
vrrp_instance SIX {{
    interface eth0
    virtual_router_id 12
    priority 200
    version 3
    advert_int 0.2
    {lines}
    virtual_ipaddress {{
        fe80::5/64
        2001:db8::5/64
    }}
}}
"""


def _ruleset(program: Program, home: Path, globals_: str, lines: str) -> list[str]:
    """What nft(8) shows when both instances are MASTER, and nothing once they have stopped."""
    with Lab() as lab:
        host: Namespace = lab.namespace(program.value)
        lab.lan("switch", {host: ("eth0", "10.66.0.1/24")})
        wait_until(lambda: "tentative" not in host.ip("addr", "show", "dev", "eth0"), 10, "the link-local address")
        daemon = Daemon(program, host, home / program.value, _CONFIGURATION.format(globals_=globals_, lines=lines))
        for address in ("10.66.0.101", "2001:db8::5"):
            wait_until(lambda address=address: host.has_address(address), 15, address)  # type: ignore[misc]
        shown = host.run("nft", "list", "ruleset").stdout
        daemon.stop()
        assert host.run("nft", "list", "ruleset").stdout == ""
        return shown.splitlines()


def _block(lines: list[str], head: str) -> list[str]:
    """The lines of a set without what it is behind it."""
    for place, line in enumerate(lines):
        if line.strip() == head:
            return lines[place : lines.index("", place) + 1]
    return []


@pytest.mark.parametrize(
    "globals_", ["", "nftables mine\n    nftables_counters\n    nftables_ifindex"], ids=["plain", "own"]
)
@pytest.mark.parametrize("lines", ["no_accept", "use_vmac", "use_vmac\n    no_accept\n    dont_track_primary"], ids=str)
def test_the_tables_are_named_and_filled_like_the_references(tmp_path: Path, globals_: str, lines: str) -> None:
    ours = _ruleset(Program.OURS, tmp_path, globals_, lines)
    theirs = _ruleset(Program.REFERENCE, tmp_path, globals_, lines)
    for head in ("set parent_link_local {", "set mld-report {"):
        block = _block(ours, head)
        for line in block:
            ours.remove(line)
    ours = [line.replace("@mld-report", "mld2-listener-report") for line in ours if "@parent_link_local" not in line]
    assert _comparable(ours) == _comparable(theirs)


def _comparable(lines: list[str]) -> list[str]:
    """Without what was counted, and the order in which a table's own sets are shown."""
    words = [
        line.split(" packets ")[0] + line[line.rfind(" drop") :] if " packets " in line else line for line in lines
    ]
    return sorted(line for line in words if line)
