#!/usr/bin/env python3
"""Kills belfry at random moments while clients of its AWS-compatible endpoint send, receive, delete, change visibility, publish and
redrive; then counts.

What was acknowledged must be there, and what was deleted must stay away: standard and FIFO queues, dead letters on their way between
three queues, a topic with two queues and a webhook that answers every other time. Each client knows what it was told; of a request that
the kill cut off it knows nothing, and either outcome is right.

  aws_campaign.py --kills 300
  aws_campaign.py --kills 12 --longest 1     a short one
"""
import argparse
import collections
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import sys
import threading
import time
import urllib.parse

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests" / "aws"))
from support import Belfry  # noqa: E402

CONFIG = "aws: {}\nwebhooks: {allow_private: true}\n"
EAGER = json.dumps({"healthyRetryPolicy": {"numRetries": 100, "minDelayTarget": 1, "maxDelayTarget": 1}})
GROUPS = 5


class Gone(Exception):
    """The request's outcome is not known: belfry went away."""


class Client:
    """One keep-alive connection; AWS JSON for SQS, Query for SNS."""

    def __init__(self, campaign):
        self.campaign, self.connection, self.endpoint = campaign, None, None

    def post(self, body, headers):
        endpoint = self.campaign.endpoint
        try:
            if self.endpoint != endpoint or self.connection is None:
                self.endpoint = endpoint
                self.connection = http.client.HTTPConnection(endpoint, timeout=60)
            self.connection.request("POST", "/", body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection = None
            raise Gone from error
        if answer.status != 200:
            raise RuntimeError(f"HTTP {answer.status}: {text[:300]}")
        return text

    def sqs(self, action, **fields):
        return json.loads(self.post(json.dumps(fields), {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS." + action}))

    def sns(self, action, **fields):
        return self.post(urllib.parse.urlencode({"Action": action, "Version": "2010-03-31", **fields}),
                         {"Content-Type": "application/x-www-form-urlencoded"}).decode()


class Webhook:
    """A subscriber that fails every other time and remembers what it has taken."""

    def __init__(self):
        self.had, self.tokens, self.calls = collections.Counter(), [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = 200
                if document["Type"] == "SubscriptionConfirmation":
                    outer.tokens.append(document["Token"])
                else:
                    outer.calls += 1
                    status = 200 if outer.calls % 2 else 503
                    if status == 200:
                        outer.had[document["Message"]] += 1
                with contextlib.suppress(OSError):  # belfry may be gone
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Campaign:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.lock = threading.Lock()
        self.wrong = []
        self.stop = threading.Event()
        self.numbers = iter(range(1 << 60))
        self.webhook = Webhook()
        self.belfry = Belfry(CONFIG)
        self.endpoint = self.belfry.endpoint.removeprefix("http://")
        self.sent, self.deleted, self.unsure = set(), set(), set()  # standard queue: bodies
        self.poison, self.published = set(), set()
        # FIFO, by group: how many were acknowledged, from where the next is to come; what each acknowledged one was told.
        self.fifo_sent, self.fifo_next, self.fifo_numbers = [0] * GROUPS, [0] * GROUPS, {}
        self.counts = collections.Counter()
        self.prepare()

    def fail(self, words):
        with self.lock:
            self.wrong.append(words)
        print("WRONG: " + words)

    def fresh(self, kind):
        with self.lock:
            return f"{kind}-{next(self.numbers)}"

    def prepare(self):
        client = Client(self)

        def make(name, **attributes):
            url = client.sqs("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]
            return name, client.sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

        make("plain", VisibilityTimeout="1")
        make("line.fifo", FifoQueue="true", VisibilityTimeout="1")
        _, self.dead = make("dead")
        _, self.rescued = make("rescued")
        make("poison", VisibilityTimeout="0", RedrivePolicy=json.dumps({"deadLetterTargetArn": self.dead, "maxReceiveCount": "2"}))
        self.topic = re.search("<TopicArn>(.*?)</TopicArn>", client.sns("CreateTopic", Name="news"))[1]
        for name in ("fan-a", "fan-b"):
            client.sns("Subscribe", TopicArn=self.topic, Protocol="sqs", Endpoint=make(name)[1],
                       **{"Attributes.entry.1.key": "RawMessageDelivery", "Attributes.entry.1.value": "true"})
        client.sns("Subscribe", TopicArn=self.topic, Protocol="http", Endpoint=self.webhook.url,
                   **{"Attributes.entry.1.key": "DeliveryPolicy", "Attributes.entry.1.value": EAGER})
        self.until(lambda: self.webhook.tokens, "the webhook was asked to confirm")
        client.sns("ConfirmSubscription", TopicArn=self.topic, Token=self.webhook.tokens[0])

    def until(self, condition, what, limit=120):
        deadline = time.monotonic() + limit
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"not within {limit} s: {what}")
            time.sleep(0.02)

    # The clients. Each step is one request, or one that follows from another's answer.

    def send(self, client):
        bodies = [self.fresh("plain") for _ in range(self.rng.choice([1, 1, 10]))]
        if len(bodies) == 1:
            client.sqs("SendMessage", QueueUrl="plain", MessageBody=bodies[0])
        else:
            entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)]
            client.sqs("SendMessageBatch", QueueUrl="plain", Entries=entries)
        with self.lock:
            self.sent.update(bodies)
        self.counts["sent"] += len(bodies)

    def receive(self, client):
        with self.lock:
            gone = set(self.deleted)
        messages = client.sqs("ReceiveMessage", QueueUrl="plain", MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            if message["Body"] in gone:
                self.fail(f"{message['Body']} was deleted and came back")
        for message in messages:
            what = self.rng.random()
            handle = message["ReceiptHandle"]
            if what < 0.6:
                with self.lock:
                    self.unsure.add(message["Body"])
                client.sqs("DeleteMessage", QueueUrl="plain", ReceiptHandle=handle)
                with self.lock:
                    self.deleted.add(message["Body"])
                self.counts["deleted"] += 1
            elif what < 0.9:
                self.while_it_holds(client, "ChangeMessageVisibility", QueueUrl="plain", ReceiptHandle=handle,
                                    VisibilityTimeout=self.rng.choice([0, 1, 2]))
                self.counts["visibility"] += 1

    def send_fifo(self, client):
        group = self.rng.randrange(GROUPS)
        with self.lock:
            number = self.fifo_sent[group]
        # After a kill the same one is sent again: the deduplication id makes one of them.
        answer = client.sqs("SendMessage", QueueUrl="line.fifo", MessageBody=f"{group}/{number}", MessageGroupId=str(group),
                            MessageDeduplicationId=f"{group}/{number}")
        with self.lock:
            self.fifo_sent[group] += 1
            before = self.fifo_numbers.get((group, number - 1), "")
            self.fifo_numbers[group, number] = answer["SequenceNumber"]
        if answer["SequenceNumber"] <= before:
            self.fail(f"group {group}: number {number} has the sequence number {answer['SequenceNumber']}, after {before}")
        self.counts["fifo sent"] += 1

    def receive_fifo(self, client):
        got = client.sqs("ReceiveMessage", QueueUrl="line.fifo", MaxNumberOfMessages=self.rng.choice([1, 10]),
                         MessageSystemAttributeNames=["SequenceNumber"]).get("Messages", [])
        due = list(self.fifo_next)
        for message in got:
            group, number = map(int, message["Body"].split("/"))
            # Of one whose delete was cut off nothing is known: the next may come instead.
            if number != due[group] and not (number == due[group] + 1 and (group, due[group]) in self.unsure):
                self.fail(f"group {group}: {number} came where {due[group]} was to come")
            if number > self.fifo_next[group] == due[group]:
                self.fifo_next[group] = number
            due[group] = number + 1
            known = self.fifo_numbers.get((group, number))
            if known and known != message["Attributes"]["SequenceNumber"]:
                self.fail(f"group {group}: {number} has another sequence number than it was sent with")
        kept = set()  # groups: what follows one that is given back is given back, too
        for message in got:
            group, number = map(int, message["Body"].split("/"))
            handle = message["ReceiptHandle"]
            if group in kept or self.rng.random() < 0.2:
                kept.add(group)
                self.while_it_holds(client, "ChangeMessageVisibility", QueueUrl="line.fifo", ReceiptHandle=handle, VisibilityTimeout=0)
                continue
            self.unsure.add((group, number))
            if self.while_it_holds(client, "DeleteMessage", QueueUrl="line.fifo", ReceiptHandle=handle):
                self.fifo_next[group] = number + 1
                self.counts["fifo deleted"] += 1
            else:
                self.unsure.discard((group, number))
                kept.add(group)

    @staticmethod
    def while_it_holds(client, action, **fields):
        """False: the lease ran out meanwhile, as it may on a busy machine."""
        try:
            client.sqs(action, **fields)
            return True
        except RuntimeError as refused:
            if not re.search("expired|not available|does not exist", str(refused)):
                raise
            return False

    def poison_send(self, client):
        body = self.fresh("poison")
        client.sqs("SendMessage", QueueUrl="poison", MessageBody=body)
        with self.lock:
            self.poison.add(body)
        self.counts["poison"] += 1

    def poison_receive(self, client):
        client.sqs("ReceiveMessage", QueueUrl="poison", MaxNumberOfMessages=10)

    def redrive(self, client):
        try:
            client.sqs("StartMessageMoveTask", SourceArn=self.dead, DestinationArn=self.rescued)
            self.counts["move tasks"] += 1
        except RuntimeError as refused:  # one is still at work
            if "already" not in str(refused) and "active" not in str(refused).lower():
                raise
        time.sleep(0.05)

    def publish(self, client):
        body = self.fresh("news")
        client.sns("Publish", TopicArn=self.topic, Message=body)
        with self.lock:
            self.published.add(body)
        self.counts["published"] += 1
        time.sleep(0.005)  # the webhook is slower than we are

    def worker(self, *steps):
        client = Client(self)
        while not self.stop.is_set():
            endpoint = self.endpoint
            try:
                for step in steps:
                    step(client)
            except Gone:
                while self.endpoint == endpoint and not self.stop.is_set():
                    time.sleep(0.005)
            except Exception as error:  # a client's day ends with the first answer that makes no sense
                self.fail(f"{steps[0].__name__}: {error!r}")
                return

    def run(self, kills, longest):
        threads = [threading.Thread(target=self.worker, args=steps, daemon=True) for steps in (
            (self.send,), (self.send,), (self.receive,), (self.receive,), (self.send_fifo,), (self.receive_fifo,),
            (self.poison_send, self.poison_receive, self.poison_receive), (self.redrive,), (self.publish,))]
        for thread in threads:
            thread.start()
        for kill in range(1, kills + 1):
            time.sleep(self.rng.choice([0.02, 0.1, 0.3, longest]) * self.rng.random())
            self.belfry.kill()
            if self.rng.random() < 0.2:  # and some die while they recover
                self.belfry.launch()
                time.sleep(0.1 * self.rng.random())
                self.belfry.kill()
            self.belfry.start()
            self.endpoint = self.belfry.endpoint.removeprefix("http://")
            if kill % 50 == 0 or self.wrong:
                print(f"{kill} kills: {dict(self.counts)}")
            if self.wrong:
                break
        time.sleep(0.3)
        self.stop.set()
        for thread in threads:
            thread.join(120)
        return kill

    # The end: what is there.

    @staticmethod
    def drain(queue, client):
        """Everything in a queue, deleted as it comes."""
        found = []
        while messages := client.sqs("ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1,
                                     VisibilityTimeout=120).get("Messages", []):
            found += [message["Body"] for message in messages]
            client.sqs("DeleteMessageBatch", QueueUrl=queue, Entries=[
                {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(messages)])
        return found

    def expect_once(self, where, found, wanted, allowed=frozenset()):
        counts = collections.Counter(found)
        lost = wanted - counts.keys() - allowed
        twice = [body for body, count in counts.items() if count > 1]
        for words, bodies in (("lost", lost), ("there twice", twice)):
            if bodies:
                self.fail(f"{where}: {len(bodies)} {words}, such as {sorted(bodies)[0]}")
        return counts

    def count(self):
        client = Client(self)
        time.sleep(2.1)  # the longest lease that a client took
        found = self.expect_once("plain", self.drain("plain", client), self.sent - self.deleted, self.unsure)
        if back := found.keys() & self.deleted:
            self.fail(f"plain: {len(back)} deleted ones came back, such as {sorted(back)[0]}")
        rest = collections.defaultdict(list)
        for body in self.drain("line.fifo", client):
            group, number = map(int, body.split("/"))
            rest[group].append(number)
        for group in range(GROUPS):
            first, sent = self.fifo_next[group], self.fifo_sent[group]
            gone = 1 if (group, first) in self.unsure and rest[group][:1] != [first] else 0
            # One more than was acknowledged may be there.
            if rest[group] not in (list(range(first + gone, sent)), list(range(first + gone, sent + 1))):
                self.fail(f"group {group}: {rest[group][:3]}… are left, {first} to {sent - 1} were to be")
        self.until(lambda: not any(task.get("Status") == "RUNNING" for task in client.sqs(
            "ListMessageMoveTasks", SourceArn=self.dead).get("Results", [])), "the last move task ended")
        self.expect_once("poison, dead and rescued", self.drain("poison", client) + self.drain("dead", client) + self.drain("rescued", client),
                         self.poison)
        fans = [self.expect_once(name, self.drain(name, client), self.published) for name in ("fan-a", "fan-b")]
        if odd := fans[0].keys() ^ fans[1].keys():
            self.fail(f"{len(odd)} publications reached only one of two queues")
        self.until(lambda: self.published <= self.webhook.had.keys() or self.wrong, "the webhook had every publication")
        return sum(count - 1 for count in self.webhook.had.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--longest", type=float, default=1.5, help="seconds that belfry lives at most")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--belfry", default=os.environ.get("BELFRY", str(TOP / "build/belfry")))
    options = parser.parse_args()
    os.environ["BELFRY"] = options.belfry
    print(f"seed {options.seed}")
    campaign = Campaign(options.seed)
    kills = campaign.run(options.kills, options.longest)
    again = campaign.count() if not campaign.wrong else 0
    if campaign.wrong:
        print(f"the folder is kept: {campaign.belfry.folder}")
        campaign.belfry.process.kill()
        os._exit(1)
    campaign.belfry.stop()
    print(f"{kills} kills: {dict(campaign.counts)}; 0 lost, 0 deleted came back, order and numbers kept; "
          f"{again} notifications came more than once (HTTP is at-least-once)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
