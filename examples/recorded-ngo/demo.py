#!/usr/bin/env python3
"""Plays a recorded ledger of donations to phones: writes its blocks bit by bit as a peer would, lets belfry follow them,
kills belfry in the middle, starts it again, and counts what arrived against what an independent decoder found.

    examples/recorded-ngo/demo.py build/belfry

Beautiful on a terminal, plain in a pipe. Exit code 1 if a count differs.
"""
import base64
import collections
import json
import lzma
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from running import Belfry  # noqa: E402
from terminal import bold, cyan, dim, green, live, red, say  # noqa: E402

LEDGER = HERE.parent.parent / "tests/data/ledgers/ngo-3.1"
SECONDS_OF_WRITING = 7.0  # how long the "peer" takes for its 227 blocks
SHOWN_PER_PHONE = 2

PHONES = {
    "+15555550100": ("every donation", lambda d: True),
    "+15555550101": ("95 dollars and more", lambda d: d["donationAmount"] >= 95),
    "+15555550102": ("NGO 6303's own", lambda d: d["ngoRegistrationNumber"] == "6303"),
    "+15555550103": ("small gifts to NGOs 631x", lambda d: d["ngoRegistrationNumber"].startswith("631") and d["donationAmount"] < 20),
}


def step(number, title):
    live("")
    say(f"\n{bold(cyan(f'{number}'))} {bold(title)}")


class Truth:
    """What an independent decoder found on the ledger (tests/data/ledgers, truth.jsonl)."""

    def __init__(self):
        self.events = 0
        self.invalid = 0
        donations = []
        with lzma.open(LEDGER / "truth.jsonl.xz", "rt") as lines:
            for line in lines:
                it = json.loads(line)
                event = it.get("event")
                if it["kind"] != "tx" or not event:
                    continue
                if it["validation_code"] != 0:
                    self.invalid += 1
                    continue
                self.events += 1
                if event["name"] == "donationCreated":
                    donations.append(json.loads(base64.b64decode(event["payload_base64"])))
        self.donations = len(donations)
        self.per_phone = {phone: sum(map(wants, donations)) for phone, (_, wants) in PHONES.items()}
        self.texts = collections.Counter(
            f"{d['createdBy']} just donated ${d['donationAmount']} to NGO {d['ngoRegistrationNumber']}!" for d in donations)


class Peer(threading.Thread):
    """Writes the block file as a peer would: a piece now and then, not caring where records end."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.bytes = lzma.decompress((LEDGER / "mychannel.blockfile.xz").read_bytes())
        self.path = path
        self.file = open(path, "wb", buffering=0)
        self.written = 0
        self.go = threading.Event()
        self.go.set()
        self.first = len(self.bytes) // 60  # so that there is a channel to find

    def run(self):
        pieces = 120
        begin = self.written
        for piece in range(1, pieces + 1):
            self.go.wait()
            until = begin + (len(self.bytes) - begin) * piece // pieces
            self.file.write(self.bytes[self.written:until])
            self.written = until
            time.sleep(SECONDS_OF_WRITING / pieces)

    def begin(self):
        self.file.write(self.bytes[:self.first])
        self.written = self.first
        self.start()

    @property
    def part(self):
        return self.written / len(self.bytes)


def total(status, list_name, key, **where):
    return sum(it[key] for it in status[list_name] if all(it[k] == v for k, v in where.items()))


def bar(part, width=28):
    full = int(part * width)
    return green("█" * full) + dim("░" * (width - full))


def watch(belfry, peer, until):
    """Shows how it flows until a condition on (status, part written) holds."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = belfry.status()
        sent = total(status, "providers", "sent", name="outbox")
        live(f"  {bar(peer.part)} block {status['networks'][0]['next_block']:>3} written by the peer, {sent:,} messages out")
        if until(status, peer.part):
            live("")
            return status
        time.sleep(0.05)
    sys.exit(red("this took too long: see ") + str(belfry.folder / "belfry.log"))


def quiet(status):
    """Nothing under way anywhere, and everything read."""
    network = status["networks"][0]
    return (network["height"] > 0 and all(it["lag_blocks"] == 0 and it["pending"] == 0 for it in status["listeners"])
            and not any(it["visible"] + it["in_flight"] + it["delayed"] for it in status["queues"])
            and not any(it["waiting"] for it in status["subscriptions"]))


def check(what, got, expected):
    good = got == expected
    mark = green("✓") if good else red("✗")
    say(f"  {mark} {what:<48} {got:>6,}" + ("" if good else red(f"   expected {expected:,}")))
    return good


def main():
    program = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/belfry").resolve())
    began = time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-demo-"))
    shutil.copy(HERE / "belfry.yaml", folder)
    truth = Truth()

    say(f"\n{bold('belfry')}  a recorded Hyperledger Fabric ledger of donations, from its blocks to phones")

    step(1, "A peer writes blocks")
    say("  Fabric 3.1, channel mychannel, chaincode ngo: 227 blocks with everything that happens in real life,")
    say(f"  {truth.events:,} valid chaincode events, {truth.invalid} of invalid transactions that must not ring, an event of 4 MiB")
    peer = Peer(folder / "mychannel.blockfile")
    peer.begin()

    step(2, "belfry follows them:  belfry run")
    belfry = Belfry(program, folder)
    belfry.environment = {"LEDGER": str(peer.path)}
    belfry.start()
    say(f"  charity {dim('─▶')} listener {cyan('donations')}  {dim('─▶')} queue donations {dim('─▶')} function announce {dim('─▶')} topic news {dim('─▶')} {len(PHONES)} phones")
    say(f"  charity {dim('─▶')} listener {cyan('everything')} {dim('─▶')} topic audit {dim('─▶')} an inbox")
    status = watch(belfry, peer, lambda status, part: part > 0.5 and total(status, "providers", "sent") > 100)

    step(3, "It dies in the middle:  kill -9")
    belfry.stop(signal.SIGKILL)
    sent = total(status, "providers", "sent", name="outbox")
    say(f"  at block {status['networks'][0]['next_block']}, with {sent:,} messages out and more on their way; the peer goes on writing")
    time.sleep(0.7)

    step(4, "It starts again, and goes on where it was:  belfry run")
    belfry.start()
    status = watch(belfry, peer, lambda status, part: part >= 1 and status["networks"][0]["next_block"] >= 227 and quiet(status))
    status = belfry.status()
    for listener in status["listeners"]:
        say(f"  listener {listener['name']:<11} {listener['state']}, next block {listener['next_block']}, {listener['delivered']:,} events since the restart")

    step(5, "What arrived")
    entries = belfry.outbox()
    for phone, (who, _) in PHONES.items():
        mine = [it for it in entries if it["to"] == phone]
        say(f"  {cyan(phone)}  {who}: {len(mine):,} messages")
        for it in mine[:SHOWN_PER_PHONE]:
            say(f"      {dim('▌')} {it['text']}")
    audit = [it for it in entries if it["to"] == "audit-log"]

    step(6, "Counted against the ledger's truth, which another decoder wrote")
    good = [check("valid events on the ledger, in the audit inbox", len(audit), truth.events)]
    for phone, (who, _) in PHONES.items():
        good.append(check(f"{phone}, {who}", sum(it["to"] == phone for it in entries), truth.per_phone[phone]))
    got = collections.Counter(it["text"] for it in entries if it["to"] == "+15555550100")
    good.append(check("of these texts, word for word as they should be", sum((got & truth.texts).values()), truth.donations))
    ids = collections.Counter((it["to"], it.get("message_id")) for it in entries)
    good.append(check("messages that arrived twice, in spite of the kill", sum(count - 1 for count in ids.values()), 0))
    good.append(check("dead letters", total(status, "queues", "visible"), 0))

    belfry.stop()
    took = time.monotonic() - began
    say()
    if not all(good):
        say(red("The counts differ.") + f" Everything is in {folder}")
        return 1
    say(f"{green('All of it arrived, once.')} {dim(f'{took:.1f} s; everything is in {folder}')}")
    config = f"--config {folder}/belfry.yaml --data {folder}/belfry-data"
    say(f"\n{bold('Try next')}")
    say(f"  build/belfry events {folder}/mychannel.blockfile --limit 20")
    say(f"  build/belfry outbox {config} --to +15555550102")
    say(f"  LEDGER={folder}/mychannel.blockfile build/belfry check {folder}/belfry.yaml --against {folder}/mychannel.blockfile")
    return 0


if __name__ == "__main__":
    sys.exit(main())
