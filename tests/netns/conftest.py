"""A host of one's own: a namespace with eth1 and eth2, each on a segment with nobody else."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from tests.lab.netns import Lab, Lan, Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """The namespace and the segments that its interfaces are on."""

    namespace: Namespace
    front: Lan
    back: Lan


@pytest.fixture
def host() -> Iterator[Host]:
    """Give a host with the user's addresses on eth1 and eth2."""
    with Lab() as lab:
        namespace = lab.namespace("host")
        front = lab.lan("front", {namespace: ("eth1", "192.168.56.101/24")})
        back = lab.lan("back", {namespace: ("eth2", "192.168.33.101/24")})
        yield Host(namespace, front, back)
