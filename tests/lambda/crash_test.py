"""belfry dies again and again while functions work: no message is lost, and no process is left behind."""
import json
import pathlib
import time
import unittest

import support

CONFIG = f"""\
aws: {{}}
queues:
  in: {{visibility_timeout: 5s}}
  out: {{}}
functions:
  copy:
    from: queue:in
    lambda: {{handler: index.handler, runtime: nodejs, code: {support.HANDLERS}/plain, timeout: 5s, memory: 512MiB, concurrency: 2, batch: {{size: 5}}}}
    to: queue:out
"""
KILLS = 5
MESSAGES = 300  # a share of them before each kill, so that there is work to interrupt however fast the machine


def functions():
    """Processes that run a handler of this test."""
    out = []
    for process in pathlib.Path("/proc").iterdir():
        try:
            if process.name.isdigit() and f"LAMBDA_TASK_ROOT={support.HANDLERS}/plain".encode() in (process / "environ").read_bytes():
                out.append(process.name)
        except OSError:
            pass
    return out


class Crash(unittest.TestCase):
    def test_nothing_is_lost_and_nothing_doubled(self):
        belfry = support.Belfry(CONFIG)
        self.addCleanup(belfry.stop)
        for kill in range(KILLS):
            sqs = belfry.client("sqs")
            for first in range(kill * MESSAGES // KILLS, (kill + 1) * MESSAGES // KILLS, 10):
                sqs.send_message_batch(QueueUrl="in", Entries=[{"Id": str(i), "MessageBody": f"message {i}"} for i in range(first, first + 10)])
            belfry.until(functions, "a function's process")
            time.sleep(0.1 * kill)  # at another moment each time; nothing depends on which
            belfry.kill()
            deadline = time.monotonic() + support.LIMIT
            while functions():
                self.assertLess(time.monotonic(), deadline, "processes outlive belfry")
                time.sleep(0.02)
            belfry.start()
        sqs = belfry.client("sqs")
        depth = lambda name: int(sqs.get_queue_attributes(QueueUrl=name, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"])
        # The result and the removal of what it was made of are one batch: each message is in exactly one result.
        seen = []
        while len(seen) < MESSAGES:
            for message in belfry.until(lambda: sqs.receive_message(QueueUrl="out", MaxNumberOfMessages=10, WaitTimeSeconds=5).get("Messages"), "a result"):
                seen += [it["body"] for it in json.loads(message["Body"])["event"]["Records"]]
                sqs.delete_message(QueueUrl="out", ReceiptHandle=message["ReceiptHandle"])
        self.assertEqual(sorted(seen), sorted(f"message {i}" for i in range(MESSAGES)))
        self.assertEqual(depth("out"), 0)


if __name__ == "__main__":
    unittest.main()
