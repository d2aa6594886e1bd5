"""A listener whose target is a function elsewhere: `lambda:announce`, as it would be at AWS, is another belfry's Lambda API, with
users and signatures. Each event calls the function, and the function's SDK reaches the topic and the phone."""
import io
import json
import lzma
import os
import subprocess
import unittest
import zipfile

import support

LEDGER = support.PROJECT / "tests/data/ledgers/ngo-3.1/mychannel.blockfile.xz"
MATCH = '{chaincode: ngo, event: donationCreated, payload: {donationAmount: [{numeric: [">=", 95]}]}}'
PHONE = "+15555550100"
ACCOUNT = f"{support.REGION}:000000000000"

SERVICES = f"""\
aws:
  region: {support.REGION}
  users:
    admin:
      access_key: AKIDEXAMPLE
      secret_key: secret
      policy: {{Statement: {{Effect: Allow, Action: "*", Resource: "*"}}}}
    listener:
      access_key: AKLISTENER
      secret_key: of the listener
      policy: {{Statement: {{Effect: Allow, Action: "lambda:InvokeFunction", Resource: "arn:aws:lambda:{ACCOUNT}:function:announce"}}}}
    announcer:
      access_key: AKANNOUNCER
      secret_key: of the function
      policy: {{Statement: {{Effect: Allow, Action: "sns:Publish", Resource: "arn:aws:sns:{ACCOUNT}:news"}}}}
topics:
  news: {{subscriptions: [{{protocol: sms, endpoint: "{PHONE}"}}]}}
"""

LISTENER = """\
networks:
  charity: {{blocks: mychannel.blockfile}}
listeners:
  donations: {{network: charity, match: {match}, to: "lambda:announce"}}
cloud: {{endpoint: "{endpoint}", region: {region}, access_key: AKLISTENER, secret_key: of the listener}}
"""

HANDLER = f"""\
import boto3
sns = boto3.client("sns")

def handler(event, context):
    text = f"{{event['payload']['createdBy']}} gave ${{event['payload']['donationAmount']}} ({{event['id']}})"
    sns.publish(TopicArn="arn:aws:sns:{ACCOUNT}:news", Message=text)
"""


def wanted(blocks):
    out = subprocess.run([os.environ["BELFRY"], "events", blocks, "--output", "json", "--match", MATCH], capture_output=True, text=True, check=True)
    return {it["id"]: it for it in map(json.loads, out.stdout.splitlines())}


class Target(unittest.TestCase):
    def test_each_event_calls_the_function(self):
        services = support.Belfry(SERVICES)
        self.addCleanup(services.stop)
        listener = support.Belfry(LISTENER.format(match=MATCH, endpoint=services.endpoint, region=support.REGION),
                                  {"mychannel.blockfile": lzma.decompress(LEDGER.read_bytes())})
        self.addCleanup(listener.stop)
        events = wanted(listener.folder / "mychannel.blockfile")
        self.assertGreater(len(events), 50)

        # The function is not there yet: the events wait for it, and belfry says why.
        listener.until(lambda: "ResourceNotFoundException" in (listener.folder / "log").read_text(), "the refusal")
        status = json.loads(listener.command("status", "--output", "json").stdout)
        self.assertIn("ResourceNotFoundException", json.dumps(status["listeners"]))
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("index.py", HANDLER)
        services.client("lambda").create_function(
            FunctionName="announce", Runtime="python3.12", Role="arn:aws:iam::000000000000:role/announcer", Handler="index.handler",
            Code={"ZipFile": code.getvalue()}, Timeout=60, MemorySize=256)

        def rung():
            return {it["text"].rsplit("(", 1)[1].rstrip(")"): it for it in services.outbox()}

        services.until(lambda: len(rung()) >= len(events) // 2, "half of the texts")
        listener.kill()
        listener.start()
        texts = services.until(lambda: (got := rung()) and len(got) >= len(events) and got, "every text")
        self.assertEqual(set(texts), set(events))
        for key, text in texts.items():
            payload = events[key]["payload"]
            self.assertEqual(text["text"], f"{payload['createdBy']} gave ${payload['donationAmount']} ({key})")
            self.assertEqual(text["to"], PHONE)

        # Those keys are good for nothing else.
        with self.assertRaisesRegex(Exception, "AccessDenied"):
            support.boto3.client("lambda", endpoint_url=services.endpoint, region_name=support.REGION, aws_access_key_id="AKLISTENER",
                                 aws_secret_access_key="of the listener").list_functions()


if __name__ == "__main__":
    unittest.main()
