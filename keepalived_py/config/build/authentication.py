"""The words of ``authentication`` and ``auth_hmac``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.report import ErrorClass

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.build.context import Context
    from keepalived_py.config.build.drafts import InstanceDraft
    from keepalived_py.config.tree import Terminal

    Special = Callable[[Context, Any, Terminal], None]

_PASSWORD_LENGTH: Final = 8
_KEY_MINIMUM: Final = 32
_KEY_MAXIMUM: Final = 64
#: A file with a key holds "hex:", its digits, and a bit.
_LONGEST_FILE: Final = 139
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_GROUP_OR_OTHERS: Final = 0o077


def _auth_type(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if word in {"AH", "PASS"}:
        draft.authentication_type = word
    else:
        context.error(f"({draft.name}) unknown authentication type '{word}'")


def _auth_pass(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if len(word.encode("utf-8", "surrogateescape")) > _PASSWORD_LENGTH:
        context.error(f"Truncating auth_pass to {_PASSWORD_LENGTH} characters")
    draft.password = word


def _hmac_key(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    words = terminal.words
    name = draft.name
    if len(words) < 3:
        context.error(f"({name}) auth_hmac key needs an id and a value")
        return
    number = context.unsigned(words[1], 1, 255)
    if number is None:
        context.error(f"({name}) auth_hmac key id '{words[1]}' must be between 1 and 255")
        return
    value = words[2]
    secret = _key_file(context, name, value[5:]) if value.startswith("file:") else _key_text(value)
    keys = draft.hmac_keys if draft.hmac_keys is not None else {}
    if not _KEY_MINIMUM <= len(secret) <= _KEY_MAXIMUM:
        context.error(
            f"({name}) auth_hmac key {number} length {len(secret)} not in range [{_KEY_MINIMUM}, {_KEY_MAXIMUM}]"
        )
    elif number in keys:
        context.error(f"({name}) duplicate auth_hmac key id {number}")
    else:
        keys[number] = secret


def _key_text(value: str) -> bytes:
    """Give the bytes of a key as it is written: ``hex:`` and digits, or the text itself. Empty for digits that are none."""
    if not value.startswith("hex:"):
        return value.encode("utf-8", "surrogateescape")
    secret = bytearray()
    for run in value[4:].split():
        # The last digit of a run of odd length is a byte of its own.
        for place in range(0, len(run), 2):
            pair = run[place : place + 2]
            if not set(pair) <= _HEX_DIGITS:
                return b""
            secret.append(int(pair, 16))
    return bytes(secret)


def _key_file(context: Context, name: str, path: str) -> bytes:
    """Give the bytes of a key that a file holds in the same form, its line end apart; empty when it cannot be had."""
    found = context.host.secret(path)
    if found is None:
        context.error(f"({name}) auth_hmac key file '{path}' cannot be opened")
        return b""
    content, mode = found
    if mode & _GROUP_OR_OTHERS:
        context.problem(ErrorClass.SECURITY, f"({name}) auth_hmac key file '{path}' is readable by group or others")
    if len(content) > _LONGEST_FILE:
        context.error(f"({name}) auth_hmac key file '{path}' is too large")
        return b""
    return _key_text(content.rstrip(b"\r\n").decode("utf-8", "surrogateescape"))


def _anti_replay(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if word not in {"time", "monotonic"}:
        context.error(f"({draft.name}) auth_hmac anti_replay '{word}' must be time or monotonic")
    else:
        draft.values["anti_replay"] = word


def _hmac_mode(context: Context, draft: InstanceDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if word in {"enforce", "permissive", "receive-only"}:
        draft.values["hmac_mode"] = word
    else:
        context.error(f"({draft.name}) auth_hmac mode '{word}' must be enforce, permissive or receive-only")


AUTHENTICATION: Final[dict[str, Special]] = {"auth_type": _auth_type, "auth_pass": _auth_pass}

AUTH_HMAC: Final[dict[str, Special]] = {"key": _hmac_key, "anti_replay": _anti_replay, "mode": _hmac_mode}
