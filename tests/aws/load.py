"""Much of everything: queues, messages, idle polls, subscribers that hang, fail and trickle. Prints what it measured and fails when
something is lost, memory is not bounded, or one feels what another does. --short: a twentieth of it, without judging speed."""
import argparse
import atexit
import json
import os
import re
import select
import threading
import time

import support
from raw import Connection, json_request, rss, status
from subscribers import Fails, Hangs, Healthy, Trickles

MIB = 1 << 20
PATIENCE = 120  # seconds: for what must come


def started(config):
    """A belfry that does not outlive this program, whatever fails."""
    belfry = support.Belfry(config)
    atexit.register(lambda: belfry.process.poll() is None and belfry.process.kill())
    return belfry


def host_of(belfry):
    host, port = belfry.endpoint.removeprefix("http://").split(":")
    return host, int(port)


def cpu(pid):
    """Seconds of CPU that the process has used."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def by_threads(work, count, problems):
    """Runs it by so many threads at once; seconds. The first of the problems it met is raised."""
    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(count)]
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    if problems:
        raise problems[0]
    return time.monotonic() - began


def bulk(host, requests, connections=4, depth=32):
    """Sends requests over a few connections, pipelined; all must succeed. Returns the seconds it took."""
    requests, lock, problems = iter(requests), threading.Lock(), []

    def work():
        try:
            with Connection(host) as it:
                while not problems:
                    with lock:
                        some = [request for _, request in zip(range(depth), requests)]
                    if not some:
                        return
                    it.send(b"".join(some))
                    for _ in some:
                        got = it.answer()
                        if status(got) != 200 or b'"Failed":[{' in got:
                            raise AssertionError(got[:500])
        except Exception as problem:
            problems.append(problem)

    return by_threads(work, connections, problems)


def take(host, queue, count, connections=2):
    """Receives and deletes `count` messages, a few more perhaps; seconds, and how many it were."""
    taken, lock, problems = [0], threading.Lock(), []

    def work():
        try:
            with Connection(host) as it:
                while not problems and taken[0] < count:
                    messages = it.call("ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
                    it.call("DeleteMessageBatch", QueueUrl=queue, Entries=[
                        {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(messages)])
                    with lock:
                        taken[0] += len(messages)
        except Exception as problem:
            problems.append(problem)

    took = by_threads(work, connections, problems)
    return took, taken[0]


def depth_of(it, queue):
    return int(it.call("GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"])


def many_queues(short):
    count = 500 if short else 10_000
    belfry = started("aws: {}\n")
    host = host_of(belfry)
    empty = rss(belfry.process.pid)
    took = bulk(host, (json_request("CreateQueue", QueueName=f"queue-{i}") for i in range(count)))
    print(f"queues: {count} made, {count / took:.0f}/s; {(rss(belfry.process.pid) - empty) / count / 1024:.1f} KiB each", flush=True)
    took = bulk(host, (json_request("SendMessage", QueueUrl=f"queue-{i}", MessageBody=f"message {i}") for i in range(count)))
    print(f"queues: a message to each, {count / took:.0f}/s", flush=True)
    belfry.kill()
    began = time.monotonic()
    belfry.start()
    print(f"queues: ready {1000 * (time.monotonic() - began):.0f} ms after a kill, {rss(belfry.process.pid) / MIB:.0f} MiB", flush=True)
    with Connection(host_of(belfry)) as it:
        listed, page = 0, {}
        while page is not None:
            got = it.call("ListQueues", MaxResults=1000, **page)
            listed += len(got["QueueUrls"])
            page = {"NextToken": got["NextToken"]} if "NextToken" in got else None
        assert listed == count, listed
        for i in range(count):
            messages = it.call("ReceiveMessage", QueueUrl=f"queue-{i}")["Messages"]
            assert messages[0]["Body"] == f"message {i}", messages
    belfry.stop()


def deep_queue(short):
    shallow, deep, taken = (2_000, 50_000, 1_000) if short else (10_000, 1_000_000, 8_000)
    belfry = started("aws: {}\n")
    host = host_of(belfry)
    body = "x" * 500
    batch = json_request("SendMessageBatch", QueueUrl="deep", Entries=[{"Id": str(i), "MessageBody": body} for i in range(10)])
    with Connection(host) as it:
        it.call("CreateQueue", QueueName="deep")
        costs, empty = [], rss(belfry.process.pid)
        for depth in (shallow, deep):
            missing = depth - depth_of(it, "deep")
            took = bulk(host, (batch for _ in range(missing // 10)))
            grown = rss(belfry.process.pid) - empty
            print(f"depth {depth}: sent {missing / took:.0f}/s; {grown / MIB:.0f} MiB more, {grown / depth:.0f} bytes a message", flush=True)
            before = cpu(belfry.process.pid)
            took, gone = take(host, "deep", taken)
            costs.append(1e6 * (cpu(belfry.process.pid) - before) / gone)
            print(f"depth {depth}: received and deleted {gone / took:.0f}/s, {costs[-1]:.0f} us of CPU a message", flush=True)
            left = depth - gone
            assert depth_of(it, "deep") == left
        assert grown < (128 if short else 512) * MIB, grown
        assert short or costs[1] < 1.5 * costs[0] + 5, costs
    belfry.kill()
    began = time.monotonic()
    belfry.start()
    print(f"depth {deep}: ready {1000 * (time.monotonic() - began):.0f} ms after a kill, {rss(belfry.process.pid) / MIB:.0f} MiB", flush=True)
    with Connection(host_of(belfry)) as it:
        assert depth_of(it, "deep") == left
    belfry.stop()


def idle_polls(short):
    count, queues = (500, 50) if short else (5_000, 500)
    belfry = started("aws: {}\n")
    host = host_of(belfry)
    bulk(host, (json_request("CreateQueue", QueueName=f"idle-{i}") for i in range(queues)))
    polls, asked = {}, {}
    waiting = select.poll()
    for i in range(count):
        it = Connection(host)
        polls[it.socket.fileno()] = it
        asked[it.socket.fileno()] = json_request("ReceiveMessage", QueueUrl=f"idle-{i % queues}", WaitTimeSeconds=20)
        it.send(asked[it.socket.fileno()])
        waiting.register(it.socket, select.POLLIN)
    memory = rss(belfry.process.pid)
    before = cpu(belfry.process.pid)
    time.sleep(2)  # what is measured: two idle seconds
    print(f"polls: {count} idle ones in {memory / MIB:.0f} MiB, {100 * (cpu(belfry.process.pid) - before) / 2:.1f} % of a CPU", flush=True)
    assert memory <= 200 * MIB, memory
    longest = 0
    with Connection(host) as sender:
        for i in range(queues):
            bodies, began = [], time.monotonic()
            sender.call("SendMessage", QueueUrl=f"idle-{i}", MessageBody=f"wake up {i}")
            while not bodies:
                ready = waiting.poll(1000 * PATIENCE)
                assert ready, "nobody was woken"
                for descriptor, _ in ready:
                    answer = json.loads(polls[descriptor].answer().split(b"\r\n\r\n", 1)[1])
                    bodies += [message["Body"] for message in answer.get("Messages", [])]
                    if "Messages" in answer:
                        waiting.unregister(descriptor)
                    else:  # its 20 seconds are over: it asks again
                        polls[descriptor].send(asked[descriptor])
            longest = max(longest, time.monotonic() - began)
            assert bodies == [f"wake up {i}"], bodies
    print(f"polls: the slowest of {queues} wake-ups took {1000 * longest:.1f} ms", flush=True)
    for it in polls.values():
        it.close()
    belfry.stop()


def bad_subscribers(short):
    """Subscribers that hang, fail and trickle, many of them, beside one that does its work on the same topic, and one on another."""
    publications, sick = (30, 3) if short else (300, 40)
    belfry = started("aws: {}\nwebhooks: {allow_private: true}\n")
    with Connection(host_of(belfry)) as it:
        def topic(name):
            arn = f"arn:aws:sns:us-east-1:000000000000:{name}"
            assert it.query(Action="CreateTopic", Name=name)[0] == 200
            return arn

        def subscribe(arn, server):
            assert it.query(Action="Subscribe", TopicArn=arn, Protocol="http", Endpoint=server.url)[0] == 200
            code, answer = it.query(Action="ConfirmSubscription", TopicArn=arn, Token=server.token())
            assert code == 200, answer
            server.arn = re.search("<SubscriptionArn>(.*)</SubscriptionArn>", answer).group(1)
            return server

        def rounds(arn, server):
            """Each message published when the one before has come."""
            times = []
            before = cpu(belfry.process.pid)
            for i in range(publications):
                began = time.monotonic()
                assert it.query(Action="Publish", TopicArn=arn, Message=str(i))[0] == 200
                assert server.message() == str(i)
                times.append(time.monotonic() - began)
            times.sort()
            return (f"publish to delivery p50 {1000 * times[len(times) // 2]:.1f} ms, p99 {1000 * times[len(times) * 99 // 100]:.1f} ms, "
                    f"{1000 * (cpu(belfry.process.pid) - before) / publications:.1f} ms of CPU each")

        calm, news = topic("calm"), topic("news")
        quiet, healthy = subscribe(calm, Healthy()), subscribe(news, Healthy())
        print(f"subscribers: one alone: {rounds(calm, quiet)}", flush=True)
        well = [subscribe(news, Healthy()) for _ in range(3 * sick)]
        print(f"subscribers: one of {len(well) + 1} healthy ones: {rounds(news, healthy)}", flush=True)
        for server in well:
            assert it.query(Action="Unsubscribe", SubscriptionArn=server.arn)[0] == 200
        ill = [subscribe(news, kind()) for kind in (Hangs, Fails, Trickles) for _ in range(sick)]
        memory = rss(belfry.process.pid)
        print(f"subscribers: one beside {sick} each that hang, fail and trickle: {rounds(news, healthy)}; "
              f"{(rss(belfry.process.pid) - memory) / MIB:.0f} MiB more", flush=True)
        print(f"subscribers: one of another topic, while those have {publications} messages each: {rounds(calm, quiet)}", flush=True)
        assert not healthy.surplus() and not quiet.surplus()
        for server in [quiet, healthy, *well, *ill]:
            server.close()
    belfry.stop()


PARTS = {"queues": many_queues, "depth": deep_queue, "polls": idle_polls, "subscribers": bad_subscribers}

if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--short", action="store_true")
    arguments.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    given = arguments.parse_args()
    for name in given.parts or PARTS:
        PARTS[name](given.short)
    print("load: done", flush=True)
