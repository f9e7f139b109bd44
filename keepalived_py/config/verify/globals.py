"""The settings of the whole daemon, resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from keepalived_py.config.ast import GlobalDefinitions
from keepalived_py.config.verify.scripts import Verdict, check_notify, violation
from keepalived_py.config.verify.settings import settings

if TYPE_CHECKING:
    from keepalived_py.config.ast import Command
    from keepalived_py.config.build import Context

from keepalived_py.config.report import ErrorClass

_SECOND: Final = 1_000_000
_PROCESS: Final = "keepalived"


def verify_globals(context: Context) -> GlobalDefinitions:
    """Resolve names and defaults; check the scripts of start and stop."""
    context.at(None)
    draft = context.globals
    values = draft.values
    if (override := draft.namespace_override) is not None:
        if "net_namespace" in values:
            written = values["net_namespace"]
            context.log(f"Overriding config net_namespace '{written}' with command line namespace '{override}'")
        values["net_namespace"] = override
    verdict = Verdict.NONE
    scripts: dict[str, Command | None] = {}
    for keyword in ("startup_script", "shutdown_script"):
        scripts[keyword], found = check_notify(context, values.get(keyword))
        verdict |= found
    if "enable_script_security" not in values and (text := violation(verdict, "start/shutdown ")):
        context.problem(ErrorClass.SECURITY, text)
    mails = draft.smtp_server is not None and not {"notification_email_from", "smtp_helo_name"} <= values.keys()
    # The resolver is asked only when the answer is used: without a name server it keeps a start waiting.
    asks = mails or "router_id" not in values
    host_name = context.host.host_name() if asks else values["router_id"]
    user = context.host.identity()[2]
    named = "process_names" in values
    return GlobalDefinitions(
        router_id=values.get("router_id", host_name),
        notification_email=tuple(draft.emails),
        notification_email_from=values.get("notification_email_from", f"{user}@{host_name}"),
        smtp_server=draft.smtp_server,
        smtp_server_name=draft.smtp_server_name,
        smtp_server_port=draft.smtp_server_port,
        smtp_helo_name=values.get("smtp_helo_name", host_name),
        smtp_connect_timeout=values.get("smtp_connect_timeout", 30) * _SECOND,
        smtp_alert=values.get("smtp_alert"),
        smtp_alert_vrrp=values.get("smtp_alert_vrrp"),
        smtp_alert_checker=values.get("smtp_alert_checker"),
        no_email_faults="no_email_faults" in values,
        no_checker_emails=values.get("no_checker_emails", False),
        checker_log_all_failures=values.get("checker_log_all_failures", False),
        enable_script_security="enable_script_security" in values,
        script_user=values.get("script_user"),
        script_group=values.get("script_group"),
        vrrp_mcast_group4=values.get("vrrp_mcast_group4"),
        process_name=values.get("process_name", _PROCESS),
        vrrp_process_name=values.get("vrrp_process_name", "keepalived_vrrp" if named else _PROCESS),
        checker_process_name=values.get("checker_process_name", "keepalived_lvs" if named else _PROCESS),
        ipvs_process_name="keepalived_ipvs" if named else _PROCESS,
        child_wait_time=values.get("child_wait_time", 5) * _SECOND,
        lvs_flush="lvs_flush" in values,
        lvs_flush_on_stop=values.get("lvs_flush_on_stop", False),
        rs_init_notifies=values.get("rs_init_notifies", False),
        bfd_process_name=values.get("bfd_process_name", "keepalived_bfd" if named else _PROCESS),
        host_name_known=not asks or context.host.knows_own_name(),
        **settings(context.host, draft, scripts),
    )


def enter_namespace(context: Context) -> bool:
    """Whether the reading goes on: the reference is in its namespace before it asks about interfaces, or ends with status 0."""
    name = context.globals.values.get("net_namespace")
    if name is None or context.host.enter_namespace(name):
        return True
    context.log(f"Failed to open /run/netns/{name}")
    context.log(f"Unable to set network namespace {name} - exiting")
    context.report.stop(0, stage=context.stage)
    return False
