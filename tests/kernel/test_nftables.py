"""kernel/nftables.py"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel.nftables import NftablesSocket, is_available
from keepalived_py.wire.nftables import NFPROTO_IPV4, NFPROTO_IPV6, DataType, DeleteTable, NewSet, NewTable, SetElements
from tests.lab.netns import Namespace, in_namespace

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.wire.nftables import Message

pytestmark = pytest.mark.netns

_TABLE = NewTable(family=NFPROTO_IPV4, table="t")
_SET = NewSet(family=NFPROTO_IPV4, table="t", name="s", key=(DataType.IPV4_ADDRESS,))


def _elements(*, add: bool, count: int = 1) -> SetElements:
    keys = tuple(((0x0A000000 + number).to_bytes(4, "big"), b"") for number in range(count))
    return SetElements(family=NFPROTO_IPV4, table="t", set="s", add=add, elements=keys)


def _apply(namespace: Namespace, *messages: Message) -> None:
    def run() -> None:
        with NftablesSocket() as netlink:
            netlink.apply(messages)

    in_namespace(namespace.name, run)


def _with_socket(namespace: Namespace, work: Callable[[NftablesSocket], bool]) -> bool:
    def run() -> bool:
        with NftablesSocket() as netlink:
            return work(netlink)

    return in_namespace(namespace.name, run)


def test_a_transaction_makes_table_set_and_elements_at_once(alone: Namespace) -> None:
    assert in_namespace(alone.name, is_available)
    _apply(alone, _TABLE, _SET, _elements(add=True, count=2))
    assert "elements = { 10.0.0.0, 10.0.0.1 }" in alone.run("nft", "list", "ruleset").stdout
    assert _with_socket(alone, lambda netlink: netlink.has_table(NFPROTO_IPV4, "t"))
    assert not _with_socket(alone, lambda netlink: netlink.has_table(NFPROTO_IPV6, "t"))
    _apply(alone, _elements(add=False), DeleteTable(family=NFPROTO_IPV4, table="t"))
    assert alone.run("nft", "list", "ruleset").stdout == ""


def test_when_one_message_is_refused_nothing_happens_and_the_next_transaction_is_not_confused(alone: Namespace) -> None:
    def run() -> tuple[int | None, bool]:
        with NftablesSocket() as netlink:
            number = None
            try:
                netlink.apply([_TABLE, _SET, _elements(add=False, count=3)])
            except OSError as error:
                number = error.errno
            existed = netlink.has_table(NFPROTO_IPV4, "t")
            netlink.apply([_TABLE, _SET, _elements(add=True)])
            return number, existed

    assert in_namespace(alone.name, run) == (errno.ENOENT, False)
    assert "elements = { 10.0.0.0 }" in alone.run("nft", "list", "ruleset").stdout


def test_ten_thousand_elements_are_one_transaction(alone: Namespace) -> None:
    _apply(alone, _TABLE, _SET, _elements(add=True, count=10_000))
    assert alone.run("nft", "list", "set", "ip", "t", "s").stdout.count("10.0.") == 10_000


def test_nothing_to_do_is_no_transaction(alone: Namespace) -> None:
    _apply(alone)
