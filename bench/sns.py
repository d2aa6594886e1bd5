"""Publish to a topic with 100 filtered subscriptions of which one matches, each a queue: belfry, which syncs every message to its disk,
beside stand-ins that keep them in memory. Messages of 500 bytes; server CPU from /proc.

  sns.py [--seconds 4] [--only belfry,fauxqs]"""
import argparse
import json
import pathlib
import sys
import tempfile
import urllib.parse

import aws_peers
from aws_peers import between, load

PEERS = {"belfry": aws_peers.belfry, "fauxqs": aws_peers.fauxqs, "goaws": aws_peers.goaws, "moto": aws_peers.moto}
SUBSCRIPTIONS, WANTED = 100, 10


def subscribe(server):
    """The topic's ARN, the queue of the one subscription that matches, and that of another."""
    topic = between(server.query("sns", "CreateTopic", {"Name": "news"}), "TopicArn")
    queues = []
    for i in range(SUBSCRIPTIONS):
        url = server.create_queue(f"kind-{i}")
        account, name = urllib.parse.urlsplit(url).path.strip("/").split("/")
        queues.append(url)
        attributes = {"FilterPolicy": json.dumps({"kind": [f"k{i}"]}), "RawMessageDelivery": "true"}
        fields = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": f"arn:aws:sqs:us-east-1:{account}:{name}"}
        for n, (key, value) in enumerate(attributes.items(), 1):
            fields |= {f"Attributes.entry.{n}.key": key, f"Attributes.entry.{n}.value": value}
        server.query("sns", "Subscribe", fields)
    return topic, queues[SUBSCRIPTIONS // 2], queues[0]


def publication(server, topic):
    """The whole HTTP request."""
    body = urllib.parse.urlencode({
        "Action": "Publish", "Version": "2010-03-31", "TopicArn": topic, "Message": "x" * 500,
        "MessageAttributes.entry.1.Name": "kind", "MessageAttributes.entry.1.Value.DataType": "String",
        "MessageAttributes.entry.1.Value.StringValue": f"k{SUBSCRIPTIONS // 2}"})
    return (f"POST / HTTP/1.1\r\nHost: {server.to}\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Amz-Date: 20261124T120000Z\r\n"
            "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/us-east-1/sns/aws4_request, SignedHeaders=host, "
            f"Signature={'0' * 64}\r\nContent-Length: {len(body)}\r\n\r\n{body}")


def measure(server, seconds):
    topic, queue, other = subscribe(server)
    found = {}
    with tempfile.NamedTemporaryFile("w", newline="") as request:
        request.write(publication(server, topic))
        request.flush()
        for connections in (16, 64):
            try:
                got = load("post", server.to, request.name, "--connections", connections, "--seconds", seconds, "--pid", server.process.pid)
            except RuntimeError as error:
                print(f"  {server.name}: {error}")
                continue
            found[connections] = got
            print(f"{server.name:10} {connections:3} connections {got['per_second']:10,.0f} /s  {got['cpu_us']:8.1f} us of CPU each" +
                  (f"  {got['errors']} ERRORS" if got["errors"] else ""))
            sys.stdout.flush()
    if not server.visible(queue) or server.visible(other):
        print(f"  {server.name}: its filters do not work: what it did is not counted")
        return {}
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    parser.add_argument("--only", default=",".join(PEERS), help="of " + ",".join(PEERS))
    options = parser.parse_args()
    found = {server.name: measure(server, options.seconds)
             for server in aws_peers.available(*(PEERS[name] for name in options.only.split(",")))}
    for connections in (16, 64):
        ours = found.get("belfry", {}).get(connections)
        others = {name: got[connections] for name, got in found.items() if name != "belfry" and connections in got}
        if not ours or not others:
            continue
        best = max(others, key=lambda name: others[name]["per_second"])
        ratio = ours["per_second"] / others[best]["per_second"]
        cpu = min(got["cpu_us"] for got in others.values()) / ours["cpu_us"]
        print(f"belfry, {connections} connections: {ratio:.1f}x the best per second ({best}), 1/{cpu:.1f} of the least CPU "
              f"(wanted {WANTED}x){'' if ratio >= WANTED else '  MISSED'}")


if __name__ == "__main__":
    main()
