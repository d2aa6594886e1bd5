"""An ordinary day with SNS by boto3: topics, subscriptions, fan-out to queues, FIFO, phones, devices."""
import json
import re
import unittest

import boto3
from botocore.exceptions import ClientError

import support


def clients(endpoint):
    options = {"endpoint_url": endpoint, "region_name": "eu-west-1", "aws_access_key_id": "AKIDEXAMPLE",
               "aws_secret_access_key": "secret"}
    return boto3.client("sns", **options), boto3.client("sqs", **options)


class SnsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.belfry = support.Belfry()
        cls.sns, cls.sqs = clients(cls.belfry.endpoint)

    @classmethod
    def tearDownClass(cls):
        cls.belfry.stop()

    def queue(self, name, **attributes):
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    def topic(self, name, **attributes):
        return self.sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]

    def take(self, url, count=1):
        """Exactly that many messages, taken from the queue."""
        taken = []
        while len(taken) < count:
            got = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20,
                                           MessageAttributeNames=["All"], AttributeNames=["All"]).get("Messages", [])
            self.assertTrue(got, f"{count} messages were expected, {len(taken)} came")
            for message in got:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken += got
        self.assertEqual(len(taken), count)
        return taken

    def refused(self, code, message, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], error["Message"]), (code, message))

    def test_topics(self):
        arn = self.topic("first", DisplayName="First")
        self.assertEqual(arn, "arn:aws:sns:eu-west-1:000000000000:first")
        self.assertEqual(self.topic("first"), arn)
        self.refused("InvalidParameter",
                     "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
                     self.sns.create_topic, Name="first", Attributes={"DisplayName": "Other"})
        self.refused("InvalidParameter", "Invalid parameter: Topic Name", self.sns.create_topic, Name="a b")
        self.assertIn({"TopicArn": arn}, self.sns.list_topics()["Topics"])
        self.sns.set_topic_attributes(TopicArn=arn, AttributeName="SignatureVersion", AttributeValue="2")
        attributes = self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        self.assertEqual(attributes["DisplayName"], "First")
        self.assertEqual(attributes["SignatureVersion"], "2")
        self.assertEqual(json.loads(attributes["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
                         ["numRetries"], 3)
        self.sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}, {"Key": "old", "Value": "b"}])
        self.sns.untag_resource(ResourceArn=arn, TagKeys=["old"])
        self.assertEqual(self.sns.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "team", "Value": "a"}])
        self.sns.add_permission(TopicArn=arn, Label="l", AWSAccountId=["111111111111"], ActionName=["Publish"])
        policy = json.loads(self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
        self.assertEqual([it["Sid"] for it in policy["Statement"]], ["__default_statement_ID", "l"])
        self.sns.remove_permission(TopicArn=arn, Label="l")
        self.sns.delete_topic(TopicArn=arn)
        self.sns.delete_topic(TopicArn=arn)
        self.refused("NotFound", "Topic does not exist", self.sns.get_topic_attributes, TopicArn=arn)

    def test_lists_come_in_pages(self):
        arns = {self.topic(f"page-{i:03}") for i in range(105)}
        pages = list(self.sns.get_paginator("list_topics").paginate())
        self.assertGreater(len(pages), 1)
        self.assertLessEqual(arns, {it["TopicArn"] for page in pages for it in page["Topics"]})
        arn = min(arns)
        for i in range(101):
            self.sns.subscribe(TopicArn=arn, Protocol="sms", Endpoint=f"+1555555{i:04}")
        pages = list(self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn))
        self.assertEqual([len(page["Subscriptions"]) for page in pages], [100, 1])
        for arn in arns:
            self.sns.delete_topic(TopicArn=arn)

    def test_fan_out_to_queues(self):
        topic = self.topic("fan")
        plain, plain_arn = self.queue("fan-plain")
        raw, raw_arn = self.queue("fan-raw")
        rich, rich_arn = self.queue("fan-rich")
        subscription = self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=plain_arn)["SubscriptionArn"]
        self.assertTrue(subscription.startswith(topic + ":"))
        self.assertEqual(self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=plain_arn)["SubscriptionArn"],
                         subscription)
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=raw_arn, Attributes={"RawMessageDelivery": "true"})
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=rich_arn,
                           Attributes={"FilterPolicy": json.dumps({"amount": [{"numeric": [">=", 100]}]})})
        attributes = {"amount": {"DataType": "Number", "StringValue": "5"},
                      "blob": {"DataType": "Binary", "BinaryValue": b"\2\3\4"}}
        sent = self.sns.publish(TopicArn=topic, Message="hello", Subject="News", MessageAttributes=attributes)
        body = json.loads(self.take(plain)[0]["Body"])
        self.assertRegex(body.pop("Timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertTrue(body.pop("Signature"))
        self.assertRegex(body.pop("SigningCertURL"), "^http://127.0.0.1:[0-9]+/SimpleNotificationService-[0-9a-f]{32}.pem$")
        self.assertTrue(body.pop("UnsubscribeURL").endswith("/?Action=Unsubscribe&SubscriptionArn=" + subscription))
        self.assertEqual(body, {
            "Type": "Notification", "MessageId": sent["MessageId"], "TopicArn": topic, "Subject": "News",
            "Message": "hello", "SignatureVersion": "1", "MessageAttributes": {
                "amount": {"Type": "Number", "Value": "5"}, "blob": {"Type": "Binary", "Value": "AgME"}}})
        message = self.take(raw)[0]
        self.assertEqual(message["Body"], "hello")
        self.assertEqual(message["MessageAttributes"]["blob"]["BinaryValue"], b"\2\3\4")
        answer = self.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
            {"Id": "a", "Message": "poor", "MessageAttributes": {"amount": {"DataType": "Number", "StringValue": "99"}}},
            {"Id": "b", "Message": "rich", "MessageAttributes": {"amount": {"DataType": "Number", "StringValue": "100"}}},
            {"Id": "c", "Message": ""}])
        self.assertEqual([it["Id"] for it in answer["Successful"]], ["a", "b"])
        self.assertEqual([it["Code"] for it in answer["Failed"]], ["InvalidParameter"])
        self.assertEqual(json.loads(self.take(rich)[0]["Body"])["Message"], "rich")
        self.take(raw, 2)
        self.take(plain, 2)
        self.sns.unsubscribe(SubscriptionArn=subscription)
        self.assertEqual(len(self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]), 2)

    def test_a_message_for_each_protocol(self):
        topic = self.topic("protocols")
        url, arn = self.queue("protocols")
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        self.sns.publish(TopicArn=topic, MessageStructure="json",
                         Message=json.dumps({"default": "everybody", "sqs": "queues"}))
        self.assertEqual(self.take(url)[0]["Body"], "queues")
        self.refused("InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body",
                     self.sns.publish, TopicArn=topic, MessageStructure="json", Message="{}")

    def test_fifo(self):
        topic = self.topic("orders.fifo", FifoTopic="true", ContentBasedDeduplication="true")
        ordered, ordered_arn = self.queue("orders.fifo", FifoQueue="true")
        plain, plain_arn = self.queue("orders-plain")
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=ordered_arn, Attributes={"RawMessageDelivery": "true"})
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=plain_arn)
        sent = [self.sns.publish(TopicArn=topic, Message=f"order {i}", MessageGroupId="g") for i in range(20)]
        again = self.sns.publish(TopicArn=topic, Message="order 0", MessageGroupId="g")
        self.assertEqual((again["MessageId"], again["SequenceNumber"]), (sent[0]["MessageId"], sent[0]["SequenceNumber"]))
        numbers = [it["SequenceNumber"] for it in sent]
        self.assertEqual(numbers, sorted(set(numbers)))
        taken = self.take(ordered, 20)
        self.assertEqual([it["Body"] for it in taken], [f"order {i}" for i in range(20)])
        self.assertEqual(taken[0]["Attributes"]["MessageGroupId"], "g")
        first = [it for it in self.take(plain, 20) if json.loads(it["Body"])["Message"] == "order 0"][0]
        self.assertNotIn("MessageGroupId", first["Attributes"])
        self.assertEqual(json.loads(first["Body"])["SequenceNumber"], numbers[0])
        self.assertNotIn("Signature", json.loads(first["Body"]))
        self.refused("InvalidParameter", "Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
                     self.sns.publish, TopicArn=topic, Message="x")

    def test_subscriptions(self):
        topic = self.topic("subscribed")
        url, arn = self.queue("subscribed")
        letters, letters_arn = self.queue("subscribed-letters")
        subscription = self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
        for name, value in [("RawMessageDelivery", "true"), ("FilterPolicyScope", "MessageBody"),
                            ("FilterPolicy", '{"a": {"b": ["c"]}}'),
                            ("RedrivePolicy", json.dumps({"deadLetterTargetArn": letters_arn}))]:
            self.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name, AttributeValue=value)
        attributes = self.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        self.assertEqual(attributes["FilterPolicy"], '{"a": {"b": ["c"]}}')
        self.assertEqual(attributes["FilterPolicyScope"], "MessageBody")
        self.assertEqual(attributes["PendingConfirmation"], "false")
        self.assertEqual(json.loads(attributes["RedrivePolicy"]), {"deadLetterTargetArn": letters_arn})
        self.sqs.delete_queue(QueueUrl=url)
        self.sns.publish(TopicArn=topic, Message='{"a": {"b": "c"}}')
        self.assertEqual(self.take(letters)[0]["Body"], '{"a": {"b": "c"}}')
        self.refused("InvalidParameter", "Invalid parameter: SQS endpoint ARN",
                     self.sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=url)
        self.refused("InvalidParameter", "Invalid SMS endpoint: nobody",
                     self.sns.subscribe, TopicArn=topic, Protocol="sms", Endpoint="nobody")
        self.refused("NotFound", "Subscription does not exist",
                     self.sns.get_subscription_attributes, SubscriptionArn=topic + ":nothing")

    def test_phones(self):
        self.sns.set_sms_attributes(attributes={"DefaultSMSType": "Promotional"})
        self.assertEqual(self.sns.get_sms_attributes()["attributes"],
                         {"DefaultSMSType": "Promotional", "MonthlySpendLimit": "1"})
        self.assertTrue(self.sns.publish(PhoneNumber="+15555550100", Message="hello, phone")["MessageId"])
        self.assertFalse(self.sns.check_if_phone_number_is_opted_out(phoneNumber="+15555550100")["isOptedOut"])
        self.assertEqual(self.sns.list_phone_numbers_opted_out()["phoneNumbers"], [])
        self.sns.opt_in_phone_number(phoneNumber="+15555550100")
        self.assertFalse(self.sns.get_sms_sandbox_account_status()["IsInSandbox"])
        self.assertEqual(self.sns.list_origination_numbers()["PhoneNumbers"], [])
        self.refused("InvalidParameter", "Invalid parameter: PhoneNumber Reason: 12 is not valid to publish to",
                     self.sns.publish, PhoneNumber="12", Message="x")

    def test_restart_keeps_everything(self):
        topic = self.topic("kept.fifo", FifoTopic="true")
        url, arn = self.queue("kept.fifo", FifoQueue="true")
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        first = self.sns.publish(TopicArn=topic, Message="before", MessageGroupId="g", MessageDeduplicationId="d")
        self.belfry.kill()
        self.belfry.start()
        type(self).sns, type(self).sqs = clients(self.belfry.endpoint)
        again = self.sns.publish(TopicArn=topic, Message="again", MessageGroupId="g", MessageDeduplicationId="d")
        self.assertEqual(again["SequenceNumber"], first["SequenceNumber"])
        url = self.sqs.get_queue_url(QueueName="kept.fifo")["QueueUrl"]
        self.assertEqual(json.loads(self.take(url)[0]["Body"])["Message"], "before")


if __name__ == "__main__":
    unittest.main()
