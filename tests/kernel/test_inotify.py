"""kernel/inotify.py"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel.inotify import (
    IN_CLOSE_WRITE,
    IN_CREATE,
    IN_DELETE,
    IN_DELETE_SELF,
    IN_IGNORED,
    IN_ISDIR,
    IN_MOVED_FROM,
    IN_MOVED_TO,
    DirectoryWatches,
    Event,
    decode_events,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def watches() -> Iterator[DirectoryWatches]:
    opened = DirectoryWatches()
    yield opened
    opened.close()


def test_what_happens_to_entries_is_told_in_order(watches: DirectoryWatches, tmp_path: Path) -> None:
    watch = watches.add(str(tmp_path))
    (tmp_path / "a").write_text("1")
    (tmp_path / "a").rename(tmp_path / "b")
    (tmp_path / "b").unlink()
    (tmp_path / "folder").mkdir()
    assert watches.read() == [
        Event(watch=watch, mask=IN_CREATE, name="a"),
        Event(watch=watch, mask=IN_CLOSE_WRITE, name="a"),
        Event(watch=watch, mask=IN_MOVED_FROM, name="a"),
        Event(watch=watch, mask=IN_MOVED_TO, name="b"),
        Event(watch=watch, mask=IN_DELETE, name="b"),
        Event(watch=watch, mask=IN_CREATE | IN_ISDIR, name="folder"),
    ]
    assert watches.read() == []


def test_reading_alone_is_no_event(watches: DirectoryWatches, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    watches.add(str(tmp_path))
    (tmp_path / "a").read_text()
    assert watches.read() == []


def test_the_end_of_a_directory_is_told(watches: DirectoryWatches, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    watch = watches.add(str(folder))
    folder.rmdir()
    assert watches.read() == [Event(watch=watch, mask=IN_DELETE_SELF), Event(watch=watch, mask=IN_IGNORED)]


def test_a_directory_has_one_number_and_tells_nothing_once_it_is_removed(
    watches: DirectoryWatches, tmp_path: Path
) -> None:
    watch = watches.add(str(tmp_path))
    assert watches.add(str(tmp_path / ".." / tmp_path.name)) == watch
    watches.remove(watch)
    watches.remove(watch)
    (tmp_path / "a").write_text("1")
    assert watches.read() == [Event(watch=watch, mask=IN_IGNORED)]


def test_only_directories_that_are_there_can_be_watched(watches: DirectoryWatches, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("1")
    for path, number in ((tmp_path / "absent", errno.ENOENT), (tmp_path / "file", errno.ENOTDIR)):
        with pytest.raises(OSError) as error:  # noqa: PT011 - the number says which
            watches.add(str(path))
        assert error.value.errno == number


def test_the_descriptor_is_not_inherited(watches: DirectoryWatches) -> None:
    assert not os.get_inheritable(watches.fileno())


def test_events_are_decoded_one_after_the_other() -> None:
    name = b"name\0\0\0\0"
    data = b"".join(
        [
            (1).to_bytes(4, "little") + (8).to_bytes(4, "little") + bytes(4) + (8).to_bytes(4, "little") + name,
            (-1).to_bytes(4, "little", signed=True) + (0x4000).to_bytes(4, "little") + bytes(8),
        ]
    )
    assert decode_events(data) == [Event(watch=1, mask=8, name="name"), Event(watch=-1, mask=0x4000)]
