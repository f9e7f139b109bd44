"""Made-up and damaged configurations: never an exception, never a second. The long run is ``python -m tests.fuzz``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepalived_py.config.format import format_text
from tests.fuzz.seeds import WORDS, seeds
from tests.fuzz.trial import linted, read

if TYPE_CHECKING:
    from collections.abc import Callable

BLANKS = st.sampled_from([" ", " ", "\n", "\n", "", "\t", "\r\n", " \\\n"])
WORDS_AND_BLANKS = st.lists(st.tuples(st.sampled_from(WORDS), BLANKS), max_size=60).map(
    lambda pairs: "".join(word + blank for word, blank in pairs).encode()
)
SEEDS = [path.read_bytes() for path in seeds()]


@st.composite
def damaged(draw: Callable[..., int]) -> bytes:
    """Give a real file with a few places cut out, doubled or overwritten with words that mean something."""
    content: bytes = draw(st.sampled_from(SEEDS))  # type: ignore[assignment, arg-type]
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 200))
        kind = draw(st.integers(0, 3))
        cut = content[at : at + length]
        if kind == 0:
            content = content[:at] + content[at + length :]
        elif kind == 1:
            content = content[:at] + cut * draw(st.integers(2, 20)) + content[at + length :]
        elif kind == 2:
            content = content[:at] + WORDS[draw(st.integers(0, len(WORDS) - 1))].encode() + content[at:]
        else:
            content = content[:at] + bytes([draw(st.integers(0, 255))]) + content[at + 1 :]
    return content


def try_content(content: bytes) -> None:
    """Read and format a content, as a file of the current directory."""
    path = Path("keepalived.conf")
    path.write_bytes(content)
    began = time.process_time()
    read(path)
    formatted = format_text(content)
    assert time.process_time() - began < 1
    assert format_text(formatted) == formatted


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.conf").write_text("$A=x \\\ny\nuse_pid_dir\ninclude keepalived.conf\n")


SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@SETTINGS
@given(content=WORDS_AND_BLANKS)
def test_words_of_the_language_in_any_order_are_read(content: bytes) -> None:
    try_content(content)


@SETTINGS
@given(content=damaged())
def test_damaged_files_are_read(content: bytes) -> None:
    try_content(content)


@SETTINGS
@given(content=st.binary(max_size=3000))
def test_any_bytes_are_read(content: bytes) -> None:
    try_content(content)


@settings(SETTINGS, max_examples=60)
@given(one=damaged(), other=damaged())
def test_damaged_files_are_linted_and_held_against_each_other(one: bytes, other: bytes) -> None:
    Path("one.conf").write_bytes(one)
    Path("other.conf").write_bytes(other)
    status, lines = linted("one=one.conf", "other=other.conf")
    assert status in {0, 1, 2}
    assert lines[-1].startswith("2 files: ")
