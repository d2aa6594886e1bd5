"""SNS's deliveries to real servers: webhooks that work, fail and hang, mail with STARTTLS and a login, mobile push,
signatures as a public validator checks them, dead letters, restarts."""
import base64
import email
import email.policy
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import unittest
import urllib.request

import boto3
import dkim

import support
from delivery_support import PATIENCE, MailServer, TlsProxy, WebServer, certificate, free_port

HERE = pathlib.Path(__file__).resolve().parent

# Tries again as often as SNS allows, a second apart: a test does not want to wait longer.
EAGER = json.dumps({"healthyRetryPolicy": {"numRetries": 100, "minDelayTarget": 1, "maxDelayTarget": 1}})


def clients(endpoint):
    options = {"endpoint_url": endpoint, "region_name": "eu-west-1", "aws_access_key_id": "AKIDEXAMPLE",
               "aws_secret_access_key": "secret"}
    return boto3.client("sns", **options), boto3.client("sqs", **options)


def key(algorithm, *options):
    subprocess.run(["openssl", "genpkey", "-algorithm", algorithm, *map(str, options)], check=True, capture_output=True)


def public_key(path):
    """As it stands in DNS: RSA's whole, of Ed25519 the last 32 bytes (RFC 8463)."""
    der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    rsa = len(der) > 100
    return f"v=DKIM1; k={'rsa' if rsa else 'ed25519'}; p={base64.b64encode(der if rsa else der[-32:]).decode()}".encode()


class DeliveryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="belfry-sns-")
        cls.files = certificate(cls.folder)
        cls.mail = MailServer(cls.files)
        cls.proxy = TlsProxy(cls.files)
        cls.key = pathlib.Path(cls.folder, "dkim.key")
        key("RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", cls.key)
        cls.belfry = support.Belfry(f"""\
aws: {{url: "{cls.proxy.url}"}}
webhooks: {{allow_private: true}}
smtp: {{address: "{cls.mail.address}", user: belfry, password: secret, from: Belfry <bell@example.org>, tls_ca: {cls.files[0]},
        dkim: {{selector: bell, key_file: {cls.key}}}}}
""")
        cls.reach()

    @classmethod
    def reach(cls):
        cls.proxy.endpoint = cls.belfry.endpoint
        cls.sns, cls.sqs = clients(cls.belfry.endpoint)

    @classmethod
    def tearDownClass(cls):
        cls.belfry.stop()
        for server in (cls.mail, cls.proxy):
            server.close()
        shutil.rmtree(cls.folder)

    def topic(self, name, **attributes):
        return self.sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]

    def queue(self, name):
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def take(self, url):
        for _ in range(3):
            got = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
            for message in got.get("Messages", []):
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                return message
        self.fail("no message came")

    def visit(self, url):
        """As the reader of a link does: with a plain GET, not signed."""
        direct = self.belfry.endpoint + url[len(self.proxy.url):]
        self.assertTrue(url.startswith(self.proxy.url), url)
        with urllib.request.urlopen(direct, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def webhook(self, topic, server, **attributes):
        """A confirmed subscription of the server; its ARN."""
        arn = self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url + "/hook", Attributes=attributes,
                                 ReturnSubscriptionArn=True)["SubscriptionArn"]
        asked = server.next().json()
        self.sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])
        return arn

    def command(self, *arguments):
        ran = subprocess.run([os.environ["BELFRY"], *arguments], cwd=self.belfry.folder, capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def valid(self, document):
        ran = subprocess.run(["node", HERE / "sns_validate.mjs"], input=document, capture_output=True, text=True,
                             env={**os.environ, "NODE_EXTRA_CA_CERTS": str(self.files[0])})
        return ran.stdout.strip() or ran.stderr

    def test_a_webhooks_life(self):
        server = WebServer()
        self.addCleanup(server.close)
        topic = self.topic("life")
        answer = self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url + "/hook?a=b")
        self.assertEqual(answer["SubscriptionArn"], "pending confirmation")
        listed = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]
        self.assertEqual(listed["SubscriptionArn"], "PendingConfirmation")
        asked = server.next()
        self.assertEqual(asked.path, "/hook?a=b")
        self.assertEqual(asked.headers["x-amz-sns-message-type"], "SubscriptionConfirmation")
        self.assertEqual(asked.headers["x-amz-sns-topic-arn"], topic)
        self.assertEqual(asked.headers["Content-Type"], "text/plain; charset=UTF-8")
        self.assertEqual(asked.headers["User-Agent"], "Amazon Simple Notification Service Agent")
        self.assertEqual(self.valid(asked.body), "valid")
        for _ in range(2):  # the link may be followed twice
            arn = re.search("<SubscriptionArn>(.*)</SubscriptionArn>", self.visit(asked.json()["SubscribeURL"])).group(1)
        self.sns.publish(TopicArn=topic, Message="hello", Subject="News")
        told = server.next()
        self.assertEqual(told.headers["x-amz-sns-message-type"], "Notification")
        self.assertEqual(told.headers["x-amz-sns-subscription-arn"], arn)
        self.assertEqual(told.json()["Message"], "hello")
        self.assertEqual(self.valid(told.body), "valid")
        self.assertNotEqual(self.valid(told.body.replace("hello", "HELLO")), "valid")
        self.visit(told.json()["UnsubscribeURL"])
        goodbye = server.next()
        self.assertEqual(goodbye.headers["x-amz-sns-message-type"], "UnsubscribeConfirmation")
        self.assertEqual(self.valid(goodbye.body), "valid")
        self.assertEqual(self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"], [])
        self.visit(goodbye.json()["SubscribeURL"])  # the change of mind
        self.sns.publish(TopicArn=topic, Message="again")
        self.assertEqual(server.next().json()["Message"], "again")

    def test_the_second_signature_version(self):
        topic = self.topic("second", SignatureVersion="2")
        url, arn = self.queue("second")
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self.sns.publish(TopicArn=topic, Message="hello, \"queue\"\n")
        body = self.take(url)["Body"]
        self.assertEqual(json.loads(body)["SignatureVersion"], "2")
        self.assertEqual(self.valid(body), "valid")

    def test_raw_webhooks(self):
        server = WebServer()
        self.addCleanup(server.close)
        topic = self.topic("raw")
        self.webhook(topic, server, RawMessageDelivery="true")
        self.sns.publish(TopicArn=topic, Message="only this")
        told = server.next()
        self.assertEqual(told.body, "only this")
        self.assertEqual(told.headers["x-amz-sns-rawdelivery"], "true")

    def test_failures_are_tried_again_and_then_buried(self):
        answers = [500, 500]
        server = WebServer(lambda request: (answers.pop(0) if answers else 200)
                           if request.headers["x-amz-sns-message-type"] == "Notification" else 200)
        self.addCleanup(server.close)
        topic = self.topic("failing")
        url, letters = self.queue("failing-letters")
        self.webhook(topic, server, RedrivePolicy=json.dumps({"deadLetterTargetArn": letters}), DeliveryPolicy=json.dumps(
            {"healthyRetryPolicy": {"numRetries": 2, "numNoDelayRetries": 2}}))
        self.sns.publish(TopicArn=topic, Message="third time lucky")
        self.assertEqual([server.next().json()["Message"] for _ in range(3)], ["third time lucky"] * 3)
        answers += [503, 503, 503]
        self.sns.publish(TopicArn=topic, Message="no luck")
        self.assertEqual([server.next().json()["Message"] for _ in range(3)], ["no luck"] * 3)
        peeked = []
        waiting = threading.Event()
        while not peeked and not waiting.wait(0.05):
            peeked = json.loads(self.command("queue", "peek", "failing-letters", "--output", "json"))
        self.assertEqual(peeked[0]["system"]["belfry.reason"], "after 3 attempts: the endpoint answered 503")
        self.assertEqual(json.loads(self.take(url)["Body"])["Message"], "no luck")
        answers += [404]
        self.sns.publish(TopicArn=topic, Message="refused")
        self.assertEqual(json.loads(self.take(url)["Body"])["Message"], "refused")
        self.assertTrue(server.requests.qsize() == 1)  # a refusal is not tried again

    def test_one_that_hangs_holds_up_nobody(self):
        released = threading.Event()
        slow = WebServer(lambda request: 200 if request.headers["x-amz-sns-message-type"] != "Notification"
                         or released.wait(PATIENCE) else 200)
        quick = WebServer()
        self.addCleanup(slow.close)
        self.addCleanup(quick.close)
        topic = self.topic("hanging")
        self.webhook(topic, slow)
        self.webhook(topic, quick)
        for i in range(30):
            self.sns.publish(TopicArn=topic, Message=str(i))
        self.assertEqual({quick.next().json()["Message"] for _ in range(30)}, {str(i) for i in range(30)})
        self.assertFalse(released.is_set())
        released.set()

    def test_private_networks_are_refused_unless_allowed(self):
        server = WebServer()
        self.addCleanup(server.close)
        strict = support.Belfry("aws: {}\nqueues: {letters: {}}\n")
        self.addCleanup(strict.stop)
        sns, sqs = clients(strict.endpoint)
        topic = sns.create_topic(Name="private")["TopicArn"]
        arn = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url, ReturnSubscriptionArn=True, Attributes={
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:000000000000:letters"})})
        subprocess.run([os.environ["BELFRY"], "topic", "confirm", "private", arn["SubscriptionArn"].split(":")[-1]],
                       cwd=strict.folder, check=True, capture_output=True)
        sns.publish(TopicArn=topic, Message="to nowhere")
        url = sqs.get_queue_url(QueueName="letters")["QueueUrl"]
        got = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, VisibilityTimeout=0)["Messages"][0]
        self.assertEqual(json.loads(got["Body"])["Message"], "to nowhere")
        peeked = json.loads(subprocess.run([os.environ["BELFRY"], "queue", "peek", "letters", "--output", "json"],
                                           cwd=strict.folder, check=True, capture_output=True, text=True).stdout)
        self.assertIn("private or special network", peeked[0]["system"]["belfry.reason"])
        self.assertTrue(server.requests.empty())

    def test_deliveries_survive_a_kill(self):
        port = free_port()
        topic = self.topic("killed")
        server = WebServer(port=port)
        self.webhook(topic, server, DeliveryPolicy=EAGER)
        server.close()
        sent = {self.sns.publish(TopicArn=topic, Message=f"kept {i}")["MessageId"] for i in range(5)}
        self.belfry.kill()
        server = WebServer(port=port)
        self.addCleanup(server.close)
        self.belfry.start()
        self.reach()
        come = set()
        while come != sent:
            come.add(server.next().json()["MessageId"])

    def signed(self, content, key):
        """Whether an independent verifier takes the mail for example.org's."""
        def dns(name, timeout=5):
            self.assertEqual(name, b"bell._domainkey.example.org.")
            return public_key(key)
        return dkim.verify(content, dnsfunc=dns)

    def test_mail_is_signed_for_its_domain(self):
        topic = self.topic("signed")
        self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="board@example.org")
        asked = self.mail.next().content
        self.assertTrue(self.signed(asked, self.key))
        self.visit(re.search("https://\\S+", email.message_from_bytes(asked, policy=email.policy.default).get_content()).group(0))
        for subject, text in (("News", "two\nlines  with   spaces \n.\n\n\n"), ("Grüße " * 12, "Gäste"), ("News", "x" * 2000)):
            self.sns.publish(TopicArn=topic, Subject=subject.strip(), Message=text)
            told = self.mail.next().content
            self.assertTrue(self.signed(told, self.key), told)
            self.assertFalse(self.signed(told.replace(b"Subject: ", b"Subject: no "), self.key))
            self.assertFalse(self.signed(b"From: other@example.org\r\n" + told, self.key))

    def test_mail_signed_with_an_elliptic_key_that_a_secret_holds(self):
        file = pathlib.Path(self.folder, "ed25519.key")
        key("ED25519", "-out", file)
        other = support.Belfry(f"""\
aws: {{}}
topics: {{news: {{subscriptions: [{{protocol: email, endpoint: board@example.org}}]}}}}
smtp: {{address: "{self.mail.address}", user: belfry, password: secret, from: bell@mail.example.org, tls_ca: {self.files[0]},
        dkim: {{selector: bell, domain: example.org, key: {{secret: dkim}}}}}}
""", prepare=lambda folder: subprocess.run([os.environ["BELFRY"], "secret", "put", "dkim", "--file", file], cwd=folder, check=True,
                                                  capture_output=True))
        self.addCleanup(other.stop)
        sns, _ = clients(other.endpoint)
        sns.publish(TopicArn="arn:aws:sns:eu-west-1:000000000000:news", Message="ding")
        self.assertTrue(self.signed(self.mail.next().content, file))

    def test_mail(self):
        topic = self.topic("mail")
        self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="board@example.org")
        asked = email.message_from_bytes(self.mail.next().content, policy=email.policy.default)
        self.assertEqual(asked["To"], "board@example.org")
        self.assertEqual(asked["From"], "Belfry <bell@example.org>")
        self.visit(re.search("https://\\S+", asked.get_content()).group(0))
        self.sns.publish(TopicArn=topic, Message="Grüße\nan alle", Subject="Neuigkeiten für alle")
        told = email.message_from_bytes(self.mail.next().content, policy=email.policy.default)
        self.assertEqual(told["Subject"], "Neuigkeiten für alle")
        self.assertTrue(told.get_content().startswith("Grüße\nan alle"))
        self.visit(re.search("https://\\S+", told.get_content()).group(0))
        goodbye = email.message_from_bytes(self.mail.next().content, policy=email.policy.default)
        self.assertIn("no longer", goodbye["Subject"])

    def test_mail_as_json_and_to_nobody(self):
        topic = self.topic("mail-json")
        url, letters = self.queue("mail-letters")
        self.sns.subscribe(TopicArn=topic, Protocol="email-json", Endpoint="robot@example.org")
        token = json.loads(email.message_from_bytes(self.mail.next().content,
                                                    policy=email.policy.default).get_content())["Token"]
        self.sns.confirm_subscription(TopicArn=topic, Token=token)
        self.sns.publish(TopicArn=topic, Message="for robots")
        told = email.message_from_bytes(self.mail.next().content, policy=email.policy.default).get_content()
        self.assertEqual(json.loads(told)["Message"], "for robots")
        arn = self.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="nobody@example.org", ReturnSubscriptionArn=True,
                                 Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": letters})})
        self.command("topic", "confirm", "mail-json", arn["SubscriptionArn"].split(":")[-1])
        self.sns.publish(TopicArn=topic, Message="for nobody")
        self.assertEqual(json.loads(self.take(url)["Body"])["Message"], "for nobody")
        self.mail.next()  # the robot's copy


if __name__ == "__main__":
    unittest.main()
