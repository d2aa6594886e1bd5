#!/usr/bin/env python3
"""Kills belfry at random moments while it listens, queues, handles and sends, then counts against the ledger.

Each round follows the recorded ledger of 15,201 events from its beginning through a listener, a queue, a function and
a topic into the outbox, and beside that into a queue that nobody receives from. belfry is killed with SIGKILL again and again until the
round is done; then every event must be in both places exactly once. With --smpp the text messages go to a real SMPP
server: there, each must arrive at least once, and how many came twice is printed.

  campaign.py --kills 200            rounds until there were 200 kills
  campaign.py --kills 8 --limit 60   a short one: only the first 60 blocks
"""
import argparse
import collections
import json
import lzma
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path.insert(0, str(TOP / "tests" / "support"))
import blockfile  # noqa: E402

LEDGER = TOP / "tests/data/ledgers/fabric-2.4.9-ch1-15k-events.blockfile.xz"
CONFIG = """\
networks:
  recorded: {{channel: ch1, blocks: ledger.blockfile, follow: false}}
listeners:
  all:
    network: recorded
    from: oldest
    match: {{kind: chaincode-event}}
    to: [queue:events, queue:archive]
queues:
  events: {{dead_letter: {{queue: events-dead, after: 50}}}}
  events-dead: {{}}
  archive: {{}}
functions:
  announce: {{from: queue:events, template: "{{{{id}}}} {{{{event}}}}", to: topic:news}}
topics:
  news:
    subscriptions: [{{protocol: sms, endpoint: "+15555550100"}}]
admin: {{address: "127.0.0.1:0"}}
{sms}
"""


class Round:
    """One data folder, run again and again until everything was delivered."""

    def __init__(self, belfry, folder, sms):
        self.belfry, self.folder = belfry, folder
        self.kills = 0
        (folder / "belfry.yaml").write_text(CONFIG.format(sms=sms))

    def start(self, *extra):
        return subprocess.Popen(
            [self.belfry, "run", "--config", "belfry.yaml", "--data", "data", "--log-level", "warn", *extra],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=open(self.folder / "log", "a"))

    def kill_until_done(self, rng, most):
        """Kills at random moments; after `most` kills lets belfry finish."""
        while True:
            process = self.start("--until-finished")
            try:
                # Short and long lives: some die while they recover, some in full flow.
                code = process.wait(rng.choice([0.02, 0.1, 0.3, 1.0]) * rng.random() if self.kills < most else 300)
                if code != 0:
                    raise SystemExit(f"belfry exited with {code}:\n" + (self.folder / "log").read_text()[-2000:])
                return
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                if self.kills >= most:
                    raise SystemExit("belfry did not finish within 300 s:\n" + (self.folder / "log").read_text()[-2000:])
                self.kills += 1

    def outbox(self):
        listing = subprocess.run(
            [self.belfry, "outbox", "--config", "belfry.yaml", "--data", "data", "--output", "json"],
            cwd=self.folder, check=True, capture_output=True, text=True).stdout
        return [place(entry["event_id"]) for entry in map(json.loads, listing.splitlines())]

    def queue(self, name):
        """The events in a queue, read from a running belfry."""
        process = self.start()
        try:
            address = self.folder / "data/admin-address"
            deadline = time.monotonic() + 30
            while not address.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            base = f"http://{address.read_text().strip()}/api/v1/queues/{name}/messages"
            found, after = [], 0
            while True:
                with urllib.request.urlopen(f"{base}?limit=1000&after={after}") as answer:
                    messages = json.load(answer)["messages"]
                if not messages:
                    return found
                found += [place(json.loads(message["body"])["id"]) for message in messages]
                after = messages[-1]["sequence"]
        finally:
            process.terminate()
            if process.wait(10) != 0:
                raise SystemExit("belfry did not stop in order")


def place(event_id):
    _, block, transaction, kind, index = event_id.split("/")
    assert (kind, index) == ("chaincode-event", "0"), event_id
    return int(block), int(transaction)


def compare(where, truth, found):
    """(lost, doubled); says which ones."""
    counts = collections.Counter(found)
    lost = sorted(truth - counts.keys())
    doubled = sorted(at for at, count in counts.items() if count > 1)
    strange = sorted(counts.keys() - truth)
    for word, places in (("lost", lost), ("twice", doubled), ("not on the ledger", strange)):
        if places:
            print(f"  {where}: {len(places)} {word}, first at block {places[0][0]}, transaction {places[0][1]}")
    return len(lost) + len(strange), len(doubled)


def unpack(to, limit):
    """The ledger, or its first blocks; its truth by the independent reader."""
    with lzma.open(LEDGER) as packed:
        data = packed.read()
    if limit:
        at = 0
        for _ in range(limit):
            if at == len(data):
                break
            size, body = blockfile._varint(data, at)
            at = body + size
        data = data[:at]
    to.write_bytes(data)
    return set(blockfile.valid_events(to))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--per-round", type=int, default=40, help="kills before a round may end")
    parser.add_argument("--limit", type=int, default=0, help="only the first blocks of the ledger")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--smpp", action="store_true", help="send to a real SMPP server instead of the outbox")
    parser.add_argument("--belfry", default=str(TOP / "build/belfry"))
    options = parser.parse_args()
    rng = random.Random(options.seed)
    print(f"seed {options.seed}")

    work = pathlib.Path(tempfile.mkdtemp(prefix="belfry-crash-"))
    truth = unpack(work / "ledger.blockfile", options.limit)
    smpp = SmppServer(work) if options.smpp else None
    kills = rounds = bad = doubled_texts = 0
    while kills < options.kills:
        rounds += 1
        folder = work / f"round-{rounds}"
        folder.mkdir()
        (folder / "ledger.blockfile").symlink_to(work / "ledger.blockfile")
        one = Round(options.belfry, folder, smpp.settings() if smpp else "")
        one.kill_until_done(rng, min(options.per_round, options.kills - kills))
        kills += one.kills
        texts = smpp.take() if smpp else one.outbox()
        text_name = "SMPP server" if smpp else "outbox"
        lost, doubled = compare(text_name, truth, texts)
        bad += lost + (0 if smpp else doubled)
        doubled_texts += len(texts) - len(set(texts))
        bad += sum(compare("queue", truth, one.queue("archive")))
        print(f"round {rounds}: {one.kills} kills, {len(truth)} events, {len(texts)} texts")
        if bad:
            print(f"the folder is kept: {folder}")
            return 1
        shutil.rmtree(folder)
    if smpp:
        smpp.stop()
    shutil.rmtree(work)
    print(f"{kills} kills in {rounds} rounds: 0 lost, 0 twice in the queue" +
          (f"; {doubled_texts} texts sent more than once (SMPP is at-least-once)" if smpp else ", 0 twice in the outbox"))
    return 0


class SmppServer:
    """The npm smpp server of tests/sms, writing each accepted text as a line."""

    def __init__(self, work):
        self.lines = work / "texts"
        self.read = 0
        self.process = subprocess.Popen(
            ["node", str(TOP / "tests/sms/collector.js"), str(self.lines)], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def settings(self):
        return f'sms: {{smpp: {{address: "127.0.0.1:{self.port}", system_id: belfry, password: secret}}}}'

    def take(self):
        texts = self.lines.read_text().splitlines()[self.read:]
        self.read += len(texts)
        return [place(text.split(" ", 1)[0]) for text in texts]

    def stop(self):
        self.process.terminate()
        self.process.wait()


if __name__ == "__main__":
    sys.exit(main())
