from __future__ import annotations

from keepalived_py.config.keywords import ROOT, BlockType
from keepalived_py.config.keywords.unbuilt import UNBUILT


def blocks(block: BlockType, name: str = "") -> dict[str, BlockType]:
    found = {name: block}
    for inner, each in block.blocks.items():
        found |= blocks(each, inner)
    return found


def test_every_keyword_that_waits_is_one_of_its_block() -> None:
    known = blocks(ROOT)
    for name, keywords in UNBUILT.items():
        block = known[name]
        assert set(keywords) <= block.keywords.keys() | block.blocks.keys(), name
