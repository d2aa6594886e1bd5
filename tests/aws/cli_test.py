"""A day with `aws sqs` from the shell."""
import json
import os
import subprocess
import sys
import unittest

import support


def setUpModule():
    global belfry
    belfry = support.Belfry()


def tearDownModule():
    belfry.stop()


class Day(unittest.TestCase):
    def run_aws(self, *arguments):
        # The command of this very environment. --endpoint-url: versions before 2023 know no variable for it.
        return subprocess.run(
            [os.path.join(os.path.dirname(sys.executable), "aws"), "--endpoint-url", belfry.endpoint, "--output", "json",
             "sqs", *arguments], env=support.environment(belfry.endpoint), capture_output=True, text=True)

    def aws(self, *arguments):
        done = self.run_aws(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def test_a_queue_from_making_to_deleting(self):
        url = self.aws("create-queue", "--queue-name", "shell", "--attributes", "VisibilityTimeout=45")["QueueUrl"]
        self.assertEqual(self.aws("get-queue-url", "--queue-name", "shell")["QueueUrl"], url)
        sent = self.aws("send-message", "--queue-url", url, "--message-body", "<hello> & welcome", "--message-attributes",
                        '{"City":{"DataType":"String","StringValue":"Zürich"}}')
        got = self.aws("receive-message", "--queue-url", url, "--wait-time-seconds", "5", "--attribute-names", "All",
                       "--message-attribute-names", "All")["Messages"][0]
        self.assertEqual((got["MessageId"], got["Body"]), (sent["MessageId"], "<hello> & welcome"))
        self.assertEqual(got["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.aws("change-message-visibility", "--queue-url", url, "--receipt-handle", got["ReceiptHandle"],
                 "--visibility-timeout", "60")
        shown = self.aws("get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
        self.assertEqual((shown["VisibilityTimeout"], shown["ApproximateNumberOfMessagesNotVisible"]), ("45", "1"))
        self.aws("delete-message", "--queue-url", url, "--receipt-handle", got["ReceiptHandle"])
        self.aws("set-queue-attributes", "--queue-url", url, "--attributes", "DelaySeconds=3")
        self.aws("tag-queue", "--queue-url", url, "--tags", "a=1,b=2")
        self.assertEqual(self.aws("list-queue-tags", "--queue-url", url)["Tags"], {"a": "1", "b": "2"})
        self.assertIn(url, self.aws("list-queues", "--queue-name-prefix", "sh")["QueueUrls"])
        self.aws("purge-queue", "--queue-url", url)
        self.aws("delete-queue", "--queue-url", url)
        gone = self.run_aws("get-queue-url", "--queue-name", "shell")
        self.assertIn("(AWS.SimpleQueueService.NonExistentQueue)", gone.stderr)

    def test_batches_from_a_file(self):
        url = self.aws("create-queue", "--queue-name", "batches")["QueueUrl"]
        entries = json.dumps([{"Id": "ok", "MessageBody": "x"}, {"Id": "late", "MessageBody": "y", "DelaySeconds": 901}])
        sent = self.aws("send-message-batch", "--queue-url", url, "--entries", entries)
        self.assertEqual(sent["Successful"][0]["Id"], "ok")
        self.assertEqual((sent["Failed"][0]["Id"], sent["Failed"][0]["SenderFault"]), ("late", True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
