"""FIFOs with real readers. Source: reference/cli-and-process.md §10."""

from __future__ import annotations

import asyncio
import os
import stat
from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import NotifyFifo
from keepalived_py.notify.fifo import Fifos
from keepalived_py.notify.script import ScriptRunner
from tests.lab.process import wait_until
from tests.notify.test_script import Recorder, own, script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


def wanted(path: Path, **settings: object) -> NotifyFifo:
    return NotifyFifo(path=str(path), uid=os.getuid(), gid=os.getgid(), **settings)  # type: ignore[arg-type]


def run(action: Callable[[Fifos, ScriptRunner], Awaitable[None]]) -> list[str]:
    log = Recorder()

    async def scenario() -> None:
        runner = ScriptRunner(log)
        fifos = Fifos(runner, log)
        try:
            await action(fifos, runner)
        finally:
            fifos.close()
            await runner.wait(2_000_000)

    asyncio.run(scenario())
    return log.lines


def test_a_fifo_is_made_written_to_in_order_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "fifo"

    async def action(fifos: Fifos, _runner: ScriptRunner) -> None:
        fifos.use((("", wanted(path)), ("vrrp_", None)))
        assert stat.S_ISFIFO(path.stat().st_mode)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fifos.write(b"one\n")
        fifos.write(b"two\n")
        assert os.read(reader, 100) == b"one\ntwo\n"
        fifos.close()
        assert os.read(reader, 100) == b""  # the end
        os.close(reader)

    assert run(action) == []
    assert not path.exists()


def test_both_fifos_get_every_line(tmp_path: Path) -> None:
    async def action(fifos: Fifos, _runner: ScriptRunner) -> None:
        fifos.use((("", wanted(tmp_path / "all")), ("vrrp_", wanted(tmp_path / "vrrp"))))
        readers = [os.open(tmp_path / name, os.O_RDONLY | os.O_NONBLOCK) for name in ("all", "vrrp")]
        fifos.write(b"line\n")
        assert [os.read(reader, 100) for reader in readers] == [b"line\n", b"line\n"]
        for reader in readers:
            os.close(reader)

    run(action)


def test_a_fifo_that_was_there_is_used_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path, 0o600)

    async def action(fifos: Fifos, _runner: ScriptRunner) -> None:
        fifos.use((("", wanted(path)),))

    assert run(action) == []
    assert path.exists()


@pytest.mark.parametrize("what", ["file", "link to a fifo", "fifo of another"])
def test_what_somebody_else_put_there_is_not_written_to(tmp_path: Path, what: str) -> None:
    path = tmp_path / "fifo"
    if what == "file":
        path.write_text("precious")
    elif what == "link to a fifo":
        os.mkfifo(tmp_path / "elsewhere", 0o600)
        path.symlink_to(tmp_path / "elsewhere")
    else:
        if os.getuid() != 0:
            return  # only root can make one
        os.mkfifo(path, 0o666)
        os.chown(path, 65534, 65534)

    async def action(fifos: Fifos, _runner: ScriptRunner) -> None:
        fifos.use((("", wanted(path)),))
        fifos.write(b"line\n")

    (line,) = run(action)
    assert line in (
        f"notify fifo {path} is not a fifo we own - not using",
        f"Unable to open notify fifo {path} - errno 40",
    )
    assert what != "file" or path.read_text() == "precious"
    assert path.is_symlink() or path.exists()


def test_without_a_reader_nothing_waits_and_the_loss_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "fifo"

    async def action(fifos: Fifos, _runner: ScriptRunner) -> None:
        fifos.use((("vrrp_", wanted(path)),))
        for _ in range(5000):
            fifos.write(b'INSTANCE "V" MASTER 100\n')
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        while True:
            try:
                assert os.read(reader, 65536).endswith(b"\n")  # no line was cut
            except BlockingIOError:
                break
        fifos.write(b"again\n")
        assert os.read(reader, 100) == b"again\n"
        os.close(reader)

    assert run(action) == [f"vrrp_notify fifo {path} is full: lines are lost until it is read"]


def test_the_reader_gets_the_path_and_the_last_line_before_it_must_end(tmp_path: Path) -> None:
    path, told = tmp_path / "fifo", tmp_path / "told"
    program = script(tmp_path, f'#!/bin/sh\necho "$@" > {told}\ncat "$2" >> {told}\necho end >> {told}\n')
    command = own(program, "word", str(path))

    async def action(fifos: Fifos, _runner: ScriptRunner) -> None:
        fifos.use((("", wanted(path, script=command)),))
        fifos.write(b"first\n")
        await asyncio.to_thread(
            wait_until, lambda: told.exists() and "first" in told.read_text(), 10, "the reader's first line"
        )
        fifos.write(b"last\n")

    assert run(action) == []
    assert told.read_text() == f"word {path}\nfirst\nlast\nend\n"


def test_a_reader_that_ends_by_itself_with_an_error_is_named(tmp_path: Path) -> None:
    program = script(tmp_path, "#!/bin/sh\nexit 3\n")

    async def action(fifos: Fifos, runner: ScriptRunner) -> None:
        fifos.use((("", wanted(tmp_path / "fifo", script=own(program))),))
        await asyncio.gather(*(process.ended for process in runner._processes))

    (line,) = run(action)
    assert line.startswith(f"{program} (PID ")
    assert line.endswith(") exited with status 3")


def test_a_reload_leaves_an_unchanged_fifo_and_its_reader_alone(tmp_path: Path) -> None:
    program = script(tmp_path, '#!/bin/sh\nexec cat "$1"\n')
    kept = wanted(tmp_path / "kept", script=own(program, str(tmp_path / "kept")))

    async def action(fifos: Fifos, runner: ScriptRunner) -> None:
        fifos.use((("", kept), ("vrrp_", wanted(tmp_path / "old"))))
        before = {process.pid for process in runner._processes}
        fifos.use((("", kept), ("vrrp_", wanted(tmp_path / "new"))))
        assert {process.pid for process in runner._processes} == before
        assert not (tmp_path / "old").exists()
        assert (tmp_path / "new").exists()

    assert run(action) == []


def test_a_fifo_in_a_folder_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    async def action(fifos: Fifos, _runner: ScriptRunner) -> None:
        fifos.use((("", wanted(tmp_path / "none" / "fifo")),))
        fifos.write(b"line\n")

    assert run(action) == [f"Unable to create notify fifo {tmp_path / 'none' / 'fifo'}: No such file or directory"]
