"""A day with `aws sns` from the shell."""
import json
import os
import subprocess
import sys
import unittest

import support


class Day(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.belfry = support.Belfry()

    @classmethod
    def tearDownClass(cls):
        cls.belfry.stop()

    def run_aws(self, *arguments):
        # The command of this very environment. --endpoint-url: versions before 2023 know no variable for it.
        return subprocess.run(
            [os.path.join(os.path.dirname(sys.executable), "aws"), "--endpoint-url", self.belfry.endpoint, "--output", "json",
             *arguments], env=support.environment(self.belfry.endpoint), capture_output=True, text=True)

    def aws(self, *arguments):
        done = self.run_aws(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def test_from_a_topic_to_a_queue(self):
        topic = self.aws("sns", "create-topic", "--name", "shell")["TopicArn"]
        url = self.aws("sqs", "create-queue", "--queue-name", "shell")["QueueUrl"]
        subscription = self.aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint",
                                "arn:aws:sqs:eu-west-1:000000000000:shell", "--attributes",
                                '{"FilterPolicy": "{\\"kind\\": [{\\"prefix\\": \\"bell\\"}]}"}')["SubscriptionArn"]
        self.aws("sns", "publish", "--topic-arn", topic, "--message", "not this", "--message-attributes",
                 '{"kind": {"DataType": "String", "StringValue": "clock"}}')
        sent = self.aws("sns", "publish", "--topic-arn", topic, "--message", "<ding> & dong", "--message-attributes",
                        '{"kind": {"DataType": "String", "StringValue": "bell tower"}}')
        got = self.aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "20")["Messages"]
        self.assertEqual([(json.loads(it["Body"])["MessageId"], json.loads(it["Body"])["Message"]) for it in got],
                         [(sent["MessageId"], "<ding> & dong")])
        self.assertEqual([it["SubscriptionArn"] for it in self.aws("sns", "list-subscriptions")["Subscriptions"]], [subscription])
        self.aws("sns", "set-topic-attributes", "--topic-arn", topic, "--attribute-name", "DisplayName", "--attribute-value", "Shell")
        self.assertEqual(self.aws("sns", "get-topic-attributes", "--topic-arn", topic)["Attributes"]["DisplayName"], "Shell")
        self.aws("sns", "unsubscribe", "--subscription-arn", subscription)
        self.aws("sns", "delete-topic", "--topic-arn", topic)
        self.assertEqual(self.aws("sns", "list-topics")["Topics"], [])

    def test_refusals(self):
        done = self.run_aws("sns", "publish", "--topic-arn", "arn:aws:sns:eu-west-1:000000000000:gone", "--message", "x")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("An error occurred (NotFound) when calling the Publish operation: Topic does not exist", done.stderr)


if __name__ == "__main__":
    unittest.main()
