from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from keepalived_py.config import _tables
from keepalived_py.config.expand import Line
from keepalived_py.config.keywords import ROOT, BlockType
from keepalived_py.config.parser import GRAMMAR, GrammarError, generate_tables, parse
from keepalived_py.config.tree import Block, Terminal


def terminal(kind: str, number: int, *words: str) -> Terminal:
    return Terminal(kind, Line(" ".join(words), "f", number, number), list(words))


def test_the_committed_tables_are_what_the_grammar_gives() -> None:
    with open(_tables.__file__ or "", encoding="utf-8") as stream:
        assert stream.read() == generate_tables(Path(GRAMMAR).read_text())


def test_the_tables_do_not_depend_on_the_hash_seed() -> None:
    command = [sys.executable, "-m", "keepalived_py.config.parser"]
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    assert subprocess.run(command, env=environment, check=False).returncode == 0


def test_statements_and_blocks_become_a_tree() -> None:
    items = parse(
        [
            terminal("STATEMENT", 1, "use_pid_dir"),
            terminal("VRRP_INSTANCE", 2, "vrrp_instance", "A"),
            terminal("OPEN", 2, "{"),
            terminal("STATEMENT", 3, "priority", "100"),
            terminal("VIRTUAL_IPADDRESS", 4, "virtual_ipaddress"),
            terminal("OPEN", 4, "{"),
            terminal("ENTRY", 5, "10.0.0.1"),
            terminal("CLOSE", 6, "}"),
            terminal("CLOSE", 7, "}"),
        ]
    )
    assert isinstance(items[0], Terminal)
    instance = items[1]
    assert isinstance(instance, Block)
    assert (instance.keyword, instance.close.line.line) == ("vrrp_instance", 7)
    addresses = instance.items[1]
    assert isinstance(addresses, Block)
    assert [entry.words for entry in addresses.entries] == [["10.0.0.1"]]


def test_an_empty_configuration_is_an_empty_tree() -> None:
    assert parse([]) == []


def test_terminals_that_do_not_follow_the_grammar_are_refused() -> None:
    with pytest.raises(GrammarError):
        parse([terminal("URL", 1, "url")])


def test_reading_a_configuration_imports_no_grammar_tool() -> None:
    program = "import sys, keepalived_py.config.load; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_grammar_names_every_block_of_the_keyword_tables() -> None:
    grammar = Path(GRAMMAR).read_text()

    def walk(kind: BlockType) -> None:
        for inner in kind.blocks.values():
            assert f": {inner.terminal} OPEN" in grammar
            walk(inner)

    walk(ROOT)
