from __future__ import annotations

import pytest

from keepalived_py.config.lexer import UnclosedQuoteError, decomment, split_brace, split_script, split_words


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("interface eth0 # the outer one", "interface eth0"),
        ("interface eth0#outer", "interface eth0"),
        ("! nothing but a comment", ""),
        ('script "/bin/x #1 !2"', 'script "/bin/x #1 !2"'),
        ("script '/bin/x #1'", "script '/bin/x"),
        (r"path /a\#b # c", "path /a#b"),
        (r'say "a \" b" # c', r'say "a \" b"'),
        ("  \t indented \t", "indented"),
        ("$X=a   \\", "$X=a\\"),
    ],
)
def test_comments_end_lines_outside_double_quotes(text: str, left: str) -> None:
    assert decomment(text)[0] == left


def test_an_odd_number_of_double_quotes_is_noticed() -> None:
    assert decomment('script "/bin/x') == ('script "/bin/x', True)


@pytest.mark.parametrize(
    ("text", "first", "rest"),
    [
        ("vrrp_instance A {", "vrrp_instance A", "{"),
        ("group { A B }", "group", "{ A B }"),
        ("{ A B }", "{", "A B }"),
        ("A B }", "A B", "}"),
        ("} }", "}", "}"),
        ('path "/{a}" }', 'path "/{a}"', "}"),
        ("nothing special", "nothing special", ""),
        ('open "quote { here', 'open "quote { here', ""),
    ],
)
def test_a_brace_is_a_line_of_its_own(text: str, first: str, rest: str) -> None:
    assert split_brace(text) == (first, rest)


@pytest.mark.parametrize(
    ("text", "words", "unmatched"),
    [
        ("a  b\tc", ["a", "b", "c"], False),
        ('a "b c" d', ["a", "b c", "d"], False),
        ('a"b c"d', ["a", "b c", "d"], False),
        ('a ""', ["a", ""], False),
        ('a "b', ["a"], True),
        ("'a b'", ["'a", "b'"], False),
        ("a\u00a0b c", ["a\u00a0b", "c"], False),
    ],
)
def test_words_end_at_blanks_and_double_quotes_hold_them_together(text: str, words: list[str], unmatched: bool) -> None:
    assert split_words(text) == (words, unmatched)


@pytest.mark.parametrize(
    ("text", "escapes", "words"),
    [
        ("notify \"/p/x.sh a 'b c'\" root", False, ["notify", "/p/x.sh a 'b c'", "root"]),
        ("/p/x.sh a 'b c'", True, ["/p/x.sh", "a", "b c"]),
        (r"a\ b c", True, ["a b", "c"]),
        (r"a\ b", False, [r"a\ b"]),
        (r"\x41\102\ch", True, ["AB\x08"]),
        (r"tab\there", True, ["tab\there"]),
        ('""', True, [""]),
    ],
)
def test_scripts_are_split_as_a_shell_would(text: str, escapes: bool, words: list[str]) -> None:
    assert split_script(text, escapes=escapes) == words


@pytest.mark.parametrize("text", ["notify 'a", 'notify "a', "notify a\\"])
def test_a_script_with_an_open_quote_is_refused(text: str) -> None:
    with pytest.raises(UnclosedQuoteError):
        split_script(text, escapes=True)
