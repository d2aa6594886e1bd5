"""A listener's events in the real services' stand-ins, counted against the ledger's truth."""
import contextlib
import json
import lzma
import os
import pathlib
import subprocess
import tempfile
import unittest
import urllib.request

import identity
import peers

LEDGER = pathlib.Path(os.environ["LEDGERS"]) / "ngo-3.1"
WORK = tempfile.TemporaryDirectory(prefix="belfry-ledger-")
# moto looks through a whole queue at each call: enough events for many batches, not all 1,800.
MATCH = '{"chaincode": "ngo", "event": "donationCreated", "payload": {"donationAmount": [{"numeric": [">=", 95]}]}}'
BLOCKS = pathlib.Path(WORK.name) / "mychannel.blockfile"


def setUpModule():
    BLOCKS.write_bytes(lzma.open(LEDGER / "mychannel.blockfile.xz").read())


def tearDownModule():
    WORK.cleanup()


def config(*to, more=""):
    return f"""\
networks:
  charity: {{blocks: {BLOCKS}}}
listeners:
  donations:
    network: charity
    match: {MATCH}
    to: [{", ".join(json.dumps(it) for it in to)}]
{more}
"""


def donations():
    """Ids of the events that must arrive, as `belfry events` finds them without any cloud."""
    out = subprocess.run([os.environ["BELFRY"], "events", str(BLOCKS), "--output", "json", "--match",
                          MATCH], capture_output=True, text=True, check=True)
    return [json.loads(line)["id"] for line in out.stdout.splitlines()]


def drain(sqs, url, count):
    """Receives and deletes until `count` messages came, and then makes sure that there is no more."""
    got = []

    def receive():
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"],
                                       AttributeNames=["All"]).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        got.extend(messages)
        return messages

    peers.wait_for(lambda: receive() is not None and len(got) >= count, f"{count} messages in {url}")
    while receive():
        pass
    return got


class CloudTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.wanted = donations()
        assert len(cls.wanted) > 50, len(cls.wanted)

    def check_queue(self, sqs, name, **attributes):
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return lambda: drain(sqs, url, len(self.wanted))

    def ids(self, messages):
        return [json.loads(message["Body"])["id"] for message in messages]

    def test_a_standard_and_a_fifo_queue_get_each_event(self):
        for peer in (peers.moto, peers.elasticmq):
            with self.subTest(peer.__name__), peer() as endpoint:
                sqs = peers.client("sqs", endpoint)
                standard = self.check_queue(sqs, "donations")
                fifo = self.check_queue(sqs, "donations.fifo", FifoQueue="true")
                with peers.Belfry(config("sqs:donations", "sqs:donations.fifo"), endpoint):
                    messages = standard()
                    self.assertEqual(sorted(self.ids(messages)), sorted(self.wanted))
                    self.assertEqual(messages[0]["MessageAttributes"]["event"]["StringValue"], "donationCreated")
                    messages = fifo()
                    self.assertEqual(self.ids(messages), self.wanted, "in the ledger's order")
                    self.assertEqual(messages[0]["Attributes"]["MessageGroupId"], "mychannel")
                    self.assertEqual(messages[0]["Attributes"]["MessageDeduplicationId"], self.wanted[0])

    def test_a_topic_gets_each_event(self):
        with peers.moto() as endpoint:
            sns, sqs = peers.client("sns", endpoint), peers.client("sqs", endpoint)
            topic = sns.create_topic(Name="news")["TopicArn"]
            url = sqs.create_queue(QueueName="copy")["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
            with peers.Belfry(config("sns:" + topic), endpoint):
                self.assertEqual(sorted(self.ids(drain(sqs, url, len(self.wanted)))), sorted(self.wanted))

    def test_a_queue_that_is_made_later_misses_nothing(self):
        with peers.moto() as endpoint, peers.Belfry(config("sqs:late"), endpoint):
            sqs = peers.client("sqs", endpoint)
            url = sqs.create_queue(QueueName="late")["QueueUrl"]
            self.assertEqual(sorted(self.ids(drain(sqs, url, len(self.wanted)))), sorted(self.wanted))

    def test_the_place_in_dynamodb_goes_on_elsewhere_and_fences(self):
        with peers.moto() as endpoint, peers.dynamodb_local() as tables:
            db, sqs = peers.client("dynamodb", tables), peers.client("sqs", endpoint)
            db.create_table(TableName="places", BillingMode="PAY_PER_REQUEST",
                            KeySchema=[{"AttributeName": "place", "KeyType": "HASH"}],
                            AttributeDefinitions=[{"AttributeName": "place", "AttributeType": "S"}])
            url = sqs.create_queue(QueueName="donations")["QueueUrl"]
            more = "cloud: {places: places}"

            def item():
                return db.get_item(TableName="places", Key={"place": {"S": "place/donations/sqs:donations"}},
                                   ConsistentRead=True).get("Item", {})

            def kept_to_the_end():
                checkpoint = json.loads(item().get("checkpoint", {}).get("S", "{}"))
                return "next" in checkpoint and checkpoint

            settings = dict(AWS_ENDPOINT_URL_DYNAMODB=tables)
            whole = BLOCKS.read_bytes()
            growing = pathlib.Path(WORK.name) / "growing.blockfile"
            growing.write_bytes(whole[:len(whole) // 2])
            text = config("sqs:donations", more=more).replace(str(BLOCKS), str(growing))
            with peers.Belfry(text, endpoint, **settings) as first:
                some = peers.wait_for(lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10,
                                                                  VisibilityTimeout=0).get("Messages"), "the first half comes")
                self.assertIn(json.loads(some[0]["Body"])["id"], self.wanted)
                peers.wait_for(kept_to_the_end, "the place is in the table")
                self.assertEqual(item()["epoch"]["N"], "1")
                # Another machine, with nothing of the first one's, goes on where that one was; the first one is told at
                # its next write.
                with peers.Belfry(text, endpoint, **settings):
                    peers.wait_for(lambda: item()["epoch"]["N"] == "2", "the second one has the place")
                    with growing.open("ab") as file:
                        file.write(whole[len(whole) // 2:])
                    peers.wait_for(lambda: "another instance has taken over this listener's place" in first.log(),
                                   "the first one stops and says why")
                    messages = drain(sqs, url, len(self.wanted))
                self.assertEqual(set(self.ids(messages)), set(self.wanted))
                self.assertEqual(json.loads(item()["checkpoint"]["S"])["epoch"], 2)

    def judge_after(self, endpoint, actions):
        request = urllib.request.Request(endpoint + "/moto-api/reset-auth", actions.encode(), {"Content-Type": "text/plain"})
        with urllib.request.urlopen(request) as answer:
            self.assertEqual(answer.status, 200)

    def test_a_profile_assumes_its_role(self):
        """moto checks signatures and permissions: the user itself may do nothing but assume the role."""
        def policy(action, **more):
            return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **more}]})

        with peers.moto() as endpoint, tempfile.TemporaryDirectory(prefix="belfry-aws-") as folder, contextlib.ExitStack() as last:
            last.callback(self.judge_after, endpoint, "inf")  # the setting is this process's, and other tests come
            iam = peers.client("iam", endpoint)
            iam.create_user(UserName="belfry")
            iam.put_user_policy(UserName="belfry", PolicyName="assumes", PolicyDocument=policy("sts:AssumeRole", Resource="*"))
            key = iam.create_access_key(UserName="belfry")["AccessKey"]
            role = iam.create_role(RoleName="sender", AssumeRolePolicyDocument=policy("sts:AssumeRole", Principal={"AWS": "*"}))
            iam.put_role_policy(RoleName="sender", PolicyName="sends", PolicyDocument=policy("sqs:*", Resource="*"))
            url = peers.client("sqs", endpoint).create_queue(QueueName="donations")["QueueUrl"]
            self.judge_after(endpoint, "0")
            user = key["AccessKeyId"], key["SecretAccessKey"]
            with self.assertRaisesRegex(Exception, "AccessDenied"):
                peers.client("sqs", endpoint, *user).send_message(QueueUrl=url, MessageBody="not by itself")
            settings = pathlib.Path(folder, "config")
            settings.write_text(f"[profile ringer]\nrole_arn = {role['Role']['Arn']}\nsource_profile = keys\nregion = eu-west-1\n"
                                f"[profile keys]\naws_access_key_id = {user[0]}\naws_secret_access_key = {user[1]}\n")
            with peers.Belfry(config("sqs:donations"), endpoint, AWS_CONFIG_FILE=str(settings), AWS_PROFILE="ringer", AWS_REGION=None,
                              AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None):
                assumed = peers.client("sts", endpoint, *user).assume_role(
                    RoleArn=role["Role"]["Arn"], RoleSessionName="reader")["Credentials"]
                sqs = peers.client("sqs", endpoint, assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"])
                self.assertEqual(sorted(self.ids(drain(sqs, url, len(self.wanted)))), sorted(self.wanted))

    def test_an_identity_comes_from_secrets_manager(self):
        with peers.moto() as endpoint:
            text = f"""\
networks:
  charity:
    channel: mychannel
    msp: Org1MSP
    peers: [{{address: "127.0.0.1:{peers.free_port()}", plaintext: true}}]
    identity: {{secret: dev/fabricOrgs/org1/listener}}
listeners:
  donations: {{network: charity, to: "sqs:donations"}}
cloud: {{secrets: true}}
"""
            with peers.Belfry(text, endpoint) as belfry:
                self.assertEqual(belfry.process.wait(60), 1)
                self.assertIn("dev/fabricOrgs/org1/listener", belfry.log())
                self.assertIn("ResourceNotFoundException", belfry.log())
                secrets = peers.client("secretsmanager", endpoint)
                certificate, key = identity.make()
                secrets.create_secret(Name="dev/fabricOrgs/org1/listener/signcert", SecretString=certificate)
                secrets.create_secret(Name="dev/fabricOrgs/org1/listener/pk", SecretString=key)
                belfry.start()
                # Nobody listens there; it got as far as to ask.
                peers.wait_for(lambda: "127.0.0.1" in belfry.log().split("ResourceNotFoundException")[1], "it calls the peer")
                self.assertEqual(belfry.process.poll(), None)


if __name__ == "__main__":
    unittest.main(verbosity=2)
