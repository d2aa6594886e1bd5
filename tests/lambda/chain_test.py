"""The whole chain: a ledger's event, a listener, a queue, an unmodified handler with an AWS SDK, and the phone rings."""
import collections
import json
import lzma
import unittest

import support

CONFIG = f"""\
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
  texts: {{}}
functions:
  two:
    from: queue:v2
    lambda: {{handler: index.handler, runtime: nodejs18.x, code: {support.HANDLERS}/v2, timeout: 60s, memory: 512MiB, concurrency: 2, environment: {{TEXTS: texts}}}}
  three:
    from: queue:v3
    lambda: {{handler: index.handler, runtime: nodejs20.x, code: {support.HANDLERS}/v3, timeout: 60s, memory: 512MiB, concurrency: 2, environment: {{TEXTS: texts}}}}
  snake:
    from: queue:python
    lambda: {{handler: app.handler, runtime: python3.12, code: {support.HANDLERS}/python, timeout: 60s, memory: 512MiB, concurrency: 1, environment: {{TEXTS: texts}}}}
  ring: {{from: queue:texts, template: "{{{{text}}}}", to: topic:news}}
topics:
  news: {{subscriptions: [{{protocol: sms, endpoint: "+15555550100"}}]}}
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
        self.assertEqual(kinds, {"v2": donations, "v3": donations, "python": donations})
        log = belfry.command("function", "logs", "snake", "-n", "10000").stdout
        self.assertIn("REPORT RequestId: ", log)
        self.assertEqual(sum(int(line.split()[2]) for line in log.splitlines() if " handled " in line), donations)


if __name__ == "__main__":
    unittest.main()
