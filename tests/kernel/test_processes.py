"""kernel/processes.py"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from keepalived_py.kernel.processes import RunningProcess, ancestors, list_processes, read_process
from tests.lab.process import wait_until

NAMED = "import ctypes, sys; ctypes.CDLL(None).prctl(15, b'a) name (b', 0, 0, 0); print(flush=True); sys.stdin.read()"


def test_a_process_is_read_with_its_name_and_arguments() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", NAMED, "an argument", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    arguments = f"{sys.executable}\0-c\0{NAMED}\0an argument\0\0"
    assert read_process(child.pid, cmdline=True) == RunningProcess(child.pid, "a) name (b", arguments)
    assert read_process(child.pid, cmdline=False) == RunningProcess(child.pid, "a) name (b")
    assert RunningProcess(child.pid, "a) name (b") in list_processes(cmdline=False)
    child.communicate()
    assert read_process(child.pid, cmdline=False) is None


def test_a_zombie_does_not_count() -> None:
    child = subprocess.Popen(["true"])
    wait_until(lambda: ") Z " in Path(f"/proc/{child.pid}/stat").read_text(), 5, "a zombie")
    assert read_process(child.pid, cmdline=True) is None
    child.wait()


def test_threads_are_not_listed() -> None:
    ready, done = threading.Event(), threading.Event()
    threads: list[int] = []

    def work() -> None:
        threads.append(threading.get_native_id())
        ready.set()
        done.wait(5)

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait(5)
    pids = {process.pid for process in list_processes(cmdline=False)}
    done.set()
    thread.join()
    assert os.getpid() in pids
    assert threads[0] not in pids


def test_the_ancestors_begin_with_the_parent() -> None:
    assert next(iter(ancestors())) == os.getppid()
    assert list(ancestors())[-1] > 0
