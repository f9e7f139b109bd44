"""Rules about ``global_defs`` and mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.lint.diagnostic import Severity
from keepalived_py.lint.registry import Finding, rule
from keepalived_py.lint.views import boolean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keepalived_py.lint.subject import Subject


@rule(
    "G001",
    Severity.WARNING,
    "mails wanted, but nobody to send them to",
    """`smtp_alert` sends mails to the addresses of `notification_email` by way of `smtp_server`; without the
    addresses none is sent.""",
)
def _nobody(subject: Subject) -> Iterator[Finding]:
    if subject.globals("notification_email") is not None:
        return
    for node in subject.root.walk():
        alert = node.keyword in {"smtp_alert", "smtp_alert_vrrp", "smtp_alert_checker"}
        if alert and node.kind is None and boolean(node):
            yield Finding(
                node=node,
                message="Mails are wanted here, but there is no notification_email.",
                advice="List the receivers in notification_email of global_defs.",
            )
            return


@rule(
    "G002",
    Severity.WARNING,
    "receivers without a mail server",
    "`notification_email` lists receivers, but no `smtp_server` is given, so nothing can be delivered.",
)
def _no_server(subject: Subject) -> Iterator[Finding]:
    node = subject.globals("notification_email")
    if node is not None and node.children and subject.globals("smtp_server") is None:
        yield Finding(
            node=node,
            word=0,
            message="There are receivers of mails, but no smtp_server.",
            advice="Add smtp_server, for instance 127.0.0.1.",
        )


@rule(
    "G003",
    Severity.INFO,
    "receivers, but no mail is asked for",
    """Mails about VRRP are sent only where `smtp_alert` (or `smtp_alert_vrrp`) says so. Real servers send
    theirs unless told otherwise, so this is
    reported for files without virtual servers.""",
)
def _no_alert(subject: Subject) -> Iterator[Finding]:
    node = subject.globals("notification_email")
    if node is None or not node.children or subject.virtual_servers or not subject.instances:
        return
    words = {"smtp_alert", "smtp_alert_vrrp"}
    if not any(other.keyword in words for other in subject.root.walk()):
        yield Finding(
            node=node,
            word=0,
            message="There are receivers of mails, but no smtp_alert, so no instance sends any.",
            advice="Add smtp_alert to global_defs or to the instances.",
        )


@rule("G004", Severity.INFO, "global_defs twice", "The blocks add up; one is easier to read.")
def _two_blocks(subject: Subject) -> Iterator[Finding]:
    blocks = subject.root.all("global_defs")
    for block in blocks[1:]:
        if block.line.file == blocks[0].line.file:
            yield Finding(
                node=block,
                word=0,
                message=f"global_defs stands in line {blocks[0].line.line} already.",
                advice="Put all global settings into one block.",
            )
