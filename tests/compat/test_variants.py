"""keepalived-py and Debian's keepalived in rarer ways of speaking, in both roles: what test_matrix.py does not generate."""

from __future__ import annotations

import dataclasses
import re
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.compat.encounter import MASTERS, STEPS, Record, perform
from tests.compat.modes import FIRST, SECOND, Mode
from tests.lab.daemon import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.netns, pytest.mark.interop]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Variant(Mode):
    """A mode with a line more in the instance of some routers."""

    name: str
    line: str
    routers: tuple[int, ...] = (FIRST, SECOND)

    def __str__(self) -> str:
        """Give the name as it stands in test ids."""
        return self.name

    def configuration(self, router: int, *, name: str, broken: Path) -> str:
        """Return a router's file."""
        text = Mode.configuration(self, router, name=name, broken=broken)
        return text.replace("    advert_int", f"    {self.line}\n    advert_int") if router in self.routers else text


def _variant(
    name: str, line: str, *, version: int = 3, family: int = 4, unicast: bool = True, **more: object
) -> Variant:
    return Variant(
        name=name,
        line=line,
        version=version,
        family=family,
        unicast=unicast,
        authentication="",
        vmac=False,
        **more,  # type: ignore[arg-type]
    )


_OLD = "old_unicast_checksum"
CASTS = [
    *((_variant("both-old-checksum", _OLD), first) for first in Program),
    # We are told by their first advert.
    (_variant("old-checksum-learnt", _OLD, routers=(FIRST,)), Program.REFERENCE),
    *((_variant("old-checksum-never", f"{_OLD} never"), first) for first in Program),
    *((_variant("version-2-ipv6", "native_ipv6", version=2, family=6, unicast=False), first) for first in Program),
    *((_variant("unicast-hop-limit", "unicast_ttl 3", family=6), first) for first in Program),
    *((_variant("unicast-ttl", "unicast_ttl 3", version=2), first) for first in Program),
    *((_variant("other-group", "mcast_dst_ip 224.0.0.99", unicast=False), first) for first in Program),
    *((_variant("other-group-ipv6", "mcast_dst_ip ff02::99", family=6, unicast=False), first) for first in Program),
]


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Variant, Program], Record]]:
    """Give the record of a play; a play that broke raises in each test that asks for it."""
    with ThreadPoolExecutor(len(CASTS)) as pool:
        running: dict[tuple[Variant, Program], Future[Record]] = {
            (variant, first): pool.submit(perform, variant, first, tmp_path_factory.mktemp(f"{variant}-{first.value}"))
            for variant, first in CASTS
        }
        yield lambda variant, first: running[variant, first].result(400)


@pytest.fixture(params=CASTS, ids=[f"{variant}-{first.value}-first" for variant, first in CASTS])
def record(request: pytest.FixtureRequest, plays: Callable[[Variant, Program], Record]) -> Record:
    """Each play in turn."""
    return plays(*request.param)


def test_after_every_step_the_address_is_on_exactly_the_masters_and_nobody_refuses_an_advert(record: Record) -> None:
    assert tuple(record.scenes) == STEPS
    for step, scene in record.scenes.items():
        assert scene.holders == MASTERS[step], step
    assert record.refused == {}
    # An advert that cannot leave an interface that is down is no refusal; the reference has the same line.
    complaints = r"nvalid(?! argument)|not present|expected|mismatch|wrong|nknown|discarded|too (long|short)|Traceback"
    assert not [line for line in record.logs[record.ours].splitlines() if re.search(complaints, line)]


def test_the_lifetime_of_our_adverts_is_the_configured_one(record: Record) -> None:
    mode = record.mode
    assert isinstance(mode, Variant)
    lifetimes = {frame.data[22 if frame.is_ipv4 else 21] for frame in record.adverts(record.ours, 0, float("inf"))}
    usual = 64 if mode.family == 6 and mode.unicast else 255
    assert lifetimes == {3 if mode.line == "unicast_ttl 3" else usual}
