"""The long fuzzing run, led by what code is reached: ``python -m tests.fuzz [bytes|words] [RUNS]``. Needs atheris (PyPI).

``bytes`` takes the input as a file, beginning with real files; ``words`` takes each byte as a word of the language. A traceback,
an input that takes more than ten seconds, or more than 1 GiB, ends the run and leaves the input in the current directory.

The last long run: 58,000 files (``bytes``) and 36,000 texts (``words``) in 20 minutes each on a busy core; nothing found but one
text of nested ``~LST`` that took 0.9 s, after which MAX_GENERATED was lowered. With it, 20,000 made-up texts were formatted
with their meaning unchanged (tests/config/test_format.py with ``max_examples`` raised).
The linter has read 4,291 pairs of damaged files as two nodes of a cluster (tests/fuzz/test_texts.py does a few in every run).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["keepalived_py.config"]):
    from keepalived_py.config.format import format_text
    from tests.fuzz.trial import read

from tests.fuzz.seeds import WORDS, seeds


def as_bytes(data: bytes) -> bytes:
    """Take the input as it is."""
    return data


def as_words(data: bytes) -> bytes:
    """Take each byte as a word and the blank behind it."""
    blanks = ("\n", " ")
    return "".join(WORDS[byte % len(WORDS)] + blanks[byte // len(WORDS) % 2] for byte in data).encode()


def try_content(content: bytes) -> None:
    """Read and format a content; raise what goes wrong."""
    Path("keepalived.conf").write_bytes(content)
    read("keepalived.conf")
    formatted = format_text(content)
    if format_text(formatted) != formatted:
        raise AssertionError("formatting twice is not formatting once")


def main(arguments: list[str]) -> None:
    """Run."""
    kind = arguments[0] if arguments else "bytes"
    runs = int(arguments[1]) if len(arguments) > 1 else 1_000_000
    convert = {"bytes": as_bytes, "words": as_words}[kind]
    home = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="keepalived-py-fuzz-") as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for path in seeds() if kind == "bytes" else ():
            shutil.copy(path, corpus / path.name)
        os.chdir(folder)
        Path("x.conf").write_text("$A=x \\\ny\nuse_pid_dir\ninclude keepalived.conf\n")
        flags = [
            f"-runs={runs}",
            "-max_len=8192" if kind == "bytes" else "-max_len=120",
            "-len_control=0",
            "-timeout=10",
            "-rss_limit_mb=1024",
        ]
        atheris.Setup(
            [sys.argv[0], str(corpus), *flags, f"-artifact_prefix={home}/"], lambda data: try_content(convert(data))
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
