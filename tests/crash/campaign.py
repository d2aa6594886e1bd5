#!/usr/bin/env python3
"""Kills belfry at random moments while it listens, queues, handles and sends, then counts against the ledger.

Each round follows the recorded ledger of 15,201 events from its beginning through a listener, a queue, a function and
a topic into the outbox, and beside that into a queue that nobody receives from. belfry is killed with SIGKILL again and again until the
round is done; then every event must be in both places exactly once.

  campaign.py --kills 200            rounds until there were 200 kills
  campaign.py --kills 8 --limit 60   a short one: only the first 60 blocks
  campaign.py --smpp                 text messages go to a real SMPP server: there, each must arrive at least once, and
                                     how many came twice is printed
  campaign.py --peer                 belfry listens to the stand-in peer over TLS, which is killed at random too
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
from servers import SmppServer, StandinPeer, spawn  # noqa: E402

LEDGER = TOP / "tests/data/ledgers/fabric-2.4.9-ch1-15k-events.blockfile.xz"
FILES = "  recorded: {channel: ch1, blocks: ledger.blockfile, follow: false}"
CONFIG = """\
networks:
{network}
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

    def __init__(self, belfry, folder, sms, peer):
        self.belfry, self.folder, self.peer = belfry, folder, peer
        self.kills = self.peer_kills = 0
        network = peer.network() if peer else FILES
        (folder / "belfry.yaml").write_text(CONFIG.format(network=network, sms=sms))

    def start(self, *extra):
        (self.folder / "data/admin-address").unlink(missing_ok=True)
        return spawn(
            [self.belfry, "run", "--config", "belfry.yaml", "--data", "data", "--log-level", "warn", *extra],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=open(self.folder / "log", "a"))

    def fail(self, words):
        raise SystemExit(f"{words} ({self.folder}):\n" + (self.folder / "log").read_text()[-2000:])

    def kill_until_done(self, rng, most):
        """Kills at random moments; after `most` kills lets belfry finish."""
        while self.kills < most:
            process = self.start("--until-finished")
            try:
                # Short and long lives: some die while they recover, some in full flow.
                code = process.wait(rng.choice([0.02, 0.1, 0.3, 1.0]) * rng.random())
                if code != 0:
                    self.fail(f"belfry exited with {code}")
                return
            except subprocess.TimeoutExpired:
                kill(process)
                self.kills += 1
        process = self.start("--until-finished")
        try:
            if process.wait(300) != 0:
                self.fail(f"belfry exited with {process.returncode}")
        except subprocess.TimeoutExpired:
            kill(process)
            self.fail("belfry did not finish within 300 s")

    def kill_both_sides(self, rng, most, events, height):
        """Kills belfry, the peer or both at random moments; then lets belfry finish."""
        process = None
        while self.kills < most:
            if not self.peer.running():
                self.peer.start()
            process = process or self.start()
            try:
                code = process.wait(rng.choice([0.1, 0.3, 1.0, 2.0]) * rng.random())
                self.fail(f"belfry exited with {code}")
            except subprocess.TimeoutExpired:
                pass
            victims = rng.choice(["belfry", "peer", "both"])
            if victims != "belfry":
                self.peer.kill()
                self.peer_kills += 1
            if victims != "peer":
                kill(process)
                process = None
            self.kills += 1
            # Sometimes belfry lives a while without its peer.
            if process and rng.random() < 0.3:
                time.sleep(rng.random())
        if not self.peer.running():
            self.peer.start()
        process = process or self.start()
        deadline = time.monotonic() + 300
        while not self.done(process, events, height):
            if process.poll() is not None or time.monotonic() > deadline:
                self.fail("belfry ended" if process.poll() is not None else "belfry did not finish within 300 s")
            time.sleep(0.1)
        self.stop(process)

    def done(self, process, events, height):
        status = json.loads(self.get(process, "status"))
        queues = {it["name"]: it for it in status["queues"]}
        return (all(it["next_block"] >= height for it in status["listeners"]) and
                queues["archive"]["visible"] >= events and
                queues["events"]["visible"] + queues["events"]["in_flight"] == 0 and
                not any(it["waiting"] for it in status["subscriptions"]))

    def get(self, process, target):
        address = self.folder / "data/admin-address"
        deadline = time.monotonic() + 120
        while not address.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                self.fail("belfry serves no admin API")
            time.sleep(0.01)
        with urllib.request.urlopen(f"http://{address.read_text().strip()}/api/v1/{target}") as answer:
            return answer.read()

    def stop(self, process):
        process.terminate()
        if process.wait(60) != 0:
            self.fail("belfry did not stop in order")

    def outbox(self):
        listing = subprocess.run(
            [self.belfry, "outbox", "--config", "belfry.yaml", "--data", "data", "--output", "json"],
            cwd=self.folder, check=True, capture_output=True, text=True).stdout
        return [place(entry["event_id"]) for entry in map(json.loads, listing.splitlines())]

    def queue(self, name):
        """The events in a queue, read from a running belfry."""
        process = self.start()
        try:
            found, after = [], 0
            while True:
                messages = json.loads(self.get(process, f"queues/{name}/messages?limit=1000&after={after}"))["messages"]
                if not messages:
                    return found
                found += [place(json.loads(message["body"])["id"]) for message in messages]
                after = messages[-1]["sequence"]
        finally:
            self.stop(process)


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


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
    parser.add_argument("--peer", action="store_true", help="listen to the stand-in peer, and kill it too")
    parser.add_argument("--standin", default=str(TOP / "build/tests/standin_peer"))
    parser.add_argument("--belfry", default=str(TOP / "build/belfry"))
    options = parser.parse_args()
    rng = random.Random(options.seed)
    print(f"seed {options.seed}")

    work = pathlib.Path(tempfile.mkdtemp(prefix="belfry-crash-"))
    truth = unpack(work / "ledger.blockfile", options.limit)
    height = sum(1 for _ in blockfile.blocks(work / "ledger.blockfile"))
    smpp = SmppServer(work) if options.smpp else None
    peer = (StandinPeer(work, options.standin, "--ledger", work / "ledger.blockfile", "--channel", "ch1")
            if options.peer else None)
    kills = peer_kills = rounds = bad = doubled_texts = 0
    while kills < options.kills:
        rounds += 1
        folder = work / f"round-{rounds}"
        folder.mkdir()
        (folder / "ledger.blockfile").symlink_to(work / "ledger.blockfile")
        one = Round(options.belfry, folder, smpp.settings() if smpp else "", peer)
        most = min(options.per_round, options.kills - kills)
        if peer:
            one.kill_both_sides(rng, most, len(truth), height)
        else:
            one.kill_until_done(rng, most)
        kills += one.kills
        peer_kills += one.peer_kills
        texts = [place(text.split(" ", 1)[0]) for text in smpp.take()] if smpp else one.outbox()
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
    if peer:
        peer.kill()
    shutil.rmtree(work)
    print(f"{kills} kills{f' ({peer_kills} of them of the peer)' if peer else ''} in {rounds} rounds: 0 lost, 0 twice in the queue" +
          (f"; {doubled_texts} texts sent more than once (SMPP is at-least-once)" if smpp else ", 0 twice in the outbox"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
