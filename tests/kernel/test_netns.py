"""kernel/netns.py"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from keepalived_py.kernel import netns
from keepalived_py.kernel.interfaces import list_interfaces

if TYPE_CHECKING:
    from tests.lab.netns import Namespace

ROOT = Path(__file__).parents[2]


@pytest.mark.netns
def test_a_thread_that_has_entered_sees_the_namespaces_interfaces(alone: Namespace) -> None:
    seen: list[str] = []

    def work() -> None:
        netns.enter(alone.name)
        seen.extend(list_interfaces())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert set(seen) == {"lo", "eth0", "eth1"}


@pytest.mark.netns
def test_home_is_where_the_process_was_started_however_often_it_moved(alone: Namespace) -> None:
    program = f"""
import os
from keepalived_py.kernel import netns
place = lambda: os.readlink("/proc/thread-self/ns/net")
netns.go_home()
places = [place()]
for _ in range(2):
    netns.enter("{alone.name}")
    places.append(place())
netns.go_home()
places.append(place())
print(*places)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    home, first, second, back = done.stdout.split()
    assert home == back == os.readlink("/proc/self/ns/net")
    assert first == second != home


@pytest.mark.netns
def test_a_private_folder_takes_the_place_of_the_shared_one_for_its_process_alone(tmp_path: Path) -> None:
    (tmp_path / "shared").touch()
    program = f"""
import os
from keepalived_py.kernel.netns import PrivateFolder
folder = PrivateFolder({str(tmp_path)!r}, "inner")
folder.open()
print(sorted(os.listdir({str(tmp_path)!r})))
open({str(tmp_path / "own")!r}, "w").close()
print(sorted(os.listdir(f"/proc/{{os.getppid()}}/root{tmp_path}")))
os.unlink({str(tmp_path / "own")!r})
folder.close()
print(sorted(os.listdir({str(tmp_path)!r})))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['inner', 'shared']", "['shared']"]
    assert [path.name for path in tmp_path.iterdir()] == ["shared"]


@pytest.mark.parametrize("name", ["kp-no-such-namespace", "", "..", "../proc/1/ns/net"])
def test_a_name_that_is_no_namespace_is_an_os_error_and_changes_nothing(name: str) -> None:
    before = set(list_interfaces())
    with pytest.raises(FileNotFoundError) as caught:
        netns.enter(name)
    assert caught.value.errno == errno.ENOENT
    assert set(list_interfaces()) == before
