"""HTTP_GET and SSL_GET against nginx, with its own configuration and prefix, on unprivileged ports of loopback."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
import socket
import subprocess
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from keepalived_py.checkers.connect import Connector
from keepalived_py.checkers.events import Failed, Succeeded
from keepalived_py.checkers.probes.http import HttpConversation, request_bytes
from tests.lab.checks import SECOND, HttpUrl, common

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from keepalived_py.checkers.events import Outcome

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
OPENSSL = shutil.which("openssl")
PAGE = b"probe page\n" * 1000
DIGEST = hashlib.md5(PAGE).digest()

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

_CONFIGURATION = """
daemon off;
pid nginx.pid;
error_log stderr warn;
events {{ }}
http {{
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    log_format host '$http_host $request $status';
    access_log requests.log host;
    server {{
        listen 127.0.0.1:{plain};
        {tls}
        root {root};
        location = /gone {{ return 404; }}
        location = /moved {{ return 302 /probe; }}
    }}
}}
"""


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int, int]]:
    """A running nginx: its prefix, the port of HTTP and that of HTTPS (0 without the openssl tool)."""
    prefix = tmp_path_factory.mktemp("nginx")
    prefix.chmod(0o755)
    root = prefix / "pages"
    root.mkdir()
    (root / "probe").write_bytes(PAGE)
    plain, secure = _free_ports(2)
    tls = ""
    if OPENSSL is not None:
        _make_certificate(prefix)
        tls = f"listen 127.0.0.1:{secure} ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem;"
    (prefix / "nginx.conf").write_text(_CONFIGURATION.format(plain=plain, tls=tls, root=root))
    (prefix / "nginx.conf").write_text("user root;\n" + (prefix / "nginx.conf").read_text())
    assert NGINX is not None
    with subprocess.Popen([NGINX, "-p", str(prefix), "-c", "nginx.conf"], stderr=subprocess.PIPE) as process:
        try:
            _wait_until_it_listens(plain, process)
            yield prefix, plain, secure if tls else 0
        finally:
            process.terminate()
            process.wait(10)


def _make_certificate(prefix: Path) -> None:
    assert OPENSSL is not None
    subject = ["-subj", "/CN=nobody.example.org", "-days", "1"]
    files = ["-keyout", str(prefix / "key.pem"), "-out", str(prefix / "cert.pem")]
    request = [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files]
    subprocess.run(request, check=True, capture_output=True)


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    error = b"" if process.stderr is None or process.poll() is None else process.stderr.read()
    pytest.fail(f"nginx does not run: {error.decode()}")


def get(port: int, path: str, *, protocol: str = "1.0", digest: bytes | None = None, tls: bool = False) -> Outcome:
    url = HttpUrl(path=path, digest=digest)
    request = request_bytes(
        path=path, http_protocol=protocol, virtualhost=None, connect_ip=ip_address("127.0.0.1"), connect_port=port
    )
    target = common("127.0.0.1", port, connect_timeout=5 * SECOND)

    async def once() -> Outcome:
        connector = Connector(asyncio.get_running_loop())
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        connector.start(target, HttpConversation(request, url, tls=tls), future.set_result, tls=tls)
        return await asyncio.wait_for(future, 20)

    return asyncio.run(once())


@pytest.mark.parametrize("protocol", ["1.0", "1.0C", "1.1"])
def test_a_page_has_its_digest_in_every_protocol_version(web: tuple[Path, int, int], protocol: str) -> None:
    outcome = get(web[1], "/probe", protocol=protocol, digest=DIGEST)
    assert isinstance(outcome, Succeeded)
    assert outcome.what == "MD5 digest"
    assert outcome.length is not None
    assert outcome.length.announced == outcome.length.received == len(PAGE)


def test_a_changed_page_fails_its_digest(web: tuple[Path, int, int]) -> None:
    page = web[0] / "pages" / "changing"
    page.write_bytes(b"one")
    assert isinstance(get(web[1], "/changing", digest=hashlib.md5(b"one").digest()), Succeeded)
    page.write_bytes(b"two")
    outcome = get(web[1], "/changing", digest=hashlib.md5(b"one").digest())
    assert isinstance(outcome, Failed)
    assert outcome.reason == "MD5 digest error to"


@pytest.mark.parametrize("path", ["/gone", "/moved", "/missing"])
def test_errors_and_redirects_are_failures(web: tuple[Path, int, int], path: str) -> None:
    assert get(web[1], path) == Failed(reason="HTTP status code error to")


def test_nginx_logs_the_request_we_meant(web: tuple[Path, int, int]) -> None:
    get(web[1], "/probe?seen=1")
    log = (web[0] / "requests.log").read_text().splitlines()
    assert f"127.0.0.1:{web[1]} GET /probe?seen=1 HTTP/1.0 200" in log


@pytest.mark.skipif(OPENSSL is None, reason="the openssl tool makes the certificate")
def test_over_tls_any_certificate_is_accepted(web: tuple[Path, int, int]) -> None:
    outcome = get(web[2], "/probe", digest=DIGEST, tls=True)
    assert isinstance(outcome, Succeeded)
    assert outcome.what == "MD5 digest"


def test_tls_to_a_plain_server_is_a_failed_handshake(web: tuple[Path, int, int]) -> None:
    outcome = get(web[1], "/probe", tls=True)
    assert outcome == Failed(reason="SSL handshake/communication error connecting to")
