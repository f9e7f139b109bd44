from __future__ import annotations

from keepalived_py.config.expand import Line
from keepalived_py.config.tree import Block, Terminal


def test_a_block_knows_its_keyword_and_its_entries() -> None:
    line = Line("x", "f", 1, 0)
    entry = Terminal("ENTRY", line, ["10.0.0.1"])
    block = Block(Terminal("VIRTUAL_IPADDRESS", line, ["virtual_ipaddress"]), [entry], Terminal("CLOSE", line, ["}"]))
    assert block.keyword == "virtual_ipaddress"
    assert block.entries == [entry]
    assert "10.0.0.1" in repr(block)
