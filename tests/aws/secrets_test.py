"""A day with Secrets Manager, Systems Manager and STS: boto3, and the aws command of the same environment."""
import json
import os
import subprocess
import sys
import unittest
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import support


def setUpModule():
    global belfry
    belfry = support.Belfry()
    os.environ.update(support.environment(belfry.endpoint))


def tearDownModule():
    belfry.stop()


def client(service):
    return boto3.client(service, endpoint_url=belfry.endpoint, config=Config(retries={"max_attempts": 0}))


class Secrets(unittest.TestCase):
    def setUp(self):
        self.sm = client("secretsmanager")

    def test_a_service_and_its_password(self):
        made = self.sm.create_secret(Name="shop/db", SecretString="one", Tags=[{"Key": "team", "Value": "bells"}])
        self.assertRegex(made["ARN"], r"^arn:aws:secretsmanager:eu-west-1:\d{12}:secret:shop/db-[A-Za-z0-9]{6}$")
        with self.assertRaises(self.sm.exceptions.ResourceExistsException):
            self.sm.create_secret(Name="shop/db", SecretString="two")
        self.sm.put_secret_value(SecretId="shop/db", SecretBinary=b"\x00\xff")
        self.assertEqual(self.sm.get_secret_value(SecretId=made["ARN"])["SecretBinary"], b"\x00\xff")
        before = self.sm.get_secret_value(SecretId="shop/db", VersionStage="AWSPREVIOUS")
        self.assertEqual((before["SecretString"], before["VersionId"]), ("one", made["VersionId"]))
        shown = self.sm.describe_secret(SecretId="shop/db")
        self.assertEqual(shown["Tags"], [{"Key": "team", "Value": "bells"}])
        self.assertEqual(shown["CreatedDate"].year, shown["LastChangedDate"].year)
        self.sm.delete_secret(SecretId="shop/db", RecoveryWindowInDays=7)
        with self.assertRaises(self.sm.exceptions.InvalidRequestException):
            self.sm.get_secret_value(SecretId="shop/db")
        self.sm.restore_secret(SecretId="shop/db")
        self.sm.delete_secret(SecretId="shop/db", ForceDeleteWithoutRecovery=True)
        with self.assertRaises(self.sm.exceptions.ResourceNotFoundException):
            self.sm.describe_secret(SecretId="shop/db")

    def test_what_a_rotation_does(self):
        first = self.sm.create_secret(Name="rotated", SecretString="1")["VersionId"]
        second = str(uuid.uuid4())
        self.sm.put_secret_value(SecretId="rotated", ClientRequestToken=second, SecretString="2", VersionStages=["AWSPENDING"])
        self.assertEqual(self.sm.get_secret_value(SecretId="rotated", VersionId=second, VersionStage="AWSPENDING")["SecretString"], "2")
        self.sm.update_secret_version_stage(SecretId="rotated", VersionStage="AWSCURRENT", MoveToVersionId=second,
                                            RemoveFromVersionId=first)
        self.assertEqual(self.sm.get_secret_value(SecretId="rotated")["SecretString"], "2")
        self.assertEqual(self.sm.describe_secret(SecretId="rotated")["VersionIdsToStages"][first], ["AWSPREVIOUS"])
        with self.assertRaises(ClientError) as refused:
            self.sm.rotate_secret(SecretId="rotated")
        self.assertEqual(refused.exception.response["Error"]["Code"], "UnsupportedOperation")

    def test_listing_in_pages(self):
        for i in range(5):
            self.sm.create_secret(Name=f"page/{i}", SecretString=str(i))
        pages = self.sm.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": ["page/"]}],
                                                               PaginationConfig={"PageSize": 2})
        self.assertEqual([[it["Name"] for it in page["SecretList"]] for page in pages],
                         [["page/4", "page/3"], ["page/2", "page/1"], ["page/0"]])
        self.assertEqual(len(self.sm.get_random_password(PasswordLength=20)["RandomPassword"]), 20)

    def test_a_kill_loses_nothing(self):
        self.sm.create_secret(Name="kept", SecretString="through it all")
        belfry.kill()
        belfry.start()
        self.assertEqual(client("secretsmanager").get_secret_value(SecretId="kept")["SecretString"], "through it all")


class Parameters(unittest.TestCase):
    def test_what_a_container_reads(self):
        ssm = client("ssm")
        ssm.put_parameter(Name="/shop/port", Value="80", Type="String")
        ssm.put_parameter(Name="/shop/key", Value="sesame", Type="SecureString")
        with self.assertRaises(ssm.exceptions.ParameterAlreadyExists):
            ssm.put_parameter(Name="/shop/port", Value="81", Type="String")
        self.assertEqual(ssm.put_parameter(Name="/shop/port", Value="81", Type="String", Overwrite=True)["Version"], 2)
        got = ssm.get_parameters(Names=["/shop/port", "/shop/key", "/none"], WithDecryption=True)
        self.assertEqual([it["Value"] for it in got["Parameters"]], ["81", "sesame"])
        self.assertEqual(got["InvalidParameters"], ["/none"])
        self.assertNotEqual(ssm.get_parameter(Name="/shop/key")["Parameter"]["Value"], "sesame")
        self.assertEqual(len(ssm.get_parameters_by_path(Path="/shop")["Parameters"]), 2)
        ssm.delete_parameter(Name="/shop/port")
        with self.assertRaises(ssm.exceptions.ParameterNotFound):
            ssm.get_parameter(Name="/shop/port")


class Shell(unittest.TestCase):
    def aws(self, *arguments):
        done = subprocess.run([os.path.join(os.path.dirname(sys.executable), "aws"), "--endpoint-url", belfry.endpoint,
                               "--output", "json", *arguments], env=support.environment(belfry.endpoint), capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def test_a_secret_and_who_am_i(self):
        self.assertEqual(self.aws("sts", "get-caller-identity")["Arn"], "arn:aws:iam::000000000000:root")
        self.aws("secretsmanager", "create-secret", "--name", "shell", "--secret-string", '{"user":"ann"}')
        self.assertEqual(self.aws("secretsmanager", "get-secret-value", "--secret-id", "shell")["SecretString"], '{"user":"ann"}')
        self.assertIn("shell", [it["Name"] for it in self.aws("secretsmanager", "list-secrets")["SecretList"]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
