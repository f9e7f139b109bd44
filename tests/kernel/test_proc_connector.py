"""kernel/proc_connector.py: a running kernel's events, from the host's network namespace and from another one."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel.proc_connector import ProcessEvents
from keepalived_py.wire.proc_connector import Executed, Exited, Forked, ProcessEvent
from tests.lab.capabilities import cannot_run
from tests.lab.netns import Lab, in_namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.netns


@pytest.fixture
def events() -> Iterator[ProcessEvents]:
    try:
        opened = ProcessEvents.open()
    except OSError as error:
        cannot_run(f"this kernel reports no process events: {error.strerror}")
    yield opened
    opened.close()


def collected(events: ProcessEvents, enough: Callable[[list[ProcessEvent]], bool]) -> list[ProcessEvent]:
    """Read until there is enough, for five seconds at most."""
    found: list[ProcessEvent] = []
    end = time.monotonic() + 5
    while not enough(found) and time.monotonic() < end:
        select.select([events], [], [], 0.5)
        found += events.read()
    return found


def test_a_process_begins_becomes_another_program_and_ends(events: ProcessEvents) -> None:
    child = os.fork()
    if not child:
        os.execv("/bin/true", ["true"])
    os.waitpid(child, 0)
    found = collected(events, lambda found: Exited(pid=child) in found)
    of_child = [event for event in found if child in {getattr(event, "child", 0), getattr(event, "pid", 0)}]
    assert of_child[0] == Forked(parent=os.getpid(), child=child)
    assert Executed(pid=child) in of_child
    assert of_child[-1] == Exited(pid=child)


def test_from_another_network_namespace_the_socket_of_the_host_s_one_is_used(events: ProcessEvents) -> None:
    del events  # only to know that there are some
    with Lab() as lab:
        namespace = lab.namespace("processes")
        before = os.readlink("/proc/self/ns/net")
        elsewhere = in_namespace(namespace.name, _open_and_name)
        opened, inside_before, inside_after = elsewhere
        assert inside_before == inside_after != before
        with subprocess.Popen(["true"]) as child:
            child.wait()
        assert Exited(pid=child.pid) in collected(opened, lambda found: Exited(pid=child.pid) in found)
        opened.close()


def _open_and_name() -> tuple[ProcessEvents, str, str]:
    before = os.readlink("/proc/thread-self/ns/net")
    return ProcessEvents.open(), before, os.readlink("/proc/thread-self/ns/net")


def test_threads_take_no_room(events: ProcessEvents) -> None:
    # Twice as many events as there is room for, were they queued.
    threads = events.receive_buffer // 256
    for _ in range(threads):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    with subprocess.Popen(["true"]) as child:
        child.wait()
    assert Exited(pid=child.pid) in collected(events, lambda found: Exited(pid=child.pid) in found)


def test_more_than_can_wait_is_reported_as_lost_and_then_drained(events: ProcessEvents) -> None:
    events.set_receive_buffer(1, force=False)
    for _ in range(40):
        subprocess.run(["true"], check=True)
    with pytest.raises(OSError) as error:  # noqa: PT011 - the number says which
        events.read()
    assert error.value.errno == errno.ENOBUFS
    events.drain()
    events.set_receive_buffer(1 << 20, force=True)
    assert events.receive_buffer == 1 << 20


def test_in_a_pid_namespace_of_its_own_a_process_is_told_that_there_are_none() -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _in_pid_namespace(writer)
    os.close(writer)
    os.waitpid(child, 0)
    with open(reader, "rb") as answer:
        assert answer.read() == b"not for processes in a container"


def _in_pid_namespace(writer: int) -> None:
    ctypes.CDLL(None).unshare(0x20000000)
    inside = os.fork()
    if not inside:
        try:
            ProcessEvents.open()
            os.write(writer, b"events")
        except OSError as error:
            os.write(writer, str(error.strerror).encode())
        finally:
            os._exit(0)
    os.waitpid(inside, 0)
    os._exit(0)
