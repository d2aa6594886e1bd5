"""The same with boto3."""
import json
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        payload = json.loads(record["body"])["payload"]
        text = f"thank you, {payload['createdBy']}"
        sqs.send_message(QueueUrl=os.environ["TEXTS"], MessageBody=json.dumps({"text": text, "by": "python"}))
    print("handled", len(event["Records"]), "with", context.get_remaining_time_in_millis() > 0)
