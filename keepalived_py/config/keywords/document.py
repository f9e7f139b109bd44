"""The keyword reference, written from the declarations: ``python -m keepalived_py.config.keywords.document > docs/keywords.md``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from keepalived_py.config.keywords import ROOT, BlockType
from keepalived_py.config.keywords.unbuilt import UNBUILT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.keywords import Keyword

_HEAD: Final = """\
# Keywords of keepalived.conf

Generated from the declarations in `keepalived_py/config/keywords/`; do not edit. A keyword in a release older than the one in
the column "since" is reported as unknown there. Not everything that is read is acted on by this version: what is not is listed
[at the end](#accepted-not-acted-on-yet), and `--check-conf` names it in a file.
"""

_KINDS: Final = {
    "flag": "flag",
    "bool": "true on yes / false off no",
    "str": "word",
    "words": "words",
    "uint": "number",
    "int": "number, signed",
    "dec3": "decimal, 3 places",
    "dec6": "decimal, 6 places",
    "script": "command, user, group",
    "lines": "block of lines",
    "names": "block of names",
    "block": "block",
}


def document() -> str:
    """Write the whole reference as Markdown."""
    return "\n".join([_HEAD, *_block("At the root of the file", ROOT), *_unbuilt()])


def _unbuilt() -> Iterator[str]:
    yield "## Accepted, not acted on yet\n"
    yield "Read, checked, kept and dumped; a file that has one is reported. What has to be built first is in the last column.\n"
    yield "| keyword | in | waits for |"
    yield "|---|---|---|"
    for block, keywords in UNBUILT.items():
        for keyword, subject in sorted(keywords.items()):
            yield f"| `{keyword}` | {block or 'the root of the file'} | {subject} |"
    yield ""


def _block(title: str, block: BlockType) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| keyword | takes | default | since | what it does |"
    yield "|---|---|---|---|---|"
    for keyword in block.keywords.values():
        yield _row(keyword)
    yield ""
    for name, inner in block.blocks.items():
        if not inner.lines:
            yield from _block(name if block is ROOT else f"{title} > {name}", inner)


def _row(keyword: Keyword) -> str:
    takes = _KINDS[keyword.kind]
    if keyword.low < keyword.high:
        unit = 10**keyword.places if keyword.kind.startswith("dec") else 1
        takes += f", {_shown(keyword.low, unit)} to {_shown(keyword.high, unit)}"
    name = f"`{keyword.name} {keyword.arguments}`".replace(" `", "`")
    remark = f" ({keyword.deprecated})" if keyword.deprecated else ""
    cells = (name, takes, keyword.default, keyword.since, keyword.summary + remark)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _shown(number: int, unit: int) -> str:
    return str(number // unit) if number % unit == 0 else f"{number / unit:.6f}".rstrip("0")


if __name__ == "__main__":
    sys.stdout.write(document())
