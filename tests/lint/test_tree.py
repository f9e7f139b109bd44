from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.tree import printable, read_tree

if TYPE_CHECKING:
    from pathlib import Path


def test_every_process_s_blocks_are_in_one_tree_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text("virtual_server 192.0.2.1 80 {\n}\nvrrp_instance V {\n}\nglobal_defs {\n}\nbfd_instance B {\n}\n")
    tree = read_tree(str(path), "a")
    assert [node.keyword for node in tree.root.children] == [
        "virtual_server",
        "vrrp_instance",
        "global_defs",
        "bfd_instance",
    ]


def test_a_word_is_found_in_its_physical_line(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text("vrrp_instance V { # interface eth9\n\tinterface   eth0 ! eth0\n}\n")
    tree = read_tree(str(path), "a")
    statement = tree.root.children[0].children[0]
    span = tree.files.span(statement.line, statement.words[1])
    assert (span.line, span.start, span.end) == (2, 14, 18)
    assert span.text == " interface   eth0 ! eth0"


def test_what_comes_from_a_definition_is_shown_as_the_line_that_uses_it(tmp_path: Path) -> None:
    path = tmp_path / "k.conf"
    path.write_text("$IF=eth0\nvrrp_instance V {\n interface $IF\n}\n")
    tree = read_tree(str(path), "a")
    statement = tree.root.children[0].children[0]
    assert statement.words == ["interface", "eth0"]
    span = tree.files.span(statement.line, "eth0")
    assert (span.line, span.start, span.end) == (3, 2, 15)


def test_an_included_file_is_named_so_that_it_can_be_opened(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "one.conf").write_text("vrrp_instance V {\n interface eth0\n}\n")
    (tmp_path / "k.conf").write_text("include parts/one.conf\n")
    tree = read_tree(str(tmp_path / "k.conf"), "a")
    span = tree.files.span(tree.root.children[0].line)
    assert span.file == str(tmp_path / "parts" / "one.conf")
    assert span.text == "vrrp_instance V {"


def test_a_missing_file_is_not_readable_and_nothing_raises(tmp_path: Path) -> None:
    tree = read_tree(str(tmp_path / "none.conf"), "a")
    assert not tree.readable
    assert tree.root.children == []


def test_bytes_that_are_no_text_can_be_printed() -> None:
    assert printable(b"caf\xe9\t1".decode("utf-8", "surrogateescape")) == "caf\ufffd 1"
