"""What keepalived itself finds, as rules: which of its messages belongs to which rule, where to point, what to advise.

Data only. The messages are matched by their fixed words, the first row that matches counts; one that is in no row is K016.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import declare

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

UNKNOWN_KEYWORD: Final = declare(
    "K001",
    _E,
    "unknown keyword",
    """keepalived does not know this word here. It reports the line and goes on without it. When a block
    follows, its lines are
    read as if they stood outside of it and its closing brace closes the enclosing block, so one misspelt block
    name shifts the
    rest: those consequences are not reported one by one.""",
)
STRUCTURE: Final = declare(
    "K002",
    _E,
    "braces do not pair",
    """A brace is missing, doubled, or stands where none belongs. With a missing `}` an instance swallows the
    next one, addresses
    included; with one too many, what follows is read at the outermost level.""",
)
QUOTE: Final = declare(
    "K003", _E, "quote not closed", "An opening double quote has no partner on its line; the rest of the line is lost."
)
PARAMETER: Final = declare(
    "K004",
    _E,
    "value missing",
    "The keyword needs a word after it. keepalived stops reading here: the daemon does not start (status 2).",
)
NUMBER: Final = declare(
    "K005",
    _E,
    "number wrong or out of range",
    """The value is no number, or outside what the keyword takes. keepalived ignores the line and uses the default.
    Trailing text such as in `priority 100,` counts as well: `-t` refuses it.""",
)
FILE: Final = declare(
    "K006",
    _E,
    "file cannot be read",
    """The file does not exist, is a directory, is executable or may not be read. keepalived -t prints a line
    and ends with
    status 0 for some of these; the daemon does not start, or starts without the included part.""",
)
DEPRECATED: Final = declare(
    "K008",
    _W,
    "old form",
    "The keyword or its place is an old one; keepalived still understands it and names the new one.",
)
NOT_ACTED_ON: Final = declare(
    "K015",
    _I,
    "accepted, not acted on yet",
    """keepalived-py reads the keyword as keepalived does, but this version does nothing about it. Where running
    without it would
    be wrong, what holds it is left out, and the finding is a warning.""",
)
OTHER: Final = declare(
    "K016",
    _E,
    "value not accepted",
    """keepalived does not accept the line as it stands, for the reason given in its own words, and ignores it
    or part of it.""",
)
SECURITY: Final = declare(
    "S103",
    _W,
    "scripts run without script security",
    """Scripts are run as root while `enable_script_security` is not set: whoever may change one of them, or a
    directory above it,
    is root. keepalived -t ends with status 6 for it.""",
)
INTERFACE: Final = declare(
    "H001",
    _E,
    "interface does not exist",
    """The interface is not on this host, and `dynamic_interfaces` is not set: keepalived does not start. To
    check a file for
    another machine, describe that one with `--host-facts FILE`, or assume that everything exists with `--host-facts none`.""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One kind of message.

    ``keyword`` is the statement to point at when the message has no line; ``severity`` if not the rule's.
    """

    rule: str
    pattern: re.Pattern[str]
    advice: str
    keyword: str = ""
    severity: Severity | None = None


def _row(rule: str, pattern: str, advice: str, keyword: str = "", severity: Severity | None = None) -> Known:
    return Known(rule=rule, pattern=re.compile(pattern), advice=advice, keyword=keyword, severity=severity)


_VRID = declare(
    "V101",
    _E,
    "virtual router id missing or wrong",
    "A VRID of 1 to 255 is required; without it the daemon does not start.",
)
_NO_VIP = declare(
    "V102",
    _W,
    "instance without an address",
    "The instance elects a master of nothing. VRRPv3 and strict mode require an address.",
)
_DUPLICATE_VRID = declare(
    "V103",
    _E,
    "two instances with one virtual router id",
    "On one interface and address family a VRID names one virtual router.",
)
_DUPLICATE_NAME = declare("V104", _E, "name used twice", "keepalived skips the second block of this name as a whole.")
_DUPLICATE_VIP = declare(
    "V105", _W, "address twice in one instance", "The second one is ignored; perhaps another address was meant."
)
_FAMILY = declare(
    "V106",
    _E,
    "IPv4 and IPv6 mixed",
    """An instance advertises one family, that of its first address; put the other one into
    `virtual_ipaddress_excluded` or an instance of its own.""",
)
_TRUNCATED = declare(
    "V107",
    _W,
    "password longer than 8 characters",
    "VRRPv2 carries 8 bytes; keepalived cuts the rest, so it adds nothing.",
)
_NO_AUTH = declare(
    "V108",
    _W,
    "authentication that is not used",
    "VRRPv3 and strict mode know no password; it is dropped. See `auth_hmac`.",
)
_STRICT_UNICAST = declare(
    "V109", _E, "unicast with strict mode", "RFC mode forbids unicast peers: the daemon does not start."
)
_INTERVAL = declare(
    "V110",
    _W,
    "advertisement interval rounded",
    "VRRPv2 has whole seconds, VRRPv3 hundredths up to 40.95 s; other values are rounded.",
)
_PREEMPT = declare(
    "V111",
    _W,
    "preemption settings that contradict each other",
    """`nopreempt` and `preempt_delay` need `state BACKUP` and a priority below 255, and exclude each other;
    keepalived clears what
    does not fit. To keep a returning node from taking over, write `state BACKUP` and `nopreempt` on all of them.""",
)
_EMPTY_UNICAST = declare(
    "V112",
    _W,
    "unicast without peers",
    "A unicast keyword without any peer: keepalived falls back to multicast, which is deprecated.",
)
_PEER = declare(
    "V113",
    _W,
    "peer that is ignored",
    "A peer is listed twice, is malformed, or of the other address family; it gets no adverts.",
)
_OWN = declare(
    "V114", _W, "own interface tracked", "An instance always follows its own interface; the entry is ignored."
)
_WEIGHTS = declare(
    "V115",
    _W,
    "weight that is ignored",
    """Members of a sync group (without `sync_group_tracking_weight`) and address owners (priority 255) do not
    change their priority.""",
)
_GROUP = declare(
    "V116",
    _W,
    "sync group that does not hold its members",
    "A group needs two members or more, each an instance of this file.",
)
_VMAC = declare(
    "V117",
    _W,
    "virtual MAC settings that do not fit",
    "Virtual MAC addresses need an Ethernet interface; with unicast, `vmac_xmit_base` as well.",
)
_MANY = declare(
    "V118",
    _W,
    "more addresses than an advert holds",
    "An advert holds 255 IPv4 addresses at most, fewer where the MTU is small; the rest is set, but not advertised.",
)
_STATE = declare(
    "V119", _W, "state or priority not as written", "keepalived uses a default in place of what is written."
)
_ADDRESS = declare(
    "K017",
    _E,
    "not an address",
    "The word is no IP address, perhaps a placeholder that nobody filled in; the line is dropped.",
)
_REFERENCE = declare(
    "S101",
    _E,
    "tracked thing that does not exist",
    """The script, file, process or BFD session is not defined above this place; keepalived drops the entry and
    the instance
    runs without it. Definitions must come before their use.""",
)
_DROPPED = declare(
    "S102",
    _E,
    "script that is dropped",
    """The script cannot be found or run, or has no usable user; keepalived drops it and goes on without. An
    instance that
    was to follow it is no longer protected by it.""",
)
_PORTS = declare(
    "L101",
    _W,
    "ports differ with direct routing or tunnels",
    "DR and TUN cannot change the port; keepalived uses the virtual server's.",
)
_QUORUM = declare(
    "L102",
    _W,
    "quorum out of reach",
    "The quorum is more than the weights together, or the hysteresis too large; keepalived reduces it.",
)
_DUPLICATE_REAL = declare(
    "L103", _E, "real server twice", "IPVS holds a server once per service; the second one is ignored."
)
_NO_REAL = declare(
    "L104",
    _W,
    "virtual server without real servers",
    "The service is left out, so nothing answers at its address until a real server is there.",
)
_MISSING = declare(
    "L105", _W, "protocol, scheduler or method not given", "A default is used: UDP, wlc, NAT. Few people mean UDP."
)
_MAIL = declare(
    "G101",
    _W,
    "mail settings that are not usable",
    "keepalived drops the setting, so mails are not sent or go elsewhere.",
)

_DEFINE = "Define it above this block, or correct the name."

KNOWN: Final = (
    _row("V118", r"exceeds maximum/space", "Move addresses to virtual_ipaddress_excluded or another instance.", "", _W),
    _row("K003", r"[Uu]nterminated quote|missing terminating", "Close the quote on the same line."),
    _row("K016", r"unknown track", "Correct the line; docs/keywords.md says what it takes."),
    _row(
        "V013",
        r"first IPv6 VIP address (must|should) be link local",
        "Put an address of fe80::/64 first.",
        "virtual_ipaddress",
    ),
    _row("K016", r"realpath\(\) error", "The file does not exist; until it does its value counts as 0.", "", _W),
    _row(
        "K016", r"is configured on VRRP instance and sync group", "Keep the entry of the group.", "track_interface", _W
    ),
    _row("K016", r"Rule has no preference", "Give each rule a preference.", "", _W),
    _row("K016", r"iptables not supported", "Use the nftables keyword.", "", _W),
    _row(
        "H001",
        r"[Ii]nterface \S+ (.* )?doesn't exist|Unknown interface|Non-existent interface",
        "Correct the name, or set dynamic_interfaces if it appears later.",
        "interface",
    ),
    _row(
        "V101",
        r"virtual router id must be set|VRID '.*' not valid",
        "Give virtual_router_id a number from 1 to 255, the same on all nodes.",
        "virtual_router_id",
    ),
    _row("V102", r"No VIP specified; at least one is required", "Add the address to virtual_ipaddress.", "", _E),
    _row("V102", r"No VIP specified", "Add the address to virtual_ipaddress, or say no_virtual_ipaddress."),
    _row(
        "V103",
        r"duplicate VRID conflict|both use VRID",
        "Give one of them another virtual_router_id.",
        "virtual_router_id",
    ),
    _row("V104", r"already defined", "Rename or remove one of the two blocks."),
    _row("V105", r"VIP duplicates", "Remove one of them."),
    _row(
        "V106",
        r"address family must match|does not match (the )?address family|Cannot specify native_ipv6 with IPv4",
        "Use one family in each instance.",
    ),
    _row("V107", r"Truncating auth_pass", "Use at most 8 characters, the same on all nodes."),
    _row(
        "V108",
        r"does not support authentication|no password given|drop(ping)? legacy auth|AH authentication",
        "Remove the authentication block or use auth_hmac.",
        "authentication",
    ),
    _row("V109", r"Unicast peers are not supported in strict mode", "Remove the peers or strict mode.", "unicast_peer"),
    _row("V110", r"advertisement interval", "Write the interval that is meant, the same on all nodes.", "advert_int"),
    _row(
        "V111",
        r"nopreempt (will not work|is incompatible)|expired_timer_backup requires nopreempt",
        "Use state BACKUP with nopreempt.",
        "nopreempt",
    ),
    _row(
        "V111",
        r"preempt[ _]delay (will not work|is incompatible)",
        "Use state BACKUP with preempt_delay, without nopreempt.",
        "preempt_delay",
    ),
    _row(
        "V112",
        r"unicast keyword has been specified without|Cannot use unicast without any peers",
        "List the other nodes in unicast_peer, or remove the unicast keywords.",
        "unicast_peer",
    ),
    _row(
        "V113",
        r"duplicate unicast_peer|malformed unicast peer|unicast_peer option|min_ttl .* > max_ttl",
        "Correct or remove the entry.",
    ),
    _row(
        "V114",
        r"Ignoring track_interface .* own interface",
        "Remove the entry; the own interface is followed anyway.",
        "track_interface",
    ),
    _row(
        "V115",
        r"ignoring (weight from )?(tracked|.* tracked interface)",
        "Use weight 0 (a failure then means FAULT), or sync_group_tracking_weight.",
        "track_script",
    ),
    _row(
        "V116",
        r"[Ss]ync group .* (only|no members|no matching)|specified in sync group .* doesn't exist",
        "List at least two instances of this file in group.",
        "group",
    ),
    _row("V117", r"vmac|VMAC", "Remove the virtual MAC keywords or the unicast ones.", "use_vmac"),
    _row("V119", r"unknown state '", "Write MASTER or BACKUP in capitals."),
    _row("V119", r"Priority not valid", "Give a priority from 1 to 255 (255 only for the owner of the address)."),
    _row(
        "V119",
        r"MASTER must match being address owner|Initial state master is incompatible|previously set as MASTER",
        "Write state BACKUP; the priority decides who is master.",
        "state",
    ),
    _row(
        "S102",
        r"Disabling (track|misc) script|No script set|Unable to set (default user|uid/gid)|Error setting global script"
        r"|[Ss]cript .*- (removing|ignoring)$|No script path",
        "Correct the path, make the file executable, and name an existing user (script_user).",
    ),
    _row(
        "S101", r"(track (script|file|process|bfd)|track_file|track_group) .* not found|BFD .* not configured", _DEFINE
    ),
    _row("S103", r"SECURITY VIOLATION", "Set enable_script_security and script_user in global_defs."),
    _row("L101", r"ports don't match", "Use the virtual server's port, or lvs_method NAT."),
    _row("L102", r"[Qq]uorum|hysteresis", "Lower the quorum or raise the weights.", "quorum"),
    _row("L103", r"[Rr]eal server .*(already|duplicate)|duplicate real server", "Remove one of them."),
    _row("L104", r"has no real servers|has no entries", "Add real_server blocks or remove the virtual server."),
    _row("L105", r"no (forwarding method|protocol|scheduler)|no lvs_sched", "Say protocol, lvs_sched and lvs_method."),
    _row(
        "K017",
        r"parsed invalid IP|[Ii]nvalid (virtual|real|sorry) server (group )?(ip|IP) address|malformed"
        r"|Invalid address prefix|Invalid bindto",
        "Write the address, and a prefix length that fits it.",
    ),
    _row(
        "G101",
        r"Invalid smtp server|empty notification_email|Block notification_email",
        "Correct the address.",
        "smtp_server",
    ),
    _row("K008", r"deprecated|Please use|please use|please replace", "Use the new keyword."),
)


#: Endings of messages after which what was written is still done, if not in every point.
MILD: Final = re.compile(
    r"(resetting|clearing|replacing|rounding|ignoring (scope|label)|overwriting .*|protocol|setting to \S+"
    r"|(will be|port) ignored)\.?$|^Warning\b"
)
