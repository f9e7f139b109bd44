"""The user's three configurations: the files as they were given where they lie beside the project, else the samples.

Owns where they are found; they are read in place and never copied or changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.vm import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = PROJECT.parent / "shared" / "user-configs"
SAMPLES = PROJECT / "conf-samples"

EXTERNAL_BALANCER = "1-external-balancer.conf"
NAT = "2-nat.conf"
DIRECT_ROUTING = "3-direct-routing.conf"
ALL = (EXTERNAL_BALANCER, NAT, DIRECT_ROUTING)


def user_configuration(name: str) -> Path:
    """Return the file of this name, or the sample of the same topology."""
    given = GIVEN / name
    return given if given.exists() else SAMPLES / name.removesuffix(".conf") / "director-1.conf"
