"""Requests that want to hurt: malformed, smuggled, oversized, deep, slow, thousands at once. Each gets AWS's error or a closed
connection, memory stays bounded, and a neighbour who minds his own business is served all the while."""
import re
import resource
import select
import socket
import threading
import time
import unittest
import urllib.parse

import support
from raw import Connection, errors, json_request, request, rss, status

PATIENCE = 120  # seconds: for what must come, on a machine that has other things to do
MIB = 1 << 20
BODY_LIMIT = 4 * MIB


class Neighbour(threading.Thread):
    """Sends, receives and deletes on a connection of his own until told to stop."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.connection = Connection(host)
        self.connection.call("CreateQueue", QueueName="neighbour")
        self.enough = threading.Event()
        self.rounds, self.longest, self.problem = 0, 0.0, None
        self.start()

    def run(self):
        try:
            while not self.enough.is_set():
                began = time.monotonic()
                self.connection.call("SendMessage", QueueUrl="neighbour", MessageBody="good morning")
                got = self.connection.call("ReceiveMessage", QueueUrl="neighbour")["Messages"]
                self.connection.call("DeleteMessage", QueueUrl="neighbour", ReceiptHandle=got[0]["ReceiptHandle"])
                self.longest = max(self.longest, time.monotonic() - began)
                self.rounds += 1
        except Exception as problem:
            self.problem = problem

    def stop(self):
        self.enough.set()
        self.join(PATIENCE)
        return self.problem


class HostileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.belfry = support.Belfry()
        host, port = cls.belfry.endpoint.removeprefix("http://").split(":")
        cls.host = (host, int(port))
        cls.neighbour = Neighbour(cls.host)
        # Opened before anything else, looked at by the last test: how long they may dawdle is belfry's request timeout.
        cls.dawdlers = Dawdlers(cls.host)

    @classmethod
    def tearDownClass(cls):
        cls.belfry.stop()

    def setUp(self):
        self.before = rss(self.belfry.process.pid)

    def tearDown(self):
        self.assertIsNone(self.belfry.process.poll(), (self.belfry.folder / "log").read_text())
        self.assertIsNone(self.neighbour.problem)
        if self.neighbour.enough.is_set():
            return
        rounds = self.neighbour.rounds
        deadline = time.monotonic() + PATIENCE
        while self.neighbour.rounds == rounds:
            self.assertLess(time.monotonic(), deadline, "the neighbour is not served any more")
            self.assertIsNone(self.neighbour.problem)
            time.sleep(0.01)

    def bounded(self, mib):
        grown = (rss(self.belfry.process.pid) - self.before) / MIB
        print(f"{self.id().split('.')[-1]}: {grown:.0f} MiB more", flush=True)
        self.assertLess(grown, mib)

    def answers(self, sent):
        """What comes back until the server closes; it must close."""
        with Connection(self.host) as it:
            it.send(sent)
            return it.read_to_end()

    def test_requests_that_two_readers_could_cut_differently(self):
        chunked, smuggled = "Transfer-Encoding: chunked", "GET /?Action=ListQueues HTTP/1.1\r\nHost: h\r\n\r\n"
        for want, head, body in [
                (400, f"Content-Length: 4\r\n{chunked}", "0\r\n\r\n" + smuggled),
                (400, f"{chunked}\r\nContent-Length: 4", "0\r\n\r\n" + smuggled),
                (400, "Content-Length: 0\r\nContent-Length: 0", smuggled),
                (400, "Content-Length: 0\r\nContent-Length: 60", smuggled),
                (400, "Content-Length: 0, 0", smuggled),
                (400, "Content-Length: +0", smuggled),
                (400, "Content-Length: -1", smuggled),
                (400, "Content-Length: 0x0", smuggled),
                (400, "Content-Length: 99999999999999999999999", smuggled),
                (400, "Content-Length : 0", smuggled),
                (400, "Content-Length:", smuggled),
                (400, f"{chunked}\r\n{chunked}", "0\r\n\r\n" + smuggled),
                (501, "Transfer-Encoding: gzip, chunked", "0\r\n\r\n" + smuggled),
                (501, "Transfer-Encoding: chunked, identity", "0\r\n\r\n" + smuggled),
                (501, "Transfer-Encoding: xchunked", smuggled),
                (400, "Transfer-Encoding : chunked", smuggled),
                (400, "Transfer-Encoding:\x0bchunked", smuggled),
                (400, "X: a\r\n folded: b", smuggled),
                (400, "X: a\r\n\tContent-Length: 0", smuggled),
                (400, "X: a\nContent-Length: 0", smuggled),
                (400, "X: a\rContent-Length: 0", smuggled),
                (400, "X: \x00", smuggled),
                (400, "X Y: a", smuggled),
                (400, ": a", smuggled),
                (400, "no colon", smuggled),
                (400, "Host: another", smuggled),
                (417, "Expect: magic", smuggled),
                (400, chunked, "zz\r\n" + smuggled),
                (400, chunked, "-1\r\n" + smuggled),
                (400, chunked, " 1\r\na\r\n0\r\n\r\n" + smuggled),
                (400, chunked, "0x1\r\na\r\n0\r\n\r\n" + smuggled),
                (400, chunked, "1\r\nab\r\n0\r\n\r\n" + smuggled),
                (400, chunked, "1\na\r\n0\r\n\r\n" + smuggled),
                (400, chunked, "10000000000000000000000001\r\n" + smuggled),
                (413, chunked, "ffffffffffffffff\r\n" + smuggled),
                (400, chunked, "1;" + "x" * 2000 + "\r\n" + smuggled)]:
            with self.subTest(head=head, body=body[:20]):
                got = self.answers(f"POST / HTTP/1.1\r\nHost: h\r\n{head}\r\n\r\n{body}")
                self.assertEqual(status(got), want, got)
                self.assertEqual(got.count(b"HTTP/1.1 "), 1, "what came behind it was taken for a request")

    def test_what_is_no_request(self):
        for want, sent in [
                (400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),  # TLS
                (505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                (400, "GET\r\n\r\n"),
                (400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
                (400, "GET / HTTP/1.1\r\n\r\n"),
                (400, "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n"),
                (400, "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n"),
                (400, "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n"),
                (400, "G(T / HTTP/1.1\r\nHost: h\r\n\r\n"),
                (501, "CONNECT example.org:443 HTTP/1.1\r\nHost: h\r\n\r\n"),
                (400, "<policy-file-request/>\x00\r\n"),
                (414, "GET /" + "a" * 20_000),
                (431, "GET / HTTP/1.1\r\nHost: h\r\n" + "X: " + "a" * 20_000),
                (431, "GET / HTTP/1.1\r\nHost: h\r\n" + "X: a\r\n" * 200 + "\r\n")]:
            with self.subTest(sent=sent[:30]):
                self.assertEqual(status(self.answers(sent)), want)

    def test_bodies_that_are_too_large(self):
        head = "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
        self.assertEqual(status(self.answers(f"{head}Content-Length: {BODY_LIMIT + 1}\r\n\r\n")), 413)
        self.assertEqual(status(self.answers(f"{head}Content-Length: {1 << 62}\r\n\r\n")), 413)
        with Connection(self.host) as it:  # without an end; the client may learn of it while it still sends
            it.send(head + "Transfer-Encoding: chunked\r\n\r\n")
            it.send_until_refused(b"10000\r\n" + b"x" * (64 << 10) + b"\r\n")
            self.assertEqual(status(it.read_to_end()), 413)
        with Connection(self.host) as it:
            it.call("CreateQueue", QueueName="large")
            code, message = it.refused("SendMessage", QueueUrl="large", MessageBody="x" * (MIB + 1))
            self.assertEqual(code, "InvalidParameterValueException")
            self.assertIn("1048576 bytes", message)
            entries = [{"Id": str(i), "MessageBody": "x" * 120_000} for i in range(10)]
            self.assertEqual(it.refused("SendMessageBatch", QueueUrl="large", Entries=entries)[0], "BatchRequestTooLong")
            entries = [{"Id": str(i), "MessageBody": "x"} for i in range(100_000)]
            self.assertEqual(it.refused("SendMessageBatch", QueueUrl="large", Entries=entries)[0], "TooManyEntriesInBatchRequest")
        self.bounded(96)

    def test_malformed_and_deep_json(self):
        deep = "[" * 1_000_000
        for target in ("AmazonSQS.SendMessage", "secretsmanager.GetSecretValue", "AmazonSSM.GetParameter"):
            for body in ["{", "[]", "null", '"a"', "{'a': 1}", '{"a": 1,}', '{"QueueUrl": NaN}', '{"QueueUrl": "\\ud800"', deep,
                         '{"QueueUrl":' + deep, '{"a":' * 100_000 + "1" + "}" * 100_000, b'{"QueueUrl": "\xff\xfe"}', "<a/>", "\x00",
                         '{"QueueUrl": 1e999999999, "MessageBody": "x"}', '{"QueueUrl": {"a": []}, "MessageBody": "x"}',
                         '{"SecretId": [], "Name": []}']:
                with self.subTest(target=target, body=body[:30]), Connection(self.host) as it:
                    got = it.exchange(request(body, **{"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}))
                    self.assertEqual(status(got), 400, got[:300])
                    self.assertRegex(errors(got)[0], "SerializationException|InvalidParameterValue|ValidationException|InvalidAddress|"
                                     "QueueDoesNotExist|ParameterNotFound|Missing")
        self.bounded(64)

    def test_deep_json_inside_of_parameters(self):
        """Policies and messages are JSON in a string: what parses them must have a bottom, too."""
        bottomless = ['{"a":' * 50_000 + "1" + "}" * 50_000, "[" * 100_000, '{"$or":[' * 20_000 + "{}" + "]}" * 20_000]
        with Connection(self.host) as it:
            it.call("CreateQueue", QueueName="deep")
            topic = it.query(Action="CreateTopic", Name="deep")[1]
            topic = re.search("<TopicArn>(.*)</TopicArn>", topic).group(1)
            arn = "arn:aws:sqs:us-east-1:000000000000:deep"
            it.query(Action="Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn, **{
                "Attributes.entry.1.key": "FilterPolicyScope", "Attributes.entry.1.value": "MessageBody",
                "Attributes.entry.2.key": "FilterPolicy", "Attributes.entry.2.value": '{"a":{"a":{"a":[1]}}}'})
            for text in bottomless:
                for name in ("RedrivePolicy", "RedriveAllowPolicy", "Policy"):
                    with self.subTest(name=name, text=text[:10]):
                        self.assertIn("Invalid", it.refused("SetQueueAttributes", QueueUrl="deep", Attributes={name: text})[0])
                for name in ("FilterPolicy", "RedrivePolicy", "DeliveryPolicy"):
                    with self.subTest(name=name, text=text[:10]):
                        code, answer = it.query(Action="Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn + "2", **{
                            "Attributes.entry.1.key": name, "Attributes.entry.1.value": text})
                        self.assertEqual(code, 400, answer[:300])
                        self.assertIn("<Code>InvalidParameter", answer)
                code, answer = it.query(Action="Publish", TopicArn=topic, MessageStructure="json", Message=text)
                self.assertEqual(code, 400, answer[:300])
                # A body too deep to look into matches no filter; that is no error.
                self.assertEqual(it.query(Action="Publish", TopicArn=topic, Message=text[:200_000])[0], 200)
            self.assertNotIn("Messages", it.call("ReceiveMessage", QueueUrl="deep"))
        self.bounded(64)

    def test_hostile_queries_and_xml(self):
        bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
            f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12)) + "]><a>&m;</a>"
        plain = {"Content-Type": "application/x-www-form-urlencoded"}
        many = "Action=SendMessage&QueueUrl=q&" + "&".join(f"MessageAttribute.{i}.Name=a{i}" for i in range(60_000))
        for body, headers in [
                (bomb, {"Content-Type": "text/xml"}), (bomb, plain), (bomb, {"X-Amz-Target": "AmazonSQS.SendMessage"}),
                ("Action=%zz", plain), ("Action=", plain), ("Action=SendMessage", {"Content-Type": "text/plain"}),
                ("&" * 1_000_000, plain), ("=" * 1_000_000, plain), ("a" * 1_000_000, plain), (many, plain),
                ("Action=SendMessage&QueueUrl=q&MessageAttribute.4294967296.Name=a&MessageAttribute.999999999.Name=b", plain),
                ("Action=SendMessage&QueueUrl=q&MessageBody=a&DelaySeconds=999999999999999999999", plain),
                ("Action=SetQueueAttributes&QueueUrl=q&Attribute.-1.Name=a&Attribute..Name=b&Attribute.1.1.1.1=c", plain),
                ("Action=Publish&Message=a&TopicArn=" + "a:" * 100_000, plain),
                ("Action=ReceiveMessage&QueueUrl=" + "/" * 100_000, plain),
                ("Action=CreateQueue&QueueName=" + urllib.parse.quote("\x00\x01\uffff../../etc/passwd"), plain)]:
            with self.subTest(body=body[:40]), Connection(self.host) as it:
                got = it.exchange(request(body, **headers))
                self.assertIn(status(got), (400, 403, 404), got[:300])
                self.assertNotIn(b"aaaaaaaaaaaaaaaaaaaa", got[:100_000])
                # Without an Action there is no code either.
                self.assertTrue(errors(got)[0] or b"<UnknownOperationException/>" in got, got[:300])
        self.bounded(64)

    def test_large_bodies_many_at_once(self):
        """Clients who each begin 4 MiB, 800 MiB together, and never end: belfry takes what it has room for."""
        head = f"POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: AmazonSQS.SendMessage\r\nContent-Length: {BODY_LIMIT}\r\n\r\n"
        connections = [Connection(self.host) for _ in range(200)]
        for it in connections:
            it.send(head)
            it.send_unless_refused(b"x" * (3 * MIB))
        deadline = time.monotonic() + PATIENCE
        while not (refused := [it for it in connections if it.readable()]):
            self.assertLess(time.monotonic(), deadline, "nobody is refused")
            time.sleep(0.01)
        self.assertEqual(status(refused[-1].read_to_end()), 503)
        self.bounded(448)
        for it in connections:
            it.close()

    def test_ten_thousand_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        count = min(11_000, hard - 200)
        connections, turned_away = [], 0
        for i in range(count):
            it = socket.create_connection(self.host, timeout=PATIENCE)
            connections.append(it)
            it.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nX: " + b"a" * 100 if i % 2 else b"")
        waiting = select.poll()
        for it in connections:
            waiting.register(it, select.POLLIN)
        deadline = time.monotonic() + PATIENCE
        wanted = max(0, count + 1 - 10_000)  # with the neighbour's
        while turned_away < wanted and time.monotonic() < deadline:
            turned_away = len(waiting.poll(100))
        self.assertGreaterEqual(turned_away, wanted)
        print(f"{count} connections, {turned_away} of them turned away")
        self.bounded(128)
        for it in connections:
            it.close()

    def test_readers_that_do_not_read(self):
        with Connection(self.host) as it:
            it.call("CreateQueue", QueueName="heavy", Attributes={"VisibilityTimeout": "0"})
            for _ in range(10):
                it.call("SendMessage", QueueUrl="heavy", MessageBody="x" * (MIB // 10))
        ask = json_request("ReceiveMessage", QueueUrl="heavy", MaxNumberOfMessages=10)
        readers = []
        for _ in range(50):
            it = Connection(self.host, receive_buffer=4096)
            it.send_unless_refused(ask * 500)  # 500 MB of answers, if it read them
            readers.append(it)
        self.bounded(256)
        for it in readers:
            it.close()

    def test_zz_those_who_dawdle_are_ended(self):
        got = self.dawdlers.wait()
        self.assertEqual(got["ended"], got["begun"])
        self.assertLessEqual(got["after"], PATIENCE)
        self.assertIsNone(self.neighbour.stop())
        print(f"dawdlers ended after {got['after']:.0f} s; the neighbour's {self.neighbour.rounds} rounds took "
              f"{1000 * self.neighbour.longest:.0f} ms at most", flush=True)


class Dawdlers(threading.Thread):
    """Slow heads, slow bodies, slow chunks: a byte each half second, so that no time-out between two bytes ever strikes."""

    BEGINNINGS = ["GET / HTTP/1.1\r\nHost: h\r\nX: ", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n",
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n", ""]

    def __init__(self, host):
        super().__init__(daemon=True)
        self.began = time.monotonic()
        self.open = []
        for _ in range(50):
            for beginning in self.BEGINNINGS:
                it = Connection(host)
                it.send(beginning)
                self.open.append(it)
        self.begun, self.ended, self.after = len(self.open), 0, 0
        self.start()

    def run(self):
        while self.open and time.monotonic() - self.began < PATIENCE:
            for it in list(self.open):
                if not it.send_unless_refused(b"G") or it.readable():
                    self.ended += 1
                    self.open.remove(it)
                    it.close()
            time.sleep(0.5)  # what a dawdler does
        self.after = time.monotonic() - self.began

    def wait(self):
        self.join(2 * PATIENCE)
        return {"begun": self.begun, "ended": self.ended, "after": self.after}


if __name__ == "__main__":
    unittest.main(verbosity=2)
