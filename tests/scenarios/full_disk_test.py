#!/usr/bin/env python3
"""The data folder's disk fills up in the middle of the recorded ledger: belfry says so in log, status and metrics, waits, and
goes on when there is room. A belfry started on the full disk names the reason and ends. Nothing is lost or doubled. Needs root,
for a small file system in a mount namespace of its own; skipped (77) where that is not permitted."""
import collections
import json
import lzma
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/support"))
import blockfile  # noqa: E402
from servers import spawn  # noqa: E402

LEDGER = TOP / "tests/data/ledgers/fabric-2.4.9-ch1-15k-events.blockfile.xz"
BELFRY = os.environ.get("BELFRY", TOP / "build/belfry")
CONFIG = """\
networks:
  recorded: {channel: ch1, blocks: ledger.blockfile, follow: false}
listeners:
  all: {network: recorded, match: {kind: chaincode-event}, to: [queue:events, queue:archive]}
queues:
  events: {dead_letter: {queue: events-dead, after: 50}}
  events-dead: {}
  archive: {}
functions:
  announce: {from: queue:events, template: "{{id}} {{event}}", to: topic:news}
topics:
  news: {subscriptions: [{protocol: sms, endpoint: "+15555550100"}]}
data: disk/data
admin: {address: "127.0.0.1:0"}
limits: {segment: 1MiB}
"""
SMALL, BIG = "24m", "400m"
NO_ROOM = "there is no room for more in disk/data/queue-log"


def start(log, *arguments):
    pathlib.Path("disk/data/admin-address").unlink(missing_ok=True)
    return spawn([BELFRY, "run", *arguments], stderr=open(log, "wb"))


def get(target):
    address = pathlib.Path("disk/data/admin-address").read_text().strip()
    with urllib.request.urlopen(f"http://{address}{target}") as answer:
        return answer.read().decode()


def status():
    return json.loads(get("/api/v1/status"))


def wait(process, condition, what):
    deadline = time.monotonic() + 240
    while not condition():
        assert process.poll() is None, f"belfry ended with {process.returncode} before {what}"
        assert time.monotonic() < deadline, f"{what} never came: {json.dumps(status())[:3000]}"
        time.sleep(0.05)


def wait_until_full(process):
    wait(process, pathlib.Path("disk/data/admin-address").exists, "the admin API")
    wait(process, lambda: any(NO_ROOM in it.get("reason", "") for it in status()["listeners"]), "the full disk")
    # A full disk is no reason to end, and each listener's retries are counted.
    seen = retries()
    wait(process, lambda: retries() > seen, "another attempt")


def retries():
    return sum(float(line.rsplit(" ", 1)[1]) for line in get("/metrics").splitlines()
               if line.startswith("belfry_listener_retries_total{"))


def in_archive():
    found, after = [], 0
    while messages := json.loads(get(f"/api/v1/queues/archive/messages?limit=1000&after={after}"))["messages"]:
        found += [json.loads(it["body"])["id"] for it in messages]
        after = messages[-1]["sequence"]
    return found


def check(where, ids, truth):
    counts = collections.Counter(tuple(map(int, it.split("/")[1:3])) for it in ids)
    lost, doubled = truth - counts.keys(), [it for it, count in counts.items() if count > 1]
    print(f"{where}: {len(truth)} events, {len(ids)} found, {len(lost)} lost, {len(doubled)} twice")
    assert not lost and not doubled and not counts.keys() - truth


def main():
    pathlib.Path("belfry.yaml").write_text(CONFIG)
    pathlib.Path("ledger.blockfile").write_bytes(lzma.decompress(LEDGER.read_bytes()))
    truth = set(blockfile.valid_events("ledger.blockfile"))

    running = start("log-1")
    wait_until_full(running)
    wait(running, lambda: NO_ROOM in pathlib.Path("log-1").read_text(), "the reason in the log")
    # Said when it begins, not for each message that waits. (Room comes and goes as messages are worked off.)
    wait(running, lambda: "belfry_store_full 1" in get("/metrics"), "the metric")
    lines, messages = pathlib.Path("log-1").read_text().count(NO_ROOM), sum(it["delivered"] for it in status()["listeners"])
    assert lines * 10 < messages, f"{lines} lines for {messages} messages"
    print(f"full at {SMALL}, after {sum(it['delivered'] for it in status()['listeners'])} of {2 * len(truth)} messages")
    running.send_signal(signal.SIGKILL)
    running.wait()

    # On the full disk: it either comes up and waits, or ends at once and names the reason.
    again = start("log-2")

    def says_why():
        text = pathlib.Path("log-2").read_text()
        return NO_ROOM in text or "No space left on device" in text

    wait_for = time.monotonic() + 240
    while again.poll() is None and time.monotonic() < wait_for and not says_why():
        time.sleep(0.05)
    assert says_why(), pathlib.Path("log-2").read_text()
    if again.poll() is None:
        again.kill()
        again.wait()

    # With a little room it goes on until that is used up too; with more of it, to the end, in one process.
    remount("40m")
    running = start("log-3", "--until-finished")
    wait_until_full(running)
    remount(BIG)
    assert running.wait(300) == 0, pathlib.Path("log-3").read_text()[-3000:]

    outbox = subprocess.run([BELFRY, "outbox", "--output", "json"], check=True, capture_output=True, text=True).stdout
    check("outbox", [json.loads(line)["event_id"] for line in outbox.splitlines()], truth)
    running = start("log-4")
    wait(running, pathlib.Path("disk/data/admin-address").exists, "the admin API")
    check("archive", in_archive(), truth)
    running.terminate()
    assert running.wait(120) == 0


def remount(size):
    subprocess.run(["mount", "-o", f"remount,size={size}", "disk"], check=True)


if __name__ == "__main__":
    if sys.argv[1:] != ["inside"]:
        if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode != 0:
            print("skipped: a small file system needs root (mount namespaces)")
            sys.exit(77)
        sys.exit(subprocess.run(["unshare", "--mount", "python3", __file__, "inside"]).returncode)
    with tempfile.TemporaryDirectory(prefix="belfry-full-disk-") as folder:
        os.chdir(folder)
        os.mkdir("disk")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "belfry", "disk"], check=True)
        try:
            main()
        finally:
            os.chdir("/")
            subprocess.run(["umount", "--lazy", f"{folder}/disk"])
