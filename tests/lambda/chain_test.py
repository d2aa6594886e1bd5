"""The whole chain: a ledger's event, a listener, a queue, an unmodified handler whose AWS SDK publishes to a topic or a phone,
and the phone rings."""
import collections
import json
import lzma
import unittest

import support

PHONE = "+15555550100"
TOPIC = f"arn:aws:sns:{support.REGION}:000000000000:news"


def function(name, queue, runtime, handler, code, concurrency, **environment):
    variables = ", ".join(f'{key}: "{value}"' for key, value in environment.items())
    return (f"  {name}:\n    from: queue:{queue}\n"
            f"    lambda: {{handler: {handler}, runtime: {runtime}, code: {support.HANDLERS / code}, timeout: 60s, memory: 512MiB, "
            f"concurrency: {concurrency}, environment: {{{variables}}}}}\n")


CONFIG = f"""\
aws: {{region: {support.REGION}}}
networks:
  charity: {{blocks: mychannel.blockfile}}
listeners:
  donations:
    network: charity
    match: {{chaincode: ngo, event: donationCreated}}
    to: [queue:v2, queue:v3, queue:python]
queues:
  v2: {{visibility_timeout: 60s}}
  v3: {{visibility_timeout: 60s}}
  python: {{visibility_timeout: 60s}}
functions:
{function("two", "v2", "nodejs18.x", "index.handler", "v2", 2, TOPIC_ARN=TOPIC)}\
{function("three", "v3", "nodejs20.x", "index.handler", "v3", 2, TOPIC_ARN=TOPIC)}\
{function("snake", "python", "python3.12", "app.handler", "python", 1, PHONE=PHONE)}\
topics:
  news: {{subscriptions: [{{protocol: sms, endpoint: "{PHONE}"}}]}}
"""


class Chain(unittest.TestCase):
    def test_the_phone_rings(self):
        ledger = support.PROJECT / "tests/data/ledgers/ngo-3.1"
        with lzma.open(ledger / "truth.jsonl.xz", "rt") as lines:
            truth = [it for it in map(json.loads, lines) if it["kind"] == "tx"]
        donations = sum(1 for it in truth if it["event"] and it["validation_code"] == 0 and it["event"]["name"] == "donationCreated")
        belfry = support.Belfry(CONFIG, {"mychannel.blockfile": lzma.decompress((ledger / "mychannel.blockfile.xz").read_bytes())})
        self.addCleanup(belfry.stop)
        texts = belfry.until(lambda: (got := belfry.outbox()) and len(got) >= 3 * donations and got, "every text")
        kinds = collections.Counter("v3" if "just donated" in it["text"] else "v2" if " gave $" in it["text"] else "python" for it in texts)
        self.assertEqual({it["to"] for it in texts}, {PHONE})
        self.assertEqual(kinds, {"v2": donations, "v3": donations, "python": donations})
        log = belfry.command("function", "logs", "snake", "-n", "10000").stdout
        self.assertIn("REPORT RequestId: ", log)
        self.assertEqual(sum(int(line.split()[2]) for line in log.splitlines() if " handled " in line), donations)


if __name__ == "__main__":
    unittest.main()
