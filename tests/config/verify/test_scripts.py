from __future__ import annotations

from typing import TYPE_CHECKING

from keepalived_py.config.ast import Command
from keepalived_py.config.build import Context, GlobalDraft
from keepalived_py.config.host import AnyHost, FileFacts
from keepalived_py.config.report import Report, Stage
from keepalived_py.config.verify.scripts import Verdict, check_notify, check_script, violation

if TYPE_CHECKING:
    import pytest


class OneProgram(AnyHost):
    """A host with one program, described by the test."""

    def __init__(self, facts: FileFacts | int) -> None:
        self.facts = facts

    def program(self, path: str, uid: int, gid: int) -> FileFacts | int:
        del path, uid, gid
        return self.facts


def context(facts: FileFacts | int, *, secure: bool = False) -> Context:
    draft = GlobalDraft()
    if secure:
        draft.values["enable_script_security"] = True
    return Context(Report(), Stage.VRRP, OneProgram(facts), draft, testing=True)


def test_a_bare_name_is_searched_for_and_its_link_followed() -> None:
    command, verdict = check_script(context(FileFacts(real_path="/usr/sbin/killall5")), Command(argv=("pidof", "x")))
    assert command.argv == ("/usr/bin/pidof", "x")
    assert command.path == "/usr/sbin/killall5"
    assert verdict == Verdict.IS_SCRIPT | Verdict.EXECUTABLE


def test_with_use_symlink_paths_the_link_itself_is_executed() -> None:
    where = context(FileFacts(real_path="/usr/sbin/killall5"))
    where.globals.values["use_symlink_paths"] = True
    assert check_script(where, Command(argv=("pidof", "x")))[0].path == "/usr/bin/pidof"


def test_a_script_that_others_can_write_is_refused_only_with_security() -> None:
    facts = FileFacts(real_path="/tmp/x", root_only=False)
    command = Command(argv=("/tmp/x",))
    assert check_notify(context(facts), command)[0] is not None
    assert check_notify(context(facts, secure=True), command)[0] is None
    assert violation(check_script(context(facts), command)[1], "").endswith(" There are insecure scripts.")


def test_a_script_run_by_somebody_else_need_not_be_roots() -> None:
    facts = FileFacts(real_path="/tmp/x", root_only=False)
    command = Command(argv=("/tmp/x",), uid=1000, gid=1000)
    assert check_notify(context(facts, secure=True), command)[0] is not None


def test_a_script_that_is_missing_or_not_executable_is_not_run() -> None:
    assert check_notify(context(2), Command(argv=("/x",)))[0] is None
    assert check_notify(context(FileFacts(real_path="/x", executable=False)), Command(argv=("/x",)))[0] is None
    assert check_notify(context(2), None) == (None, Verdict.NONE)


def test_a_shell_redirection_is_given_to_a_shell() -> None:
    command, verdict = check_script(context(2), Command(argv=("</dev/tcp/127.0.0.1/80",)))
    assert command.argv == ("/bin/sh", "-c", "</dev/tcp/127.0.0.1/80")
    assert verdict == Verdict.SYSTEM


def test_reasons_are_logged_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    where = context(2)
    check_script(where, Command(argv=("/x",)))
    assert where.report.lines(testing=True) == []
    assert where.report.lines(testing=False) == ["Script /x cannot be accessed - No such file or directory"]
    assert capsys.readouterr().out == ""
