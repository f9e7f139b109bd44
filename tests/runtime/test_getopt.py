import pytest

from keepalived_py.runtime.getopt import Argument, Option, OptionError, parse

OPTIONS = (
    Option(long="use-file", short="f", argument=Argument.REQUIRED),
    Option(long="config-test", short="t", argument=Argument.OPTIONAL),
    Option(long="config-id", short="i", argument=Argument.REQUIRED),
    Option(long="dont-fork", short="n"),
    Option(long="log-detail", short="D"),
    Option(long="pid", short="p", argument=Argument.REQUIRED),
    Option(long="pidgin"),
)


@pytest.mark.parametrize(
    ("words", "found", "left"),
    [
        (["-nD"], [("dont-fork", None), ("log-detail", None)], []),
        (["-nf", "x"], [("dont-fork", None), ("use-file", "x")], []),
        (["-fx"], [("use-file", "x")], []),
        (["-t"], [("config-test", None)], []),
        (["-t", "x"], [("config-test", None)], ["x"]),
        (["-tx"], [("config-test", "x")], []),
        (["--config-test=x"], [("config-test", "x")], []),
        (["--config-test", "x"], [("config-test", None)], ["x"]),
        (["--use", "x"], [("use-file", "x")], []),
        (["--use-file="], [("use-file", "")], []),
        (["--pid", "x"], [("pid", "x")], []),
        (["a", "-n", "--", "-D"], [("dont-fork", None)], ["a", "-D"]),
        (["-"], [], ["-"]),
    ],
)
def test_options_are_read_as_getopt_long_reads_them(
    words: list[str], found: list[tuple[str, str | None]], left: list[str]
) -> None:
    assert parse("k", words, OPTIONS) == (found, left)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--nonsense"], "k: unrecognized option '--nonsense'"),
        (["-z"], "k: invalid option -- 'z'"),
        (["--use-file"], "k: option '--use-file' requires an argument"),
        (["-f"], "k: option requires an argument -- 'f'"),
        (["--dont-fork=1"], "k: option '--dont-fork' doesn't allow an argument"),
        (["--config"], "k: option '--config' is ambiguous; possibilities: '--config-test' '--config-id'"),
    ],
)
def test_a_wrong_word_is_refused_in_getopt_longs_words(words: list[str], text: str) -> None:
    with pytest.raises(OptionError) as refused:
        parse("k", words, OPTIONS)
    assert str(refused.value) == text
