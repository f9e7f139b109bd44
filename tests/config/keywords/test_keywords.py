from __future__ import annotations

import csv
from pathlib import Path

import pytest

from keepalived_py.config.keywords import ROOT, BlockType

REFERENCE = Path(__file__).parents[4] / "shared" / "reference"

#: The reference's names for blocks whose rows describe lines, not keywords.
_LINES = (
    "address line",
    "route line",
    "rule line",
    "unicast_peer line",
    "track_",
    "notify line",
    "virtual_server_group",
)


def block_of(path: str) -> BlockType | None:
    """The block a row of the reference belongs to; None for rows about lines."""
    if path == "(root)":
        return ROOT
    if path.startswith(_LINES) and path not in {"track_group", "track_file"}:
        return None
    block = ROOT
    for name in path.replace(" > ", "/").split("/"):
        block = block.blocks[name]
    return block


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference tables are not at hand")
@pytest.mark.parametrize("name", ["keywords-global-vrrp.tsv", "keywords-checker-bfd.tsv"])
def test_every_keyword_of_the_reference_is_declared(name: str) -> None:
    with (REFERENCE / name).open(encoding="utf-8") as stream:
        rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    missing = []
    for path, keyword, *_ in rows:
        block = block_of(path)
        if block is None or " " in keyword or keyword.startswith(("$", "<")):
            continue
        if keyword not in block.keywords and keyword not in block.blocks:
            missing.append(f"{path}: {keyword}")
    assert missing == []


def test_every_declaration_says_what_the_keyword_does_and_since_when() -> None:
    def walk(block: BlockType) -> None:
        for keyword in block.keywords.values():
            assert keyword.summary, keyword.name
            assert keyword.since, keyword.name
        for inner in block.blocks.values():
            walk(inner)

    walk(ROOT)


def test_numbers_have_a_range() -> None:
    def walk(block: BlockType) -> None:
        for keyword in block.keywords.values():
            if keyword.kind in {"uint", "int", "dec3", "dec6"}:
                assert keyword.low < keyword.high, keyword.name
        for inner in block.blocks.values():
            walk(inner)

    walk(ROOT)
