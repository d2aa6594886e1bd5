"""The same with boto3, and to a phone directly, without a topic."""
import json
import os

import boto3

sns = boto3.client("sns")


def handler(event, context):
    for record in event["Records"]:
        payload = json.loads(record["body"])["payload"]
        sns.publish(PhoneNumber=os.environ["PHONE"], Message=f"thank you, {payload['createdBy']}")
    print("handled", len(event["Records"]), "with", context.get_remaining_time_in_millis() > 0)
