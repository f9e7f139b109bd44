"""Rules about how a file is written: repeated keywords, words that are ignored, names, line ends, strange characters, includes."""

from __future__ import annotations

import re
from glob import has_magic
from typing import TYPE_CHECKING, Final

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.tree import Node, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.config.keywords import Keyword
    from keepalived_py.lint.subject import Subject

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

_SINGLE: Final = frozenset({"str", "uint", "int", "dec3", "dec6", "bool"})
#: Of these each occurrence counts, or keepalived itself complains.
_SEVERAL: Final = frozenset({"lvs_sync_daemon_interface", "status_code", "digest", "nopreempt", "preempt"})
_ONE_ARGUMENT: Final = re.compile(r"^\[?[A-Z0-9_/-]+\]?$")
_STRANGE: Final = {
    "\u00a0": "a no-break space",
    "\u3000": "a full-width space",
    "\u200b": "a zero-width space",
    "\ufeff": "a byte order mark",
    "\u201c": "a typographic quote",
    "\u201d": "a typographic quote",
    "\u2018": "a typographic quote",
    "\u2019": "a typographic quote",
    "\uff5b": "a full-width brace",
    "\uff5d": "a full-width brace",
    "\uff03": "a full-width '#'",
}
_CYRILLIC: Final = re.compile("[\u0400-\u04ff]")


def _declared(node: Node) -> Iterator[tuple[Node, Node, Keyword]]:
    """Give each block, statement and declaration below a node."""
    for child in node.children:
        if child.kind is not None:
            if not child.kind.lines:
                yield from _declared(child)
        elif node.kind is not None and not node.kind.lines:
            keyword = node.kind.keywords.get(child.keyword)
            if keyword is not None:
                yield node, child, keyword


@rule(
    "K007",
    _W,
    "include that matches nothing",
    """The pattern names no file. keepalived -t prints nothing for a pattern with a
    wildcard, and a line without consequences for a plain name, which is an error here: what was to be included is missing.""",
)
def _empty_include(subject: Subject) -> Iterator[Finding]:
    for pattern, location in subject.tree.files.empty_patterns:
        if location is None:
            continue
        node = Node(words=[pattern], line=subject.line_at(location.file, location.line))
        wild = has_magic(pattern)
        yield Finding(
            node=node,
            word=0,
            message=f"No file matches '{printable(pattern)}'.",
            advice="Correct the name; it is relative to the directory of this file.",
            severity=_W if wild else _E,
        )


@rule(
    "K009",
    _I,
    "CR at the end of lines",
    "The file has DOS line ends. keepalived reads it, but scripts and definitions copied from it break.",
)
def _carriage_returns(subject: Subject) -> Iterator[Finding]:
    for name in subject.tree.files.files:
        for number, line in enumerate(subject.tree.files.raw_lines(name), 1):
            if line.endswith(b"\r"):
                yield Finding(
                    node=Node(words=[""], line=subject.line_at(name, number)),
                    message="Lines of this file end in CR LF.",
                    advice="Convert the file to Unix line ends.",
                )
                break


@rule(
    "K010",
    _W,
    "keyword given twice",
    "Only one of the values counts, usually the last; the other is a left-over or belongs into another block.",
)
def _repeated(subject: Subject) -> Iterator[Finding]:
    seen: dict[tuple[int, str], Node] = {}
    for block, node, keyword in _declared(subject.root):
        if keyword.kind not in _SINGLE or keyword.repeated or node.keyword in _SEVERAL or block is subject.root:
            continue
        first = seen.setdefault((id(block), node.keyword), node)
        if first is not node:
            yield Finding(
                node=node,
                message=f"{node.keyword} is given in line {first.line.line} already"
                + (", with the same value." if first.words == node.words else "."),
                advice="Keep one of them.",
            )


@rule(
    "K011",
    _I,
    "name that tools stumble over",
    "Names with blanks or letters outside ASCII break exporters and scripts that split lines at blanks.",
)
def _names(subject: Subject) -> Iterator[Finding]:
    for node in subject.root.all("vrrp_instance", "vrrp_sync_group", "vrrp_script"):
        name = node.word(1)
        if " " in name or not name.isascii():
            yield Finding(
                node=node,
                word=1,
                message=f"The name '{printable(name)}' has blanks or letters outside ASCII.",
                advice="Use letters, digits, '_' and '-'.",
            )


@rule(
    "K013",
    _I,
    "words that are ignored",
    "The keyword takes one word; what follows it is ignored. Perhaps a '#' is missing.",
)
def _extra_words(subject: Subject) -> Iterator[Finding]:
    for _, node, keyword in _declared(subject.root):
        if keyword.kind not in _SINGLE | {"flag"} or len(node.words) < 2:
            continue
        takes = 0 if keyword.kind == "flag" and not keyword.arguments else 1
        if len(node.words) > takes + 1 and (not keyword.arguments or _ONE_ARGUMENT.match(keyword.arguments)):
            yield Finding(
                node=node,
                word=takes + 1,
                message=f"'{printable(node.words[takes + 1])}' is ignored:"
                f" {node.keyword} takes {'one word' if takes else 'no value'}.",
                advice="Remove it, or put '#' before a comment.",
            )


@rule(
    "K014",
    _W,
    "nothing to do",
    "The file has no VRRP instance, no virtual server and no BFD session: keepalived runs and does nothing.",
)
def _nothing(subject: Subject) -> Iterator[Finding]:
    work = {"vrrp_instance", "virtual_server", "bfd_instance", "static_ipaddress", "static_routes", "static_rules"}
    if not subject.tree.readable or any(node.keyword in work for node in subject.root.children):
        return
    if any(node.keyword != "global_defs" for node in subject.root.children):
        what = "The file defines nothing that runs."
    else:
        what = "The file is empty." if not subject.root.children else "The file has only global_defs."
    yield Finding(node=None, message=what, advice="Add a vrrp_instance or a virtual_server.")


@rule(
    "K018",
    _W,
    "character that only looks right",
    """A no-break or full-width space is part of a word for keepalived, a typographic quote does not quote, and
    a Cyrillic letter in a keyword makes
    another word of it. They come from web pages and word processors. Comments are not looked at.""",
)
def _strange(subject: Subject) -> Iterator[Finding]:
    done: set[tuple[str, int]] = set()
    for line in subject.tree.lines:
        text = printable(line.text)
        if text.isascii() or (line.file, line.line) in done:
            continue
        found = next(((letter, name) for letter, name in _STRANGE.items() if letter in text), None)
        word = text.split(" ")[0]
        if found is None and _CYRILLIC.search(word) and re.search("[A-Za-z]", word):
            found = (word, "a Cyrillic letter in a Latin word")
        if found is None:
            continue
        done.add((line.file, line.line))
        letter, name = found
        yield Finding(
            node=Node(words=[letter], line=line),
            word=0,
            message=f"The line holds {name}.",
            advice="Type it again with plain characters.",
        )
