"""kernel/tracked_files.py: everything that can happen to a file, on a real file system."""

from __future__ import annotations

import asyncio
import ctypes
import os
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import TrackFile
from keepalived_py.kernel.tracked_files import TrackedFiles, number_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from keepalived_py.log import Level


class Edge:
    """The module under test, and what it says."""

    def __init__(self) -> None:
        self.fed: list[int] = []
        self.log: list[str] = []
        loop = asyncio.get_running_loop()
        self.files = TrackedFiles(loop, self._say, feed=lambda _name, number: self.fed.append(number))  # type: ignore[arg-type]

    def _say(self, _level: Level, text: str, *, detail: bool = False) -> None:
        assert not detail
        self.log.append(text)

    async def numbers(self) -> list[int]:
        """What was fed since the last question: inotify's events are there when the call that made them returns."""
        for _ in range(3):
            await asyncio.sleep(0)
        fed, self.fed = self.fed, []
        return fed


def track(path: Path, name: str = "F", **settings: object) -> TrackFile:
    return TrackFile(name=name, path=str(path), **settings)  # type: ignore[arg-type]


def follow(path: Path, act: Callable[[], object], first: int = 0) -> list[int]:
    """Follow a file, do something, and return what was fed."""

    async def work() -> list[int]:
        edge = Edge()
        assert edge.files.prepare([track(path)]) == {"F": first}
        act()
        fed = await edge.numbers()
        edge.files.close()
        assert edge.log == []
        return fed

    return asyncio.run(work())


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\n", b"7", b"7\n", b" \t-12 x", b"+3", b"0x1F", b"-0X10", b"017", b"08", b"0", b"0x", b"0xg", b"abc"),
        *(b"--1", b"- 1", b"1e3", b"\x00", b"\xff5", b"9223372036854775808", b"-9223372036854775809", b"\v\f5"),
    ],
)
def test_numbers_are_read_as_the_c_library_does(content: bytes) -> None:
    strtol = ctypes.CDLL(None).strtol
    strtol.restype = ctypes.c_long
    assert number_in(content) == strtol(content, None, 0)


def test_a_file_that_is_written_to_is_read_when_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("1")

    def write_in_two_pieces() -> None:
        with path.open("w", encoding="ascii", buffering=1) as file:
            file.write("4")
            file.flush()
            file.write("2")

    assert follow(path, write_in_two_pieces, first=1) == [42]


def test_a_file_that_appears_is_moved_and_deleted(tmp_path: Path) -> None:
    path, other = tmp_path / "f", tmp_path / "other"
    other.write_text("9")
    assert follow(path, lambda: path.write_text("3")) == [3]
    assert follow(path, lambda: other.rename(path), first=3) == [9]
    assert follow(path, lambda: path.rename(other), first=9) == [0]
    assert follow(path, lambda: os.link(other, path)) == [9]
    assert follow(path, path.unlink, first=9) == [0]


def test_other_files_of_the_directory_are_of_no_interest(tmp_path: Path) -> None:
    assert follow(tmp_path / "f", lambda: (tmp_path / "g").write_text("3")) == []


def test_a_directory_that_vanishes_is_waited_for(tmp_path: Path) -> None:
    async def work() -> None:
        path = tmp_path / "a" / "b" / "f"
        path.parent.mkdir(parents=True)
        path.write_text("5")
        edge = Edge()
        edge.files.prepare([track(path)])
        path.unlink()
        path.parent.rmdir()
        assert await edge.numbers() == [0]
        path.parent.parent.rmdir()
        await edge.numbers()
        path.parent.mkdir(parents=True)
        path.write_text("6")
        assert await edge.numbers() == [6]
        path.write_text("7")
        assert await edge.numbers() == [7]
        path.parent.rename(tmp_path / "c")
        assert await edge.numbers() == [0]
        (tmp_path / "c" / "f").write_text("8")
        assert await edge.numbers() == []
        (tmp_path / "c").rename(path.parent)
        assert await edge.numbers() == [8]
        edge.files.close()

    asyncio.run(work())


def test_a_link_is_followed_and_its_change_noticed(tmp_path: Path) -> None:
    async def work() -> None:
        path, targets = tmp_path / "link", [tmp_path / "one" / "f", tmp_path / "two" / "f"]
        for number, target in enumerate(targets, 1):
            target.parent.mkdir()
            target.write_text(str(number))
        path.symlink_to(targets[0])
        edge = Edge()
        assert edge.files.prepare([track(path)]) == {"F": 1}
        targets[0].write_text("11")
        assert await edge.numbers() == [11]
        (tmp_path / "new").symlink_to(targets[1])
        (tmp_path / "new").rename(path)
        assert await edge.numbers() == [2]
        targets[0].write_text("12")
        targets[1].write_text("22")
        assert await edge.numbers() == [22]
        edge.files.close()

    asyncio.run(work())


def test_a_number_that_no_priority_can_have_is_ignored_with_a_line(tmp_path: Path) -> None:
    async def work() -> None:
        path = tmp_path / "f"
        path.write_text("5")
        edge = Edge()
        edge.files.prepare([track(path)])
        path.write_text("99999999999")
        assert await edge.numbers() == []
        assert edge.log == [f"Invalid number 99999999999 read from {path} - ignoring"]
        edge.files.close()

    asyncio.run(work())


def test_a_reload_drops_changes_and_adds_files(tmp_path: Path) -> None:
    async def work() -> None:
        one, two = tmp_path / "one", tmp_path / "two"
        one.write_text("1")
        two.write_text("2")
        edge = Edge()
        edge.files.prepare([track(one, "A"), track(one, "B")])
        readings = edge.files.prepare([track(two, "B"), track(two, "C")])
        assert readings == {"B": 2, "C": 2}
        one.write_text("3")
        assert await edge.numbers() == []
        two.write_text("4")
        assert await edge.numbers() == [4, 4]
        assert edge.files.prepare([]) == {}
        two.write_text("5")
        assert await edge.numbers() == []
        edge.files.close()

    asyncio.run(work())


def test_init_file_makes_a_file_and_overwrites_one_only_when_asked_to(tmp_path: Path) -> None:
    async def work() -> None:
        made, kept, overwritten, link = (tmp_path / name for name in ("made", "kept", "overwritten", "link"))
        kept.write_text("1")
        overwritten.write_text("1")
        link.symlink_to(kept)
        edge = Edge()
        edge.files.initialise(
            [
                track(made, initial=-5),
                track(kept, initial=6),
                track(overwritten, initial=7, overwrite=True),
                track(link, "L", initial=8, overwrite=True),
                track(tmp_path / "untouched"),
            ]
        )
        assert (made.read_text(), kept.read_text(), overwritten.read_text()) == ("-5\n", "1", "7\n")
        assert edge.log == ["Unable to initialise track file L: Too many levels of symbolic links"]
        assert not (tmp_path / "untouched").exists()

    asyncio.run(work())


def test_what_cannot_be_read_counts_as_0(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    assert follow(folder, lambda: None) == []
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert follow(pipe, lambda: None) == []
