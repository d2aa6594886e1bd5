"""Reads what ctest wrote with --output-junit.

results.py --count FILE   how many tests passed, failed, were skipped
results.py FILE           each failed test with the end of its output
"""
import sys
import xml.etree.ElementTree as xml

LAST_LINES = 40
MOST_TESTS = 30


def tests(path):
    return xml.parse(path).getroot().iter("testcase")


def state(test):
    if test.get("status") == "run":
        return "passed"
    # A test that could not be started is "notrun", too; one that skipped itself says how.
    why = test.find("skipped")
    return "skipped" if why is not None and why.get("message", "").startswith("SKIP_") else "failed"


def count(path):
    states = [state(it) for it in tests(path)]
    print(*(states.count(it) for it in ("passed", "failed", "skipped")))


def failures(path):
    failed = [it for it in tests(path) if state(it) == "failed"]
    for test in failed[:MOST_TESTS]:
        why = test.find("failure")
        why = test.find("skipped") if why is None else why
        print(f"-- {test.get('name')} ({why.get('message') if why is not None else 'failed'}, {float(test.get('time', 0)):.0f} s)")
        lines = (test.findtext("system-out") or "").rstrip().splitlines()
        print("\n".join(f"   {line[:300]}" for line in lines[-LAST_LINES:]))
    if len(failed) > MOST_TESTS:
        print(f"-- and {len(failed) - MOST_TESTS} more: {', '.join(it.get('name') for it in failed[MOST_TESTS:])}")


if __name__ == "__main__":
    count(sys.argv[2]) if sys.argv[1] == "--count" else failures(sys.argv[1])
