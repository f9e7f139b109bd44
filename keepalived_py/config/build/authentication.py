"""The words of ``authentication`` and ``auth_hmac``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.build.context import Context
    from keepalived_py.config.build.drafts import InstanceDraft
    from keepalived_py.config.tree import Terminal

    Special = Callable[[Context, Any, Terminal], None]

_PASSWORD_LENGTH: Final = 8


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
    if value.startswith("file:"):
        length = 32  # the file is read when keys are used
    elif value.startswith("hex:"):
        digits = value[4:]
        length = (len(digits) + 1) // 2 if all(digit in "0123456789abcdefABCDEF" for digit in digits) else 0
    else:
        length = len(value.encode("utf-8", "surrogateescape"))
    keys = draft.hmac_keys if draft.hmac_keys is not None else {}
    if not 32 <= length <= 64:
        context.error(f"({name}) auth_hmac key {number} length {length} not in range [32, 64]")
    elif number in keys:
        context.error(f"({name}) duplicate auth_hmac key id {number}")
    else:
        keys[number] = value


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
