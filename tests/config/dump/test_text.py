from __future__ import annotations

from ipaddress import ip_address

import pytest

from keepalived_py.config.ast import Command
from keepalived_py.config.dump.text import (
    address_text,
    command_text,
    decimal_text,
    mail_address,
    on_off,
    owned_command,
    prefix_text,
    rounded,
)


def test_addresses_are_written_as_the_c_library_writes_them() -> None:
    assert address_text(ip_address("2001:db8:0:0:0:0:0:1")) == "2001:db8::1"
    assert address_text(ip_address("::ffff:192.0.2.1")) == "::ffff:192.0.2.1"


def test_a_full_length_is_not_written() -> None:
    assert prefix_text(ip_address("192.0.2.1"), 32) == "192.0.2.1"
    assert prefix_text(ip_address("2001:db8::1"), 64) == "2001:db8::1/64"


def test_a_command_has_every_word_in_quotes_and_an_apostrophe_as_a_shell_reads_it() -> None:
    assert command_text(Command(argv=("/bin/x", "two words", "it's"))) == r"'/bin/x' 'two words' 'it'\''s'"


def test_what_only_a_shell_can_do_is_written_as_it_was() -> None:
    command = Command(argv=("/bin/sh", "-c", "</dev/tcp/127.0.0.1/80"), path="/bin/sh")
    assert command_text(command) == "</dev/tcp/127.0.0.1/80"


def test_a_script_behind_a_link_is_written_with_what_is_run() -> None:
    command = Command(argv=("/usr/local/x", "a"), path="/opt/x", uid=1, gid=2)
    assert owned_command(command) == "/opt/x, params = '/usr/local/x' 'a', uid:gid 1:2"


def test_numbers_and_truth_values() -> None:
    assert decimal_text(1_000_250) == "1.000250"
    assert [rounded(2.5), rounded(30)] == ["2.5", "30"]
    assert [on_off(None), on_off(True), on_off(False)] == ["unset", "on", "off"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("root@localhost", "root@localhost"),
        ("The Director <d@example.org>", "The Director <d@example.org>"),
        ("Director, one <d@example.org>", '"Director, one" <d@example.org>'),
        ('The "D." <d@example.org>', '"The \\"D.\\"" <d@example.org>'),
    ],
)
def test_a_name_before_a_mail_address_is_quoted_when_it_must_be(written: str, expected: str) -> None:
    assert mail_address(written) == expected
