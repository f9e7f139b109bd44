"""Routers as tests want them: made, started, elected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import (
    Configuration,
    GratuitousArpTiming,
    VrrpInstance,
)
from keepalived_py.vrrp.events import DeadlineReached, InterfaceFacts, Start
from keepalived_py.vrrp.router import Router
from tests.vrrp.notation import OWN, lines, wanted

if TYPE_CHECKING:
    from keepalived_py.vrrp.effects import Effect

QUIET = GratuitousArpTiming(repeat=0, delay=0, lower_priority_repeat=0)
ETH0 = InterfaceFacts(name="eth0", addresses=((OWN, 24),))


def router(*instances: VrrpInstance, facts: tuple[InterfaceFacts, ...] = (ETH0,), **sections: object) -> Router:
    return Router(Configuration(vrrp_instances=instances or (wanted(garp=QUIET),), **sections), facts)  # type: ignore[arg-type]


def started(*instances: VrrpInstance, facts: tuple[InterfaceFacts, ...] = (ETH0,), **sections: object) -> Router:
    machine = router(*instances, facts=facts, **sections)
    machine.handle(Start(), 0)
    return machine


def elected(*instances: VrrpInstance, **sections: object) -> tuple[Router, int]:
    machine = started(*instances, **sections)  # type: ignore[arg-type]
    now = machine.deadline
    assert now is not None
    machine.handle(DeadlineReached(), now)
    return machine, now


def said(effects: list[Effect]) -> list[str]:
    return lines(effects, "state", "arp")
