import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from keepalived_py.runtime.pidfile import AlreadyRunningError, PidFile

HOLD = """
import sys
from keepalived_py.runtime.pidfile import PidFile
held = PidFile(sys.argv[1])
held.acquire()
held.write(4242)
print("held", flush=True)
sys.stdin.read()
"""


def test_the_file_holds_the_pid_is_readable_and_goes_away(tmp_path: Path) -> None:
    file = PidFile(str(tmp_path / "a.pid"))
    file.acquire()
    file.write(123456)
    file.write(99)
    assert (tmp_path / "a.pid").read_text() == "99\n"
    assert stat.S_IMODE((tmp_path / "a.pid").stat().st_mode) == 0o644
    file.remove()
    assert not (tmp_path / "a.pid").exists()


def test_a_file_that_a_live_process_holds_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.pid"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunningError):
            PidFile(str(path)).acquire()
        assert path.read_text() == "4242\n"
        holder.communicate(timeout=10)
    # The holder is gone without cleaning up: its stale file is taken over.
    file = PidFile(str(path))
    file.acquire()
    file.write(1)
    assert path.read_text() == "1\n"
    file.remove()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep")
    os.symlink(tmp_path / "precious", tmp_path / "a.pid")
    with pytest.raises(OSError, match=r"a\.pid"):
        PidFile(str(tmp_path / "a.pid")).acquire()
    assert (tmp_path / "precious").read_text() == "keep"
