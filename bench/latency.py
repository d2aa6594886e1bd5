"""Commit at the peer to SMS handed over: the stand-in peer commits the recorded ledger at 100 events a second, belfry follows
it over TLS through a listener, a queue, a function and a topic, and a real SMPP server notes when it has each text. A block's
events are committed together, so the pace is kept by the blocks: each one comes when its events are due."""
import collections
import os
import pathlib
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests/support"))
from servers import SmppServer, StandinPeer, spawn  # noqa: E402

EVENTS_PER_SECOND, SECONDS = 100, 20
STEADY = 5  # events: a larger block is a burst of its own, whose last text waits for all before it
LIMITS_MS = {50: 5, 99: 25}
CONFIG = """\
networks:
{network}
listeners:
  donations: {{network: ngo, match: {{kind: chaincode-event}}, to: queue:donations}}
queues:
  donations: {{}}
functions:
  announce: {{from: queue:donations, template: "{{{{id}}}}", to: topic:news}}
topics:
  news: {{subscriptions: [{{protocol: sms, endpoint: "+15555550100"}}]}}
admin: {{address: "127.0.0.1:0"}}
{sms}
"""


def percentile(ordered, percent):
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def sync_ms(folder):
    """The median fdatasync of 4 KiB on this disk: each stage on the way waits for one or two."""
    with open(folder / "sync", "wb") as file:
        file.write(bytes(1 << 20))
        os.fsync(file.fileno())
        took = []
        for i in range(100):
            start = time.perf_counter()
            os.pwrite(file.fileno(), b"x" * 4096, 4096 * i)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - start) * 1000)
    return sorted(took)[50]


def main():
    with tempfile.TemporaryDirectory(prefix="belfry-latency-") as name:
        folder = pathlib.Path(name)
        sync = sync_ms(folder)
        smpp = SmppServer(folder, times=True)
        peer = StandinPeer(folder, None, "--ledger", "ngo", "--blocks", 8, "--event-rate", EVENTS_PER_SECOND,
                           "--commits", folder / "commits")
        (folder / "belfry.yaml").write_text(CONFIG.format(network=peer.network("ngo", "mychannel"), sms=smpp.settings()))
        belfry = spawn([TOP / "build/belfry", "run", "--log-level", "warn"], cwd=folder)
        time.sleep(SECONDS + 1)
        belfry.terminate()
        belfry.wait()
        peer.kill()
        lines = [line.split(" ", 1) for line in smpp.take()]
        smpp.stop()
        committed = {int(block): int(at) for block, at in map(str.split, (folder / "commits").read_text().splitlines())}

    by_block = collections.defaultdict(list)
    for at, text in lines:
        block = int(text.split("/")[1])
        if block in committed:
            by_block[block].append((int(at) - committed[block]) / 1e6)
    if not by_block:
        sys.exit("no text arrived")
    print(f"{sum(map(len, by_block.values())):,} events in {SECONDS} s; commit at the peer to SMS at the message centre")
    print(f"one fdatasync of 4 KiB on this disk: {sync:.2f} ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'':42}{'p50 ms':>10}{'p99 ms':>10}")
    steady = show(f"blocks of up to {STEADY} events", [each for each in by_block.values() if len(each) <= STEADY])
    show("larger blocks: bursts", [each for each in by_block.values() if len(each) > STEADY])
    print("wanted of a steady pace: " + ", ".join(
        f"p{percent} at most {most}{'' if percentile(steady, percent) <= most else ' (ABOVE)'}"
        for percent, most in LIMITS_MS.items()))
    return 0


def show(name, blocks):
    delays = sorted(delay for block in blocks for delay in block)
    title = f"{name} ({len(delays):,} in {len(blocks)})"
    print(f"{title:42}{percentile(delays, 50):10.2f}{percentile(delays, 99):10.2f}")
    return delays


if __name__ == "__main__":
    sys.exit(main())
