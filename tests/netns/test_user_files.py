"""The user's three configurations run unchanged on a host with eth1 and eth2, a real nginx and Debian's own pidof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.daemon import Daemon, Program
from tests.lab.process import wait_until
from tests.lab.samples import ALL, EXTERNAL_BALANCER, user_configuration

if TYPE_CHECKING:
    from pathlib import Path

    from tests.netns.conftest import Host

pytestmark = [pytest.mark.netns, pytest.mark.interop]

NGINX = """\
error_log stderr;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 80;
        location / {{ return 200 "fine"; }}
    }}
}}
"""


@pytest.fixture
def nginx(host: Host, tmp_path: Path) -> None:
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(NGINX.format(folder=tmp_path))
    host.namespace.start("nginx", "-e", "stderr", "-c", str(configuration), "-g", "daemon off;")
    wait_until(lambda: ":80 " in host.namespace.run("ss", "-ltn").stdout, 5, "nginx")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.usefixtures("nginx")
def test_the_file_runs_and_the_address_comes_up(host: Host, tmp_path: Path, name: str) -> None:
    table = tmp_path / "table"
    options = ("-D", f"--ipvs=dry-run={table}")
    daemon = Daemon(Program.OURS, host.namespace, tmp_path / "home", user_configuration(name), options=options)
    daemon.wait_log(r"\(VIP1\) Entering MASTER STATE", 10)
    wait_until(lambda: host.namespace.has_address("192.168.56.205"), 2, "the virtual address")
    if name != EXTERNAL_BALANCER:
        wait_until(lambda: "192.168.56.205:80 wrr" in table.read_text(), 2, "the virtual server")
    status, seconds = daemon.stop()
    assert (status, seconds <= 1.0) == (0, True)
    assert not host.namespace.has_address("192.168.56.205")
    assert "Traceback" not in daemon.log


@pytest.mark.parametrize("name", ALL)
def test_the_file_is_checked_with_the_references_status_and_words(host: Host, tmp_path: Path, name: str) -> None:
    said = {}
    for program in Program:
        options = ("-t",)
        daemon = Daemon(program, host.namespace, tmp_path / program.value, user_configuration(name), options=options)
        said[program] = (daemon.process.wait(10), sorted(set(daemon.log.splitlines())))
    assert said[Program.OURS] == said[Program.REFERENCE]
