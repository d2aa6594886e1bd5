"""A Python service's day with SQS through boto3. Runs with a boto3 that speaks JSON and with one that speaks Query."""
import hashlib
import json
import os
import threading
import time
import unittest

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError

import support


def setUpModule():
    global belfry
    belfry = support.Belfry()
    os.environ.update(support.environment(belfry.endpoint))


def tearDownModule():
    belfry.stop()


class Day(unittest.TestCase):
    def setUp(self):
        # Nothing is tried again: what goes wrong shows.
        self.sqs = boto3.client("sqs", endpoint_url=belfry.endpoint,
                                config=Config(retries={"max_attempts": 0}))

    def receive_all(self, url, count, **more):
        got = []
        deadline = time.monotonic() + 120
        while len(got) < count and time.monotonic() < deadline:
            got += self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1,
                                            **more).get("Messages", [])
        self.assertEqual(len(got), count)
        return got

    def refused(self, code, call, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception

    def test_a_worker_and_its_dead_letters(self):
        dead = self.sqs.create_queue(QueueName="orders-dead")["QueueUrl"]
        dead_arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.assertEqual(dead_arn, "arn:aws:sqs:eu-west-1:000000000000:orders-dead")
        url = self.sqs.create_queue(QueueName="orders", tags={"team": "bells"}, Attributes={
            "VisibilityTimeout": "60",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})})["QueueUrl"]
        entries = [{"Id": f"n{i}", "MessageBody": f"order {i} – café",
                    "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "order"},
                                          "raw": {"DataType": "Binary", "BinaryValue": bytes([0, i, 255])}}}
                   for i in range(10)]
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.assertEqual(len(sent["Successful"]), 10)
        got = self.receive_all(url, 10, MessageAttributeNames=["All"], AttributeNames=["All"])
        self.assertEqual({it["Body"] for it in got}, {it["MessageBody"] for it in entries})
        for it in got:
            self.assertEqual(it["MD5OfBody"], hashlib.md5(it["Body"].encode()).hexdigest())
            self.assertEqual(it["Attributes"]["ApproximateReceiveCount"], "1")
            self.assertEqual(it["MessageAttributes"]["raw"]["BinaryValue"][0], 0)
        *good, bad = got
        done = self.sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "ReceiptHandle": it["ReceiptHandle"]} for i, it in enumerate(good)])
        self.assertEqual(len(done["Successful"]), 9)
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=bad["ReceiptHandle"], VisibilityTimeout=0)
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url))
        moved = self.receive_all(dead, 1, AttributeNames=["All"])[0]
        self.assertEqual(moved["MessageId"], bad["MessageId"])
        self.assertEqual(moved["Attributes"]["DeadLetterQueueSourceArn"], "arn:aws:sqs:eu-west-1:000000000000:orders")
        self.sqs.change_message_visibility(QueueUrl=dead, ReceiptHandle=moved["ReceiptHandle"], VisibilityTimeout=0)
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [url])

        if hasattr(self.sqs, "start_message_move_task"):
            self.sqs.start_message_move_task(SourceArn=dead_arn)
            self.assertEqual(self.receive_all(url, 1)[0]["MessageId"], bad["MessageId"])
            deadline = time.monotonic() + 120
            while (task := self.sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"][0])["Status"] == "RUNNING":
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            self.assertEqual((task["Status"], task["ApproximateNumberOfMessagesMoved"]), ("COMPLETED", 1))
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "bells"})

    def test_what_terraform_does(self):
        url = self.sqs.create_queue(QueueName="managed", Attributes={
            "DelaySeconds": "5", "MaximumMessageSize": "2048", "MessageRetentionPeriod": "86400",
            "ReceiveMessageWaitTimeSeconds": "10", "KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={
            "Policy": policy, "RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})})
        shown = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual({name: shown[name] for name in ("DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod",
                                                         "ReceiveMessageWaitTimeSeconds", "KmsMasterKeyId", "Policy")},
                         {"DelaySeconds": "5", "MaximumMessageSize": "2048", "MessageRetentionPeriod": "86400",
                          "ReceiveMessageWaitTimeSeconds": "10", "KmsMasterKeyId": "alias/aws/sqs", "Policy": policy})
        self.sqs.tag_queue(QueueUrl=url, Tags={"env": "test", "cost": "1"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["cost"])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"env": "test"})
        self.sqs.add_permission(QueueUrl=url, Label="share", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
        self.sqs.remove_permission(QueueUrl=url, Label="share")
        self.sqs.delete_queue(QueueUrl=url)
        self.refused("AWS.SimpleQueueService.QueueDeletedRecently", self.sqs.create_queue, QueueName="managed")

    def test_orders_in_a_fifo_queue(self):
        url = self.sqs.create_queue(QueueName="ledger.fifo", Attributes={
            "FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
        numbers = []
        for i in range(6):
            for _ in range(2):  # the second is a duplicate
                sent = self.sqs.send_message(QueueUrl=url, MessageBody=str(i), MessageGroupId=f"g{i % 2}")
            numbers.append(sent["SequenceNumber"])
        self.assertEqual(numbers, sorted(set(numbers)))
        seen = {"g0": [], "g1": []}
        for _ in range(6):
            got = self.sqs.receive_message(QueueUrl=url, AttributeNames=["MessageGroupId"])["Messages"]
            seen[got[0]["Attributes"]["MessageGroupId"]].append(got[0]["Body"])
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
        self.assertEqual(seen, {"g0": ["0", "2", "4"], "g1": ["1", "3", "5"]})

    def test_a_long_poll_ends_with_the_message(self):
        url = self.sqs.create_queue(QueueName="poll")["QueueUrl"]
        got = []
        waiting = threading.Thread(target=lambda: got.extend(
            self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", [])))
        waiting.start()
        self.sqs.send_message(QueueUrl=url, MessageBody="now")
        waiting.join(timeout=120)
        self.assertEqual([it["Body"] for it in got], ["now"])

    def test_errors_are_the_classes_that_programs_catch(self):
        url = self.sqs.create_queue(QueueName="errors")["QueueUrl"]
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.get_queue_url(QueueName="nowhere")
        with self.assertRaises(self.sqs.exceptions.ReceiptHandleIsInvalid):
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle="garbage")
        self.sqs.purge_queue(QueueUrl=url)
        with self.assertRaises(self.sqs.exceptions.PurgeQueueInProgress):
            self.sqs.purge_queue(QueueUrl=url)
        self.refused("InvalidParameterValue", self.sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11)
        self.refused("QueueAlreadyExists", self.sqs.create_queue, QueueName="errors", Attributes={"DelaySeconds": "1"})
        self.refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", self.sqs.send_message_batch, QueueUrl=url,
                     Entries=[{"Id": "a", "MessageBody": "x"}] * 2)

    def test_the_largest_message_and_the_largest_batch(self):
        url = self.sqs.create_queue(QueueName="large")["QueueUrl"]
        body = "é" * (1_048_576 // 2)
        self.sqs.send_message(QueueUrl=url, MessageBody=body)
        self.assertEqual(self.receive_all(url, 1)[0]["Body"], body)
        self.refused("InvalidParameterValue", self.sqs.send_message, QueueUrl=url, MessageBody=body + "x")
        tenth = "x" * (1_048_576 // 10)
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": tenth} for i in range(10)])
        self.assertEqual(len(sent["Successful"]), 10)

    def test_lists_come_in_pages(self):
        for i in range(5):
            self.sqs.create_queue(QueueName=f"page-{i}")
        pages = list(self.sqs.get_paginator("list_queues").paginate(
            QueueNamePrefix="page-", PaginationConfig={"PageSize": 2}))
        self.assertEqual([len(it["QueueUrls"]) for it in pages], [2, 2, 1])

    def test_resources(self):
        queue = boto3.resource("sqs", endpoint_url=belfry.endpoint).create_queue(QueueName="resource")
        queue.send_message(MessageBody="hello", MessageAttributes={"a": {"DataType": "Number", "StringValue": "1"}})
        for message in queue.receive_messages(MessageAttributeNames=["a"], WaitTimeSeconds=2):
            self.assertEqual(message.message_attributes["a"]["StringValue"], "1")
            message.delete()
        queue.load()
        self.assertEqual(queue.attributes["ApproximateNumberOfMessagesNotVisible"], "0")

    def test_the_configurations_queues_are_there(self):
        url = self.sqs.get_queue_url(QueueName="donations")["QueueUrl"]
        shown = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
        self.assertEqual(json.loads(shown["RedrivePolicy"])["maxReceiveCount"], 3)
        self.refused("AWS.SimpleQueueService.UnsupportedOperation", self.sqs.delete_queue, QueueUrl=url)

    def test_zz_nothing_is_lost_by_kill(self):
        url = self.sqs.create_queue(QueueName="kept")["QueueUrl"]
        ids = {self.sqs.send_message(QueueUrl=url, MessageBody=str(i))["MessageId"] for i in range(50)}
        gone = self.receive_all(url, 20)
        for it in gone:
            self.sqs.delete_message(QueueUrl=url, ReceiptHandle=it["ReceiptHandle"])
        belfry.kill()
        belfry.start()
        self.sqs = boto3.client("sqs", endpoint_url=belfry.endpoint)
        left = self.receive_all("kept", 30)
        self.assertEqual({it["MessageId"] for it in left}, ids - {it["MessageId"] for it in gone})


if __name__ == "__main__":
    print("boto3", boto3.__version__, "botocore", botocore.__version__)
    unittest.main(verbosity=2)
