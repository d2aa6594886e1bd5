"""A day with Lambda's API through boto3: functions made, called, changed and fed from queues."""
import base64
import io
import json
import unittest
import urllib.request
import zipfile

from botocore.exceptions import ClientError

import support

ROLE = "arn:aws:iam::000000000000:role/belfry"


def setUpModule():
    global belfry
    belfry = support.Belfry("aws: {}\nqueues: {fixed: {}}\nfunctions:\n"
                            f"  fixed: {{from: queue:fixed, lambda: {{handler: index.handler, runtime: nodejs, code: {support.HANDLERS}/plain}}}}\n")


def tearDownModule():
    belfry.stop()


def zip_of(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return out.getvalue()


ECHO = zip_of(index__py="import json, os\ndef handler(event, context):\n    print('got', json.dumps(event))\n"
                        "    if event == 'fail': raise KeyError('told to')\n    return {'event': event, 'colour': os.environ.get('COLOUR')}\n")
COUNT = zip_of(index__py="import json, os, boto3\nsqs = boto3.client('sqs')\ndef handler(event, context):\n"
                         "    bad = [it['messageId'] for it in event['Records'] if it['body'] == 'bad']\n"
                         "    sqs.send_message(QueueUrl=os.environ['OUT'], MessageBody=json.dumps([it['body'] for it in event['Records']]))\n"
                         "    return {'batchItemFailures': [{'itemIdentifier': it} for it in bad]}\n")


class Api(unittest.TestCase):
    def setUp(self):
        self.api = belfry.client("lambda")
        self.sqs = belfry.client("sqs")

    def make(self, name, code=ECHO, **more):
        made = self.api.create_function(FunctionName=name, Runtime="python3.12", Role=ROLE, Handler="index.handler", Code={"ZipFile": code},
                                        **{"Timeout": 30, "MemorySize": 256, **more})
        self.addCleanup(lambda: self.api.delete_function(FunctionName=name) if name in self.names() else None)
        return made

    def names(self):
        return [it["FunctionName"] for page in self.api.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}) for it in page["Functions"]]

    def refused(self, code, message, call, **input):
        with self.assertRaises(ClientError) as raised:
            call(**input)
        self.assertEqual((raised.exception.response["Error"]["Code"], raised.exception.response["Error"]["Message"]), (code, message))

    def test_the_life_of_a_function(self):
        made = self.make("life", Environment={"Variables": {"COLOUR": "green"}}, Tags={"team": "bells"}, Description="first")
        self.assertEqual((made["State"], made["Version"], made["PackageType"], made["CodeSize"]), ("Pending", "$LATEST", "Zip", len(ECHO)))
        self.api.get_waiter("function_active_v2").wait(FunctionName="life")
        self.refused("ResourceConflictException", "Function already exist: life", self.api.create_function, FunctionName="life", Runtime="python3.12",
                     Role=ROLE, Handler="index.handler", Code={"ZipFile": ECHO})
        got = self.api.get_function(FunctionName=made["FunctionArn"])
        self.assertEqual(got["Tags"], {"team": "bells"})
        self.assertEqual(got["Configuration"]["LastUpdateStatus"], "Successful")
        with urllib.request.urlopen(got["Code"]["Location"]) as answer:
            self.assertEqual(answer.read(), ECHO)
        called = self.api.invoke(FunctionName="life", Payload=b'{"a": 1}', LogType="Tail")
        self.assertEqual(json.load(called["Payload"]), {"event": {"a": 1}, "colour": "green"})
        self.assertEqual((called["StatusCode"], called["ExecutedVersion"]), (200, "$LATEST"))
        self.assertIn("got {\"a\": 1}\n", base64.b64decode(called["LogResult"]).decode())
        updated = self.api.update_function_configuration(FunctionName="life", Environment={"Variables": {"COLOUR": "blue"}}, Timeout=31)
        self.assertEqual((updated["Timeout"], updated["LastUpdateStatus"]), (31, "InProgress"))
        self.api.get_waiter("function_updated_v2").wait(FunctionName="life")
        self.assertEqual(json.load(self.api.invoke(FunctionName="life")["Payload"]), {"event": {}, "colour": "blue"})
        self.api.update_function_code(FunctionName="life", ZipFile=zip_of(index__py="def handler(event, context): return 'new'\n"))
        self.assertEqual(json.load(self.api.invoke(FunctionName="life")["Payload"]), "new")
        self.assertIn("life", self.names())
        self.api.delete_function(FunctionName="life")
        self.assertNotIn("life", self.names())
        self.refused("ResourceNotFoundException", f"Function not found: arn:aws:lambda:{support.REGION}:000000000000:function:life",
                     self.api.get_function, FunctionName="life")

    def test_errors_of_functions_and_bad_requests(self):
        self.make("errors")
        failed = self.api.invoke(FunctionName="errors", Payload=b'"fail"')
        self.assertEqual(failed["FunctionError"], "Unhandled")
        self.assertEqual(json.load(failed["Payload"])["errorType"], "KeyError")
        self.assertEqual(self.api.invoke(FunctionName="errors", InvocationType="DryRun")["StatusCode"], 204)
        with self.assertRaises(self.api.exceptions.InvalidRequestContentException):
            self.api.invoke(FunctionName="errors", Payload=b"{no json")
        self.refused("ResourceNotFoundException", f"Function not found: arn:aws:lambda:{support.REGION}:000000000000:function:errors:live",
                     self.api.invoke, FunctionName="errors", Qualifier="live")
        self.refused("InvalidParameterValueException", "The derived qualifier from the function name does not match the specified qualifier.",
                     self.api.get_function, FunctionName="errors:$LATEST", Qualifier="1")
        self.refused("ResourceNotFoundException", f"Functions from 'us-west-2' are not reachable in this region ('{support.REGION}')",
                     self.api.get_function, FunctionName="arn:aws:lambda:us-west-2:000000000000:function:errors")
        for what, (code, message) in {
            "Timeout": ("ValidationException", "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900"),
            "MemorySize": ("ValidationException", "1 validation error detected: Value '901000' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240"),
        }.items():
            self.refused(code, message, self.api.update_function_configuration, FunctionName="errors", **{what: int(message.split("'")[1])})
        self.refused("InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try to upload again.",
                     self.api.update_function_code, FunctionName="errors", ZipFile=b"not a zip")
        with self.assertRaises(ClientError) as raised:
            self.api.publish_version(FunctionName="errors")
        self.assertEqual(raised.exception.response["Error"]["Code"], "UnsupportedOperation")

    def test_the_configurations_functions_are_there_to_be_called(self):
        self.assertIn("fixed", self.names())
        self.assertEqual(json.load(self.api.invoke(FunctionName="fixed", Payload=b"{}")["Payload"])["name"], "fixed")
        with self.assertRaises(self.api.exceptions.ResourceConflictException):
            self.api.delete_function(FunctionName="fixed")

    def test_permissions_tags_and_concurrency(self):
        made = self.make("rules")
        self.refused("ResourceNotFoundException", "The resource you requested does not exist.", self.api.get_policy, FunctionName="rules")
        added = self.api.add_permission(FunctionName="rules", StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com",
                                        SourceArn="arn:aws:sns:eu-west-1:000000000000:news")
        self.assertEqual(json.loads(added["Statement"])["Principal"], {"Service": "sns.amazonaws.com"})
        self.assertEqual(json.loads(self.api.get_policy(FunctionName="rules")["Policy"])["Statement"], [json.loads(added["Statement"])])
        with self.assertRaises(self.api.exceptions.ResourceConflictException):
            self.api.add_permission(FunctionName="rules", StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com")
        self.api.remove_permission(FunctionName="rules", StatementId="sns")
        self.api.tag_resource(Resource=made["FunctionArn"], Tags={"a": "1", "b": "2"})
        self.api.untag_resource(Resource=made["FunctionArn"], TagKeys=["a"])
        self.assertEqual(self.api.list_tags(Resource=made["FunctionArn"])["Tags"], {"b": "2"})
        self.api.put_function_concurrency(FunctionName="rules", ReservedConcurrentExecutions=0)
        self.assertEqual(self.api.get_function_concurrency(FunctionName="rules")["ReservedConcurrentExecutions"], 0)
        with self.assertRaises(self.api.exceptions.TooManyRequestsException):
            self.api.invoke(FunctionName="rules")
        self.api.delete_function_concurrency(FunctionName="rules")
        self.assertEqual(self.api.invoke(FunctionName="rules")["StatusCode"], 200)

    def test_events_for_later_survive_and_end_with_the_dead_letters(self):
        self.sqs.create_queue(QueueName="later-dead")
        self.make("later", DeadLetterConfig={"TargetArn": f"arn:aws:sqs:{support.REGION}:000000000000:later-dead"})
        self.api.put_function_event_invoke_config(FunctionName="later", MaximumRetryAttempts=0)
        self.assertEqual(self.api.invoke(FunctionName="later", InvocationType="Event", Payload=b'"fail"')["StatusCode"], 202)
        letter = belfry.until(lambda: self.sqs.receive_message(QueueUrl="later-dead", MessageAttributeNames=["All"], WaitTimeSeconds=5).get("Messages"), "the dead letter")[0]
        self.assertEqual(letter["Body"], '"fail"')
        self.assertIn("told to", letter["MessageAttributes"]["ErrorMessage"]["StringValue"])

    def test_a_queue_feeds_a_function(self):
        for name in ("feed-out", "feed-dead"):
            self.sqs.create_queue(QueueName=name)
        self.sqs.create_queue(QueueName="feed", Attributes={
            "VisibilityTimeout": "30", "RedrivePolicy": json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{support.REGION}:000000000000:feed-dead", "maxReceiveCount": 1})})
        source = f"arn:aws:sqs:{support.REGION}:000000000000:feed"
        self.make("feed", COUNT, Environment={"Variables": {"OUT": "feed-out"}})
        self.refused("InvalidParameterValueException", "Function does not exist", self.api.create_event_source_mapping, EventSourceArn=source, FunctionName="nobody")
        self.refused("InvalidParameterValueException", "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
                     self.api.create_event_source_mapping, EventSourceArn=source, FunctionName="feed", BatchSize=11)
        self.refused("InvalidParameterValueException", "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error "
                     "Message: The specified queue does not exist.", self.api.create_event_source_mapping, EventSourceArn=source + "x", FunctionName="feed")
        made = self.api.create_event_source_mapping(EventSourceArn=source, FunctionName="feed", BatchSize=2, FunctionResponseTypes=["ReportBatchItemFailures"],
                                                    FilterCriteria={"Filters": [{"Pattern": json.dumps({"body": [{"anything-but": "unwanted"}]})}]})
        self.assertEqual((made["State"], made["BatchSize"], made["MaximumBatchingWindowInSeconds"]), ("Creating", 2, 0))
        uuid = made["UUID"]
        self.assertEqual(self.api.get_event_source_mapping(UUID=uuid)["State"], "Enabled")
        self.assertEqual([it["UUID"] for it in self.api.list_event_source_mappings(FunctionName="feed")["EventSourceMappings"]], [uuid])
        for body in ("1", "bad", "unwanted", "2"):
            self.sqs.send_message(QueueUrl="feed", MessageBody=body)
        seen = []
        while len(seen) < 3:
            for message in self.sqs.receive_message(QueueUrl="feed-out", MaxNumberOfMessages=10, WaitTimeSeconds=5).get("Messages", []):
                seen += json.loads(message["Body"])
                self.sqs.delete_message(QueueUrl="feed-out", ReceiptHandle=message["ReceiptHandle"])
        self.assertEqual(sorted(seen), ["1", "2", "bad"])
        letter = belfry.until(lambda: self.sqs.receive_message(QueueUrl="feed-dead", WaitTimeSeconds=5).get("Messages"), "the dead letter")
        self.assertEqual(letter[0]["Body"], "bad")
        self.assertEqual(self.api.update_event_source_mapping(UUID=uuid, Enabled=False)["State"], "Disabling")
        self.assertEqual(self.api.get_event_source_mapping(UUID=uuid)["State"], "Disabled")
        self.assertEqual(self.api.delete_event_source_mapping(UUID=uuid)["State"], "Deleting")
        self.refused("ResourceNotFoundException", "The resource you requested does not exist.", self.api.get_event_source_mapping, UUID=uuid)

    def test_the_command(self):
        folder = belfry.folder / "mine"
        folder.mkdir()
        (folder / "index.js").write_text("exports.handler = async (event) => ({doubled: event.n * 2, by: process.env.BY});\n")
        belfry.command("function", "create", "double", "--code", "mine", "--runtime", "nodejs20.x", "--handler", "index.handler", "--env", "BY=me", "--timeout", "30")
        self.assertIn("double", belfry.command("function", "list").stdout)
        self.assertEqual(json.loads(belfry.command("function", "invoke", "double", "--event", '{"n": 4}').stdout), {"doubled": 8, "by": "me"})
        (folder / "index.js").write_text("exports.handler = async (event) => { throw new Error('broken now'); };\n")
        belfry.command("function", "update", "double", "--code", "mine")
        failed = belfry.command("function", "invoke", "double", check=False)
        self.assertEqual(failed.returncode, 1)
        self.assertIn("broken now", failed.stdout)
        self.assertIn("START RequestId", belfry.command("function", "logs", "double").stdout)
        belfry.command("function", "delete", "double")
        self.assertIn("there is no function 'double'", belfry.command("function", "show", "double", check=False).stderr)

    def test_a_restart_keeps_functions_and_mappings(self):
        self.sqs.create_queue(QueueName="kept-out")
        self.sqs.create_queue(QueueName="kept")
        self.make("kept", COUNT, Environment={"Variables": {"OUT": "kept-out"}})
        made = self.api.create_event_source_mapping(EventSourceArn=f"arn:aws:sqs:{support.REGION}:000000000000:kept", FunctionName="kept")
        belfry.kill()
        belfry.start()
        self.setUp()
        self.sqs.send_message(QueueUrl="kept", MessageBody="after")
        self.assertEqual(belfry.until(lambda: self.sqs.receive_message(QueueUrl="kept-out", WaitTimeSeconds=5).get("Messages"), "the message")[0]["Body"], '["after"]')
        self.api.delete_event_source_mapping(UUID=made["UUID"])


if __name__ == "__main__":
    unittest.main()
