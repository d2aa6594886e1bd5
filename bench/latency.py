"""Commit at the peer to SMS handed over: the stand-in peer commits the recorded ledger at 100 events a second, belfry follows
it over TLS through a listener, a queue, a function and a topic, and a real SMPP server notes when it has each text. Each event is
committed in a block of its own, so that the pace is steady."""
import os
import pathlib
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests/support"))
from servers import SmppServer, StandinPeer, spawn  # noqa: E402

EVENTS_PER_SECOND, SECONDS = 100, 20
WARM_UP = 100  # events at the start that are not counted
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
        peer = StandinPeer(folder, None, "--ledger", "15k", "--blocks", 8, "--one-by-one", "--event-rate", EVENTS_PER_SECOND,
                           "--commits", folder / "commits")
        (folder / "belfry.yaml").write_text(CONFIG.format(network=peer.network("ngo"), sms=smpp.settings()))
        belfry = spawn([TOP / "build/belfry", "run", "--log-level", "warn"], cwd=folder)
        time.sleep(SECONDS + 1)
        belfry.terminate()
        belfry.wait()
        peer.kill()
        lines = [line.split(" ", 1) for line in smpp.take()]
        smpp.stop()
        committed = {int(block): int(at) for block, at in map(str.split, (folder / "commits").read_text().splitlines())}

    delays = []
    for at, text in lines:
        block = int(text.split("/")[1])
        if block in committed:
            delays.append((int(at) - committed[block]) / 1e6)
    delays = sorted(delays[WARM_UP:])
    if not delays:
        sys.exit("no text arrived")
    print(f"{len(delays):,} events, {EVENTS_PER_SECOND} a second; commit at the peer to SMS at the message centre")
    print(f"one fdatasync of 4 KiB on this disk: {sync:.2f} ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for percent, most in LIMITS_MS.items():
        took = percentile(delays, percent)
        print(f"p{percent}: {took:6.2f} ms, wanted: at most {most}{'' if took <= most else ' (ABOVE)'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
