"""The checks inside a ``real_server``: the keywords that need more than their declaration.

Checks of a kind that is not built yet are read and checked too, and noted: their server counts as one without a check.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from keepalived_py.config.ast import HttpUrl
from keepalived_py.config.build.context import read_block, read_statement
from keepalived_py.config.build.drafts import CheckDraft, Drafts, RealServerDraft, VirtualServerDraft
from keepalived_py.config.build.names import real_server_name, server_name
from keepalived_py.config.build.numbers import hex_bytes
from keepalived_py.config.build.regex import url_regex
from keepalived_py.config.build.scripts import command_text
from keepalived_py.config.keywords import ROOT
from keepalived_py.config.tree import Block

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepalived_py.config.build.context import Context
    from keepalived_py.config.tree import Terminal

    Special = Callable[[Context, Any, Terminal], None]
    Check = Callable[[Context, Drafts, VirtualServerDraft, RealServerDraft, Block], None]

_INTERFACE_NAME_LENGTH: Final = 15
_DIGEST_LENGTH: Final = 32
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_HTTP: Final = ROOT.blocks["virtual_server"].blocks["real_server"].blocks["HTTP_GET"]
_DNS_TYPES: Final = frozenset(["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"])
_DEFAULT_TIMEOUT: Final = 5_000_000
#: What a check says about its connection.
_CONNECTS: Final = frozenset({"connect_port", "connect_timeout", "bind_port", "bind_if", "fwmark"})


def _address(keyword: str) -> Special:
    def read(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
        text = context.word(terminal.words, 1)
        found = context.socket_address(text)
        other = draft.bindto if keyword == "connect_ip" else draft.connect_ip
        if keyword == "connect_ip":
            draft.connect_ip_refused = found is None or (other is not None and other.version != found[0].version)
        if found is None:
            context.error(f"Invalid {keyword} address {text} - ignoring")
            return
        if other is not None and other.version != found[0].version:
            against = "bindto" if keyword == "connect_ip" else "connect_ip"
            context.error(f"{keyword} address {text} does not match address family of {against} - skipping")
            return
        setattr(draft, keyword, found[0])

    return read


def _bind_if(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    name = context.word(terminal.words, 1)
    if len(name) > _INTERFACE_NAME_LENGTH:
        context.error(f"Interface name {name} is too long - ignoring")
    else:
        draft.values["bind_if"] = name


_CONNECTION: Final[dict[str, Special]] = {
    "connect_ip": _address("connect_ip"),
    "bindto": _address("bindto"),
    "bind_if": _bind_if,
}


def _new(context: Context, real: RealServerDraft, block: Block) -> CheckDraft:
    return CheckDraft(
        keyword=block.keyword,
        name=block.keyword,
        location=context.location,
        connect_ip=real.address,
        connect_port=real.port,
    )


def _linkable(context: Context, draft: CheckDraft) -> bool:
    address = draft.connect_ip
    if address is not None and address.version == 6 and address.is_link_local and "bind_if" not in draft.values:
        context.error(f"Checker link local address {address} requires a bind_if")
        return False
    return True


def _simple(special: dict[str, Special]) -> Check:
    """Make the reader of a check that ends with nothing but the test of its address."""

    def read(
        context: Context, _drafts: Drafts, _server: VirtualServerDraft, real: RealServerDraft, block: Block
    ) -> None:
        draft = _new(context, real, block)
        read_block(context, block, draft, {**_CONNECTION, **special}, {})
        if _linkable(context, draft):
            real.checks.append(draft)

    return read


def _host(context: Context, draft: CheckDraft, block: Block) -> None:
    read_block(context, block, draft, _CONNECTION, {})


def _smtp(context: Context, _drafts: Drafts, server: VirtualServerDraft, real: RealServerDraft, block: Block) -> None:
    """Read SMTP_CHECK, which takes its server's address and timeout at its end, and makes a check more of each ``host``."""
    draft = _new(context, real, block)
    draft.connect_ip = None
    hosts = sum(isinstance(item, Block) for item in block.items)
    read_block(context, block, draft, {**_CONNECTION, "helo_name": _helo_name}, {"host": _host})
    connects = _CONNECTS & draft.values.keys()
    given = bool(connects or draft.connect_ip or draft.bindto)
    draft.connect_ip = draft.connect_ip or real.address
    draft.connect_ip_refused = False
    timeout = real.values.get("connect_timeout", server.values.get("connect_timeout"))
    if timeout is not None:
        draft.values.setdefault("connect_timeout", timeout)
    draft.values.setdefault("connect_timeout", _DEFAULT_TIMEOUT)
    if (given or not hosts) and not _linkable(context, draft):
        return
    # The reference reads a host's statements into the check itself: the host is left with the server's address and no timeout.
    if given or not hosts:
        real.checks.append(draft)
    for _ in range(hosts):
        other = replace(draft, connect_ip=real.address, connect_port=real.port, bindto=None)
        other.values = {key: value for key, value in draft.values.items() if key not in _CONNECTS}
        other.values["connect_timeout"] = 0
        real.checks.append(other)


def _http(context: Context, drafts: Drafts, _server: VirtualServerDraft, real: RealServerDraft, block: Block) -> None:
    draft = _new(context, real, block)
    drafts.ssl_required |= block.keyword == "SSL_GET"
    read_block(context, block, draft, _HTTP_SPECIAL, {"url": _url})
    if not draft.urls:
        context.error("HTTP/SSL_GET checker has no urls specified - ignoring")
        return
    if _linkable(context, draft):
        real.checks.append(draft)


def _nb_get_retry(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    context.error("nb_get_retry is deprecated - please use 'retry'")
    read_statement(context, _HTTP.keywords["nb_get_retry"], terminal, draft)
    if "nb_get_retry" in draft.values:
        draft.values["retry"] = draft.values.pop("nb_get_retry")


def _http_protocol(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 2:
        context.error("Missing http_protocol version")
    elif words[1] not in {"1.0", "1.0C", "1.0c", "1.1"}:
        context.error(f"Invalid http_protocol version {words[1]}")
    else:
        draft.values["http_protocol"] = words[1]


def _sni_name(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    words = terminal.words
    old = draft.values.get("sni_name")
    if len(words) > 1:
        if old is not None:
            context.error(f"Duplicate sni_name - overwriting {old} with {words[1]}")
        draft.values["sni_name"] = words[1]
        draft.unsupported.append("sni_name")
    elif old is not None:
        context.error(f"sni_name already specified as {old} - ignoring setting to default")
        return
    draft.values["enable_sni"] = True


_HTTP_SPECIAL: Final[dict[str, Special]] = {
    **_CONNECTION,
    "nb_get_retry": _nb_get_retry,
    "http_protocol": _http_protocol,
    "sni_name": _sni_name,
}


class _UrlDraft:
    """A ``url`` block while it is read."""

    __slots__ = ("codes", "digest", "name", "unsupported", "values")

    def __init__(self) -> None:
        self.name = "url"
        self.values: dict[str, Any] = {}
        self.digest: bytes | None = None
        self.codes: list[tuple[int, int]] = []
        self.unsupported: list[str] = []


def _url(context: Context, draft: CheckDraft, block: Block) -> None:
    url = _UrlDraft()
    read_block(context, block, url, {"digest": _digest, "status_code": _status_code, "regex": _regex}, {})
    path = url.values.get("path")
    if path is None:
        context.error("HTTP/SSL_GET checker url has no path - ignoring")
        return
    regex = url_regex(context, url.values)
    if regex is not None:
        draft.unsupported.append("regex")
    draft.urls.append(
        HttpUrl(
            path=path,
            digest=url.digest,
            status_codes=tuple(url.codes),
            virtualhost=url.values.get("virtualhost"),
            tls_compliant=url.values.get("tls_compliant", False),
            regex=regex,
        )
    )


def _digest(context: Context, url: _UrlDraft, terminal: Terminal) -> None:
    text = context.word(terminal.words, 1)
    if url.digest is not None:
        context.error(f"Digest '{text}' is a duplicate")
        return
    if len(text) != _DIGEST_LENGTH:
        context.error(f"digest '{text}' character length should be {_DIGEST_LENGTH} rather than {len(text)}")
        return
    for at in range(_DIGEST_LENGTH - 2, -1, -2):
        if not _HEX.issuperset(text[at : at + 2]):
            shown = text[: at + 2]
            context.error(f"Unable to interpret hex digit in '{shown}' at offset {at}/{at + 1}")
            return
    url.digest = bytes.fromhex(text)


def _status_code(context: Context, url: _UrlDraft, terminal: Terminal) -> None:
    for word in terminal.words[1:]:
        low, dash, high = word.partition("-")
        last = high if dash else low
        if not (low.isdigit() and last.isdigit() and 100 <= int(low) <= int(last) <= 599):
            context.error(f"Invalid HTTP_GET status code '{word}'")
            continue
        url.codes.append((int(low), int(last)))


def _regex(context: Context, url: _UrlDraft, terminal: Terminal) -> None:
    words = context.script_words(terminal.line.text, escapes=True)
    if len(words) != 2:
        context.error("regex missing or too many fields")
        return
    if "regex" in url.values:
        context.error(f"Duplicate regex specified - replacing {url.values['regex']} with {words[1]}")
    url.values["regex"] = words[1]


def _helo_name(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 2:
        context.error("SMTP_CHECK helo name missing")
        return
    if "helo_name" in draft.values:
        context.error("SMTP_CHECK helo name already specified")
    draft.values["helo_name"] = words[1]


def _dns_type(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if word.upper() in _DNS_TYPES:
        draft.values["type"] = word.upper()
    else:
        context.error(f"Unknown DNS check type {word} - ignoring")


def _dns_name(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    word = context.word(terminal.words, 1)
    if "name" in draft.values:
        context.error("DNS_CHECK name already specified - ignoring")
    elif word != "." and "" in word.removesuffix(".").split("."):
        context.error(f"DNS_CHECK name '{word}' has empty label - ignoring")
    else:
        draft.values["name"] = word


def _payload(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 2:
        context.error("UDP_CHECK payload requires a payload")
        return
    found = hex_bytes(" ".join(words[1:]), wildcards=False)
    if found is None:
        context.error("Invalid hex string for UDP_CHECK payload")
    else:
        draft.values["payload"] = found[0]


def _require_reply(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    words = terminal.words
    draft.values["require_reply"] = True
    if len(words) < 2:
        return
    found = hex_bytes(" ".join(words[1:]), wildcards=True)
    if found is None:
        context.error("Invalid hex string for UDP_CHECK reply")
    else:
        draft.values["reply"] = found


def _udp(context: Context, _drafts: Drafts, _server: VirtualServerDraft, real: RealServerDraft, block: Block) -> None:
    draft = _new(context, real, block)
    special = {**_CONNECTION, "payload": _payload, "require_reply": _require_reply}
    read_block(context, block, draft, special, {})
    low = draft.values.get("min_reply_length", 0)
    high = draft.values.get("max_reply_length", 255)
    if low > high:
        context.error(f"UDP_CHECK min_reply length {low} > max_reply_length {high} - will always fail")
    if _linkable(context, draft):
        real.checks.append(draft)


def _misc(context: Context, _drafts: Drafts, _server: VirtualServerDraft, real: RealServerDraft, block: Block) -> None:
    draft = _new(context, real, block)
    read_block(context, block, draft, {"misc_path": _misc_path, "misc_dynamic": _flag, "user": _misc_user}, {})
    if draft.remove:
        return
    if not draft.argv:
        context.error("No script path has been specified for MISC_CHECKER - skipping")
        return
    if draft.identity is None:
        draft.identity = context.default_identity()
        if draft.identity is None:
            context.error(f"Unable to set default user for misc script {command_text(draft.argv)} - removing")
            return
    real.checks.append(draft)


def _misc_path(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    draft.argv = context.argv(terminal.line)[1]


def _flag(_context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    draft.values[terminal.words[0]] = True


def _misc_user(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    words = terminal.words
    if len(words) < 2:
        context.error(f"No user specified for misc checker script {command_text(draft.argv)}")
        return
    draft.identity = context.identity(words[1], words[2] if len(words) > 2 else None)
    if draft.identity is None:
        context.error(f"Failed to set uid/gid for misc checker script {command_text(draft.argv)} - removing")
        draft.remove = True


def _file(context: Context, drafts: Drafts, _server: VirtualServerDraft, real: RealServerDraft, block: Block) -> None:
    draft = _new(context, real, block)

    def track_file(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
        word = context.word(terminal.words, 1)
        if word in drafts.checker_files:
            draft.values["track_file"] = word
        else:
            context.error(f"track_file {word} not found")

    read_block(context, block, draft, {"track_file": track_file, "weight": _file_weight}, {})
    if "track_file" in draft.values:
        file = drafts.checker_files[draft.values["track_file"]]
        draft.values.setdefault("weight", (file.weight, file.reverse))
        real.checks.append(draft)
    else:
        context.error("FILE_CHECK has no track_file specified - ignoring")


def _file_weight(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
    words = terminal.words
    limit = 2147483647
    if len(words) < 2:
        context.error("track file weight missing")
        return
    weight = context.signed(words[1], -limit, limit, lenient=True)
    if weight is None:
        context.error(f"weight for track file must be in [{-limit}..{limit}] inclusive. Ignoring...")
    elif len(words) > 2 and words[2] not in {"reverse", "noreverse"}:
        context.error(f"unknown track file weight option {words[2]} - ignoring")
    else:
        draft.values["weight"] = (weight, words[2:3] == ["reverse"])


def _bfd(context: Context, drafts: Drafts, server: VirtualServerDraft, real: RealServerDraft, block: Block) -> None:
    draft = _new(context, real, block)
    name = real_server_name(real, server)
    dropped = False

    def session(context: Context, draft: CheckDraft, terminal: Terminal) -> None:
        nonlocal dropped
        words = terminal.words
        if dropped:
            return
        dropped = True
        if len(words) != 2:
            context.error(f"({name}) BFD_CHECK - No or too many names specified - skipping checker")
        elif words[1] not in drafts.checker_sessions:
            context.error(f"({name}) BFD_CHECK - BFD {words[1]} not configured")
        elif "name" in draft.values:
            context.error(f"({name}) BFD_CHECK - BFD {words[1]} already specified as {draft.values['name']}")
        elif any(check.values.get("name") == words[1] for check in real.checks if check.keyword == "BFD_CHECK"):
            context.error(f"({name}) BFD_CHECK - RS already monitoring {words[1]}")
        else:
            draft.values["name"] = words[1]
            dropped = False

    read_block(context, block, draft, {"name": session}, {})
    if dropped:
        return  # said why
    if "name" in draft.values:
        real.checks.append(draft)
    else:
        context.error(f"({name}) No name has been specified for BFD_CHECKER - skipping")


CHECKS: Final[dict[str, Check]] = {
    "TCP_CHECK": _simple({}),
    "PING_CHECK": _simple({}),
    "SMTP_CHECK": _smtp,
    "DNS_CHECK": _simple({"type": _dns_type, "name": _dns_name}),
    "UDP_CHECK": _udp,
    "HTTP_GET": _http,
    "SSL_GET": _http,
    "MISC_CHECK": _misc,
    "FILE_CHECK": _file,
    "BFD_CHECK": _bfd,
}

__all__ = ["CHECKS", "server_name"]
