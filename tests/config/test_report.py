from __future__ import annotations

import pytest

from keepalived_py.config.ast import Location
from keepalived_py.config.report import ErrorClass, NotActedOn, Report, Stage


@pytest.mark.parametrize(
    ("classes", "status"),
    [
        ([], 0),
        ([ErrorClass.LOG, ErrorClass.OK], 0),
        ([ErrorClass.BAD_IF], 4),
        ([ErrorClass.FILE_NOT_FOUND, ErrorClass.FATAL], 4),
        ([ErrorClass.BAD_IF, ErrorClass.UNKNOWN_KEYWORD], 5),
        ([ErrorClass.DEPRECATED], 5),
        ([ErrorClass.SECURITY, ErrorClass.GENERAL], 6),
    ],
)
def test_the_worst_class_decides_the_status_of_a_test(classes: list[ErrorClass], status: int) -> None:
    report = Report()
    for error_class in classes:
        report.add(error_class, "x", stage=Stage.VRRP)
    assert report.exit_status(testing=True) == status
    assert report.exit_status(testing=False) == 0


def test_problems_come_in_the_order_of_the_processes_and_then_of_the_lines() -> None:
    report = Report()
    report.add(ErrorClass.GENERAL, "after all", stage=Stage.VRRP)
    report.add(ErrorClass.GENERAL, "vrrp", stage=Stage.VRRP, position=1, location=Location(file="f", line=2))
    report.add(ErrorClass.GENERAL, "checker", stage=Stage.CHECKER, position=7, location=Location(file="f", line=8))
    report.add(ErrorClass.GENERAL, "parent", stage=Stage.PARENT, position=9, location=Location(file="f", line=10))
    assert report.lines(testing=True) == ["(Line 10) parent", "(f: Line 8) checker", "(f: Line 2) vrrp", "after all"]


def test_the_parent_names_the_file_when_there_are_several() -> None:
    report = Report()
    report.several_files = True
    report.add(ErrorClass.GENERAL, "x", stage=Stage.PARENT, position=0, location=Location(file="f", line=1))
    assert report.lines(testing=True) == ["(f: Line 1) x"]


def test_what_is_only_logged_is_not_printed_by_a_test() -> None:
    report = Report()
    report.add(ErrorClass.LOG, "told to the log", stage=Stage.VRRP)
    assert report.lines(testing=True) == []
    assert report.lines(testing=False) == ["told to the log"]


def test_nothing_is_reported_after_the_reading_stopped() -> None:
    report = Report()
    report.add(ErrorClass.GENERAL, "before", stage=Stage.CHECKER, position=3)
    report.add(ErrorClass.GENERAL, "at", stage=Stage.VRRP, position=5)
    report.add(ErrorClass.GENERAL, "later", stage=Stage.VRRP, position=6)
    report.stop(2, stage=Stage.VRRP, position=5)
    assert report.lines(testing=True) == ["before", "at"]
    assert report.exit_status(testing=True) == 2
    assert report.exit_status(testing=False) == 2


def test_what_is_not_acted_on_is_told_apart_by_whether_that_is_safe() -> None:
    report = Report()
    report.not_acted_on.append(NotActedOn(what="garp_group", location=Location(file="f", line=3)))
    report.not_acted_on.append(NotActedOn(what="VI: use_vmac", location=None, unsafe=True, consequence="left out"))
    assert report.notices() == [
        "(f: Line 3) this version does nothing about garp_group",
        "WARNING - this version does nothing about VI: use_vmac - left out",
    ]


def test_a_failed_cross_check_fails_a_start_only() -> None:
    report = Report()
    report.add(ErrorClass.GENERAL, "x", stage=Stage.VRRP)
    report.reject()
    assert report.exit_status(testing=True) == 5
    assert report.exit_status(testing=False) == 2
