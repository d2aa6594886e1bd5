"""Mobile push to servers that speak HTTP/2 and verify every token, as Apple's and Google's do (push_server.mjs)."""
import json
import pathlib
import queue
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import boto3

import support
from delivery_support import PATIENCE, certificate

HERE = pathlib.Path(__file__).resolve().parent


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


class PushServer:
    def __init__(self, folder):
        self.certificate, key = certificate(folder)
        folder = pathlib.Path(folder)
        self.apple = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        self.google = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        for name, private in (("apple", self.apple), ("google", self.google)):
            (folder / name).write_text(private)
            openssl("pkey", "-in", str(folder / name), "-pubout", "-out", str(folder / f"{name}.pub"))
        self.process = subprocess.Popen(["node", HERE / "push_server.mjs", self.certificate, key, folder / "apple.pub", folder / "google.pub"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.requests = queue.Queue()
        threading.Thread(target=lambda: [self.requests.put(json.loads(line)) for line in self.process.stdout], daemon=True).start()

    def next(self):
        return self.requests.get(timeout=PATIENCE)

    def close(self):
        self.process.communicate()


class PushTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="belfry-push-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.server = PushServer(cls.folder)
        cls.addClassCleanup(cls.server.close)
        url = cls.server.url
        cls.belfry = support.Belfry(
            f'aws: {{}}\nqueues: {{letters: {{}}}}\npush: {{fcm: "{url}", apns: "{url}", allow_private: true, tls_ca: {cls.server.certificate}}}\n')
        cls.addClassCleanup(cls.belfry.stop)
        options = {"endpoint_url": cls.belfry.endpoint, "region_name": "eu-west-1", "aws_access_key_id": "AKIDEXAMPLE",
                   "aws_secret_access_key": "secret"}
        cls.sns, cls.sqs = boto3.client("sns", **options), boto3.client("sqs", **options)
        cls.apple = cls.application("APNS", PlatformCredential=cls.server.apple, PlatformPrincipal="KEY1234567",
                                    ApplePlatformTeamID="TEAM123456", ApplePlatformBundleID="org.example.bells")
        cls.google = cls.application("GCM", PlatformCredential=json.dumps({
            "project_id": "bells", "client_email": "belfry@bells.example", "private_key": cls.server.google, "private_key_id": "KEY1234567",
            "token_uri": url + "/token"}))

    @classmethod
    def application(cls, platform, **attributes):
        return cls.sns.create_platform_application(Name="app", Platform=platform, Attributes=attributes)["PlatformApplicationArn"]

    def device(self, application, token):
        return self.sns.create_platform_endpoint(PlatformApplicationArn=application, Token=token)["EndpointArn"]

    def come(self, statuses, path):
        """The next requests to the path: with these answers, in turn. Tokens are fetched when that suits belfry."""
        found = []
        while len(found) < len(statuses):
            request = self.server.next()
            if request["path"] == path:
                found.append(request)
            else:
                self.assertEqual((request["path"], request["status"]), ("/token", 200), request)
        self.assertEqual([request["status"] for request in found], statuses, found)
        return found

    FCM = "/v1/projects/bells/messages:send"

    def disabled(self, device):
        waiting, deadline = threading.Event(), time.monotonic() + PATIENCE
        while self.sns.get_endpoint_attributes(EndpointArn=device)["Attributes"]["Enabled"] != "false":
            self.assertLess(time.monotonic(), deadline)
            waiting.wait(0.05)
        with self.assertRaises(self.sns.exceptions.EndpointDisabledException):
            self.sns.publish(TargetArn=device, Message="still there?")

    def test_apple(self):
        device = self.device(self.apple, "phone")
        self.assertEqual(self.device(self.apple, "phone"), device)
        self.sns.publish(TargetArn=device, Message="ding")
        told, = self.come([200], "/3/device/phone")
        self.assertEqual(json.loads(told["body"]), {"aps": {"alert": "ding"}})
        self.assertEqual(told["headers"]["apns-push-type"], "alert")
        self.assertNotIn("apns-expiration", told["headers"])
        self.sns.publish(TargetArn=device, MessageStructure="json", Message=json.dumps(
            {"default": "x", "APNS": json.dumps({"aps": {"content-available": 1}, "n": 1})}), MessageAttributes={
                "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": {"DataType": "String", "StringValue": "one"},
                "AWS.SNS.MOBILE.APNS.TTL": {"DataType": "String", "StringValue": "3600"}})
        headers = self.come([200], "/3/device/phone")[0]["headers"]
        self.assertEqual(headers["apns-push-type"], "background")
        self.assertEqual(headers["apns-priority"], "5")
        self.assertEqual(headers["apns-collapse-id"], "one")
        self.assertAlmostEqual(int(headers["apns-expiration"]), time.time() + 3600, delta=PATIENCE)
        self.sns.publish(TargetArn=device, Message="ring", MessageAttributes={
            "AWS.SNS.MOBILE.APNS.PUSH_TYPE": {"DataType": "String", "StringValue": "voip"},
            "AWS.SNS.MOBILE.APNS.PRIORITY": {"DataType": "String", "StringValue": "10"},
            "AWS.SNS.MOBILE.APNS.TOPIC": {"DataType": "String", "StringValue": "org.example.bells.voip"}})
        headers = self.come([200], "/3/device/phone")[0]["headers"]
        self.assertEqual((headers["apns-push-type"], headers["apns-priority"]), ("voip", "10"))

    def test_google(self):
        device = self.device(self.google, "phone")
        self.sns.publish(TargetArn=device, Message="ding")
        self.assertEqual(json.loads(self.come([200], self.FCM)[0]["body"]),
                         {"message": {"token": "phone", "notification": {"body": "ding"}}})
        topic = self.sns.create_topic(Name="devices")["TopicArn"]
        self.sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=device)
        self.sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps(
            {"default": "x", "GCM": json.dumps({"data": {"n": "1"}})}),
            MessageAttributes={"AWS.SNS.MOBILE.GCM.TTL": {"DataType": "String", "StringValue": "60"}})
        self.assertEqual(json.loads(self.come([200], self.FCM)[0]["body"]),
                         {"message": {"token": "phone", "data": {"n": "1"}, "android": {"ttl": "60s"}}})

    def test_refusals(self):
        """A service that is busy is asked again and one that wants another token gets it; all at once, for that takes its time."""
        wanted = {("apple", "busy"): [429, 503, 200], ("apple", "stale"): [403, 200], ("apple", "bad"): [400], ("apple", "gone"): [410],
                  ("google", "busy"): [429, 503, 200], ("google", "stale"): [401, 200], ("google", "bad"): [400], ("google", "gone"): [404]}
        devices = {(service, token): self.device(getattr(self, service), token) for service, token in wanted}
        for device in devices.values():
            self.sns.publish(TargetArn=device, Message="ding")
        told = {key: [] for key in wanted}
        while sum(map(len, told.values())) < sum(map(len, wanted.values())):
            request = self.server.next()
            if request["path"] == self.FCM:
                told["google", json.loads(request["body"])["message"]["token"]].append(request)
            elif request["path"] != "/token":
                told["apple", request["path"].rsplit("/", 1)[1]].append(request)
        for key, requests in told.items():
            self.assertEqual([it["status"] for it in requests], wanted[key], (key, requests))
        first, second = (it["headers"]["authorization"] for it in told["apple", "stale"])
        self.assertNotEqual(first, second)
        for service in ("apple", "google"):
            self.disabled(devices[service, "gone"])

    def test_what_is_refused_is_a_letter_with_the_services_words(self):
        topic = self.sns.create_topic(Name="refused")["TopicArn"]
        letters = self.sqs.get_queue_url(QueueName="letters")["QueueUrl"]
        self.sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=self.device(self.apple, "bad"), Attributes={
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:000000000000:letters"})})
        self.sns.publish(TopicArn=topic, Message="ding")
        self.come([400], "/3/device/bad")
        message, = self.sqs.receive_message(QueueUrl=letters, WaitTimeSeconds=20)["Messages"]
        self.assertEqual(json.loads(message["Body"])["Message"], "ding")


if __name__ == "__main__":
    unittest.main()
