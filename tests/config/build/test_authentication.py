from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from keepalived_py.config.ast import HmacKey
from keepalived_py.config.host import AnyHost, LiveHost
from keepalived_py.config.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.config.conftest import Reads, Says

INSTANCE = """\
vrrp_instance VI {{
 interface eth0
 virtual_router_id 51
 virtual_ipaddress {{
  10.0.0.1/24
 }}
 {statement}
}}
"""


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("key 1", "(VI) auth_hmac key needs an id and a value"),
        ("key 0 " + "a" * 32, "(VI) auth_hmac key id '0' must be between 1 and 255"),
        ("key 1 hex:" + "ab" * 31, "(VI) auth_hmac key 1 length 31 not in range [32, 64]"),
        ("key 1 " + "a" * 32 + "\nkey 1 " + "b" * 32, "(VI) duplicate auth_hmac key id 1"),
        ("key 1 " + "a" * 32 + "\nactive_key 2", "(VI) auth_hmac active_key 2 is not defined, disabling extension"),
        ("anti_replay never", "(VI) auth_hmac anti_replay 'never' must be time or monotonic"),
        ("mode lax", "(VI) auth_hmac mode 'lax' must be enforce, permissive or receive-only"),
        ("time_window 400", "(VI) auth_hmac time_window '400' must be between 1 and 300 seconds"),
    ],
)
def test_a_wrong_word_of_auth_hmac_is_answered(says: Says, statement: str, message: str) -> None:
    said = says(INSTANCE.format(statement=f"auth_hmac {{\n{statement}\n}}"))
    assert any(line.endswith(message) for line in said), said


def _keys(read: Reads, statements: str) -> list[HmacKey]:
    loaded = read(INSTANCE.format(statement=f"auth_hmac {{\n{statements}\nactive_key 1\n}}"))
    assert loaded.configuration is not None
    (instance,) = loaded.configuration.vrrp_instances
    assert instance.hmac is not None
    return list(instance.hmac.keys)


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("k" * 40, b"k" * 40),
        ("hex:" + "00fF" * 16, b"\x00\xff" * 16),
        ("hex:" + "ab" * 31 + "c", b"\xab" * 31 + b"\x0c"),
        ('"hex:' + "01 " * 32 + '"', b"\x01" * 32),
    ],
    ids=["text", "hexadecimal", "an odd digit", "digits with blanks"],
)
def test_a_key_is_the_bytes_of_its_text_or_of_its_digits(read: Reads, value: str, secret: bytes) -> None:
    assert _keys(read, f"key 1 {value}") == [HmacKey(id=1, secret=secret)]


def test_a_key_may_stand_in_a_file_in_the_same_form(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"hex:" + b"5a" * 32 + b"\r\n")
    file.chmod(0o600)
    loaded, said = _live(tmp_path, f"key 1 file:{file}\nactive_key 1")
    assert said == []
    assert [key.secret for key in loaded] == [b"Z" * 32]


def test_a_key_file_that_others_may_read_is_used_with_a_remark(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"k" * 32)
    file.chmod(0o640)
    loaded, said = _live(tmp_path, f"key 1 file:{file}\nactive_key 1")
    assert [line.partition(") ")[2] for line in said] == [
        f"(VI) auth_hmac key file '{file}' is readable by group or others"
    ]
    assert [key.secret for key in loaded] == [b"k" * 32]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "(VI) auth_hmac key file '{file}' cannot be opened"),
        (b"k" * 140, "(VI) auth_hmac key file '{file}' is too large"),
        (b"hex:zz" * 10, "(VI) auth_hmac key 1 length 0 not in range [32, 64]"),
    ],
    ids=["missing", "too large", "no digits"],
)
def test_a_key_file_that_cannot_be_used_is_answered(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
        file.chmod(0o600)
    loaded, said = _live(tmp_path, f"key 1 file:{file}\nactive_key 1")
    assert any(line.endswith(message.format(file=file)) for line in said), said
    assert loaded == []


def _live(folder: Path, statements: str) -> tuple[list[HmacKey], list[str]]:
    """Read with this machine's own files; every interface exists."""

    class Files(AnyHost):
        def secret(self, path: str) -> tuple[bytes, int] | None:
            return LiveHost().secret(path)

    path = folder / "keepalived.conf"
    path.write_text(INSTANCE.format(statement=f"auth_hmac {{\n{statements}\n}}"))
    loaded = load(str(path), host=Files(), config_id="test")
    assert loaded.configuration is not None
    hmac = [one.hmac for one in loaded.configuration.vrrp_instances if one.hmac is not None]
    said = [line.split(": ", 1)[-1] for line in loaded.report.lines(testing=True)]
    return [key for each in hmac for key in each.keys], said
