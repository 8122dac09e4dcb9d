"""JUnit's XML, which CI servers show as test results: a suite for each scenario, a case for each threshold.

Elements and attributes are those that GitLab, Jenkins and GitHub's reporters read: testsuites, testsuite, testcase,
failure, system-out. There is no official schema; the forms in use agree on these.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from lambdasim.analysis.thresholds import Checks
from lambdasim.errors import printable
from lambdasim.report.checks import fails, finding


def junit_xml(several: Sequence[Checks], *, strict: bool = False) -> bytes:
    """The document, in UTF-8; the same for the same checks: it holds no times of day, and no durations."""
    root = ET.Element("testsuites", name="lambdasim check", errors="0")
    total = [_suite(root, checks, strict=strict) for checks in several]
    root.set("tests", str(sum(tests for tests, _ in total)))
    root.set("failures", str(sum(failures for _, failures in total)))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite(root: ET.Element, checks: Checks, *, strict: bool) -> tuple[int, int]:
    """Add a suite; how many cases it has, and how many of them fail."""
    file = printable(checks.scenario.file)  # XML has no place for control characters
    suite = ET.SubElement(root, "testsuite", name=checks.scenario.name)
    failures = 0
    for check in checks.checks:
        told = printable(finding(check))
        case = ET.SubElement(
            suite,
            "testcase",
            name=printable(check.threshold.text),
            classname=checks.scenario.name,
            file=file,
            time="0",
        )
        if fails(check, strict=strict):
            failures += 1
            failure = ET.SubElement(case, "failure", message=told, type=check.verdict.value)
            failure.text = f"{file}: {printable(check.threshold.text)}: {told}"
        ET.SubElement(case, "system-out").text = told
    for name, count in (("tests", len(checks.checks)), ("failures", failures), ("errors", 0), ("skipped", 0)):
        suite.set(name, str(count))
    suite.set("time", "0")
    return len(checks.checks), failures
