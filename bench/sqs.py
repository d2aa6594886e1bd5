"""Amazon SQS on the wire: belfry, which syncs every message to its disk, beside stand-ins that keep them in memory, and a bare HTTP server
as the limit. Messages of 500 bytes; server CPU from /proc.

  sqs.py [--seconds 4] [--deep 1000000] [--only belfry,goaws]"""
import argparse
import sys

import aws_peers
from aws_peers import load

PEERS = {"belfry": aws_peers.belfry, "goaws": aws_peers.goaws, "fauxqs": aws_peers.fauxqs, "elasticmq": aws_peers.elasticmq,
         "moto": aws_peers.moto, "limit": aws_peers.limit}
SLOW = {"moto"}  # not asked for depth


class Bench:
    def __init__(self, options):
        self.options = options
        self.found = {}  # (measure, server name): result

    def measure(self, server, what, *arguments):
        extra = ["--query"] if server.speaks_query else []
        try:
            got = load(*arguments, "--pid", server.process.pid, *extra)
        except RuntimeError as error:
            print(f"  {what:34} {str(error)[:120]}")
            return
        self.found[what, server.name] = got
        if "p50_ms" in got:
            print(f"  {what:34} p50 {got['p50_ms']:8.2f} ms   p99 {got['p99_ms']:8.2f} ms")
        else:
            print(f"  {what:34} {got['per_second']:10,.0f} /s  {got['cpu_us']:8.1f} us of CPU each" +
                  (f"  {got['errors']} ERRORS" if got["errors"] else ""))
        sys.stdout.flush()

    def run(self, server):
        print(server.name)
        seconds = ["--seconds", self.options.seconds]
        for connections in (16, 64):
            many = ["--connections", connections, *seconds]
            if server.name == "bare HTTP":
                self.measure(server, f"SendMessage, {connections} connections", "send", server.to, "none", *many)
                continue
            queue = server.create_queue(f"bench-{connections}")
            self.measure(server, f"SendMessage, {connections} connections", "send", server.to, queue, *many)
            self.measure(server, f"batches of 10, {connections} connections", "send", server.to, queue, "--batch", 10, *many)
            self.measure(server, f"receive+delete, {connections} connections", "drain", server.to, queue, *many)
        if server.name == "bare HTTP":
            return
        queue = server.create_queue("latency")
        self.measure(server, "send to receive, 200/s", "latency", server.to, queue, "--connections", 4, "--seconds", 8)
        if server.name not in SLOW:
            self.deep(server, 10_000)
            if self.options.deep > 10_000:
                self.deep(server, self.options.deep)

    def deep(self, server, depth):
        queue = server.create_queue(f"deep-{depth}")
        seconds = ["--seconds", min(self.options.seconds, 3)]
        fill = ["send", server.to, queue, "--batch", 10, "--connections", 64, "--warm-up", 0]
        if server.speaks_query:
            fill.append("--query")
        filled = load(*fill, "--most", depth, "--seconds", self.options.fill)["messages"]
        if filled < depth * 0.9:
            print(f"  depth {depth:,}: reached {filled:,} in {self.options.fill} s")
        self.measure(server, f"SendMessage at depth {depth:,}", "send", server.to, queue, "--connections", 64, *seconds)
        self.measure(server, f"receive+delete at depth {depth:,}", "drain", server.to, queue, "--connections", 64, *seconds,
                     "--most", depth // 2, "--warm-up", 0)

    def verdict(self):
        names = [name for what, name in self.found if name not in ("belfry", "bare HTTP")]

        def number(what, name, field):
            return self.found.get((what, name), {}).get(field)

        def best(what):
            rates = {name: number(what, name, "per_second") for name in dict.fromkeys(names) if number(what, name, "per_second")}
            return max(rates.items(), key=lambda it: it[1]) if rates else None

        def say(words, value, wanted, good):
            print(f"  {words:66} {value}  (wanted {wanted}){'' if good else '  MISSED'}")

        print("belfry beside them")
        for connections in (16, 64):
            for kind, factor in (("SendMessage", 3), ("batches of 10", 5), ("receive+delete", 5)):
                what = f"{kind}, {connections} connections"
                ours, other = number(what, "belfry", "per_second"), best(what)
                if ours and other:
                    ratio = ours / other[1]
                    say(f"{what}: per second, of the best ({other[0]})", f"{ratio:5.2f}x", f"{factor}x", ratio >= factor)
            what = f"SendMessage, {connections} connections"
            for name, part in (("goaws", 3), ("ElasticMQ", 20)):
                ours, other = number(what, "belfry", "cpu_us"), number(what, name, "cpu_us")
                if ours and other:
                    say(f"{what}: CPU per message, of {name}'s", f"1/{other / ours:.1f}", f"1/{part}", other >= ours * part)
        for percent, wanted in (("p50_ms", 0.7), ("p99_ms", 3)):
            ours = number("send to receive, 200/s", "belfry", percent)
            if ours:
                say(f"send to receive, {percent[:3]}", f"{ours:.2f} ms", f"{wanted} ms", ours <= wanted)
        for kind in ("SendMessage", "receive+delete"):
            deep, flat = (number(f"{kind} at depth {depth:,}", "belfry", "per_second") for depth in (self.options.deep, 10_000))
            if deep and flat:
                say(f"{kind} at a depth of {self.options.deep:,}, of that at 10,000", f"{deep / flat:5.2f}x", "0.8x", deep >= 0.8 * flat)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    parser.add_argument("--deep", type=int, default=1_000_000, help="messages of the deep queue; 0: none")
    parser.add_argument("--fill", type=float, default=60, help="seconds that filling it may take")
    parser.add_argument("--only", default=",".join(PEERS), help="of " + ",".join(PEERS))
    options = parser.parse_args()
    bench = Bench(options)
    for server in aws_peers.available(*(PEERS[name] for name in options.only.split(","))):
        bench.run(server)
    bench.verdict()


if __name__ == "__main__":
    main()
