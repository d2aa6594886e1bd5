#!/usr/bin/env python3
"""`belfry run` on the recorded ledger: what arrives, through restarts and kills, and the admin API meanwhile."""
import base64
import collections
import json
import signal

from support import CliTest, block_file, main, truth


def donations():
    return [json.loads(base64.b64decode(it["event"]["payload_base64"])) for it in truth()
            if it["event"] and it["validation_code"] == 0 and it["event"]["name"] == "donationCreated"]


def expected_texts():
    return collections.Counter(f"{it['createdBy']} gave ${it['donationAmount']}" for it in donations())


class EndToEnd(CliTest):
    def outbox(self, *arguments):
        out, _ = self.belfry("outbox", "--output", "json", *arguments)
        return [json.loads(line) for line in out.splitlines()]

    def check_outbox(self):
        entries = self.outbox()
        self.assertEqual(collections.Counter(it["text"] for it in entries if it["to"] == "+15555550100"), expected_texts())
        self.assertEqual(sum(it["to"] == "+15555550101" for it in entries), sum(it["donationAmount"] >= 95 for it in donations()))
        twice = [it for it, count in collections.Counter((it["to"], it["message_id"]) for it in entries).items() if count > 1]
        self.assertEqual(twice, [])

    def test_every_donation_arrives_once(self):
        self.change("{blocks: mychannel.blockfile}", "{blocks: mychannel.blockfile, follow: false}")
        self.belfry("run", "--until-finished", "--admin", "127.0.0.1:0")
        self.check_outbox()
        self.belfry("run", "--until-finished", "--admin", "127.0.0.1:0")  # again: nothing is new
        self.check_outbox()

    def test_the_orderers_signatures_hold_along_the_ledger(self):
        self.change("{blocks: mychannel.blockfile}", "{blocks: mychannel.blockfile, follow: false, verify: signatures}")
        self.belfry("run", "--until-finished", "--admin", "127.0.0.1:0")
        self.check_outbox()

    def test_kills_lose_nothing_and_double_nothing(self):
        for sent in (50, 700, 1500):
            running = self.start()
            running.wait(lambda it: it["providers"][0]["sent"] >= min(sent, 200) or it["listeners"][0]["lag_blocks"] == 0, "messages")
            running.stop(signal.SIGKILL)
        running = self.start()
        running.wait(lambda it: it["listeners"][0]["lag_blocks"] == 0 and it["listeners"][0]["next_block"] >= 226
                     and not any(q["visible"] + q["in_flight"] for q in it["queues"]) and not any(s["waiting"] for s in it["subscriptions"]), "the end")
        running.stop()
        self.check_outbox()

    def test_a_stopped_folder_can_be_looked_at(self):
        self.change("{blocks: mychannel.blockfile}", "{blocks: mychannel.blockfile, follow: false}")
        self.belfry("run", "--until-finished", "--admin", "127.0.0.1:0")
        status = json.loads(self.belfry("status", "--output", "json")[0])
        self.assertEqual(status["listeners"][0]["state"], "not running")
        self.assertEqual(status["listeners"][0]["next_block"], 227)
        self.assertEqual(len(self.outbox("--to", "+15555550101", "--limit", "3")), 3)

    def test_a_growing_file_is_followed(self):
        whole = block_file()
        (self.folder / "mychannel.blockfile").write_bytes(whole[:len(whole) // 3])
        running = self.start()
        running.wait(lambda it: it["listeners"][0]["state"] == "following", "the end of the first part")
        with open(self.folder / "mychannel.blockfile", "ab") as file:
            file.write(whole[len(whole) // 3:])
        running.wait_until_quiet(1800)
        running.stop()
        self.check_outbox()


class Stopping(CliTest):
    def test_in_order_within_ten_seconds(self):
        for which in (signal.SIGTERM, signal.SIGINT):
            running = self.start()
            running.wait(lambda it: it["providers"][0]["sent"] > 0 or it["listeners"][0]["lag_blocks"] == 0, "work")
            took, code = running.stop(which)
            self.assertEqual(code, 0)
            self.assertLess(took, 10 + 20)  # what a machine busy with other things may add

    def test_a_second_process_is_kept_out(self):
        self.start()
        _, err = self.belfry("run", "--admin", "127.0.0.1:0", code=1)
        self.assertIn("belfry-data", err)

    def test_a_wrong_configuration_starts_nothing(self):
        self.change("network: charity", "network: church")
        _, err = self.belfry("run", code=2)
        self.assertIn("belfry.yaml:5:14: there is no network 'church'", err)
        self.assertFalse((self.folder / "belfry-data").exists())


class Trust(CliTest):
    def test_a_forged_block_stops_its_listener_and_stays_visible(self):
        forged = bytearray(block_file())
        forged[forged.index(b'"createdBy":"donor23"') + 15] ^= 1
        (self.folder / "mychannel.blockfile").write_bytes(forged)
        running = self.start()
        status = running.wait(lambda it: it["listeners"][0]["state"] == "stopped", "the stop")
        self.assertEqual(status["listeners"][0]["code"], "data-hash")
        self.assertIn("block 22", status["listeners"][0]["reason"])
        self.assertFalse(status["ready"])
        self.assertEqual(running.request("/readyz")[0], 503)
        self.assertIn('belfry_listener_stopped{listener="donations",to="queue:donations"} 1', running.request("/metrics")[1])
        self.assertEqual(running.get("/api/v1/outbox")["messages"], [])


class AdminApi(CliTest):
    def setUp(self):
        super().setUp()
        self.running = self.start()
        self.status = self.running.wait_until_quiet(1800)

    def test_health_and_metrics(self):
        self.assertEqual(self.running.request("/healthz"), (200, "ok\n"))
        self.assertEqual(self.running.request("/readyz")[0], 200)
        _, metrics = self.running.request("/metrics")
        for line in ('belfry_network_height{network="charity"} 227', 'belfry_listener_delivered_total{listener="donations",to="queue:donations"} 1800',
                     'belfry_worker_done_total{kind="function",name="announce"} 1800'):
            self.assertIn(line, metrics)

    def test_foreign_hosts_and_forms_are_refused(self):
        self.assertEqual(self.running.request("/api/v1/status", headers={"Host": "evil.example"})[0], 403)
        status, _ = self.running.request("/api/v1/queues/dead/purge", body={}, headers={"Content-Type": "text/plain"})
        self.assertEqual(status, 415)

    def test_a_name_that_is_wrong_gets_the_nearest(self):
        status, text = self.running.request("/api/v1/queues/donation/messages")
        self.assertEqual(status, 404)
        self.assertIn("did you mean 'donations'?", text)

    def test_a_long_poll_of_the_outbox_ends_empty_after_its_time(self):
        last = self.running.get("/api/v1/outbox?after=0&limit=1000")
        while last["messages"]:
            last = self.running.get(f"/api/v1/outbox?after={last['next']}&limit=1000")
        self.assertEqual(self.running.get(f"/api/v1/outbox?after={last['next']}&wait=1")["messages"], [])

    def test_replay_delivers_again_and_keeps_the_place(self):
        out, _ = self.belfry("replay", "donations", "--from", "22", "--to", "23", "--into", "queue:dead")
        count = sum(it["block"] in (22, 23) for it in truth() if it["event"] and it["validation_code"] == 0 and it["event"]["name"] == "donationCreated")
        self.assertEqual(out, f"{count} events of blocks 22 to 23 were delivered again to queue:dead\n")
        listing = json.loads(self.belfry("queue", "list", "--output", "json")[0])
        self.assertEqual([it["visible"] for it in listing if it["name"] == "dead"], [count])
        self.assertIn("donationCreated", self.belfry("queue", "peek", "dead", "--limit", "1")[0])
        # Beyond 24, where a place that followed the replay would stand; without events it still goes on to the end.
        self.assertGreaterEqual(self.running.get("/api/v1/status")["listeners"][0]["next_block"],
                                self.status["listeners"][0]["next_block"])
        self.assertEqual(self.belfry("queue", "purge", "dead")[0], "queue dead is empty\n")

    def test_replay_says_what_is_wrong(self):
        self.assertIn("did you mean 'donations'?", self.belfry("replay", "donation", "--from", "1", "--to", "2", code=1)[1])
        self.belfry("replay", "donations", code=2)
        self.belfry("replay", "donations", "--from", "5", "--to", "4", code=1)
        self.belfry("replay", "donations", "--from", "5", "--to", "4000", code=1)
        self.belfry("replay", "donations", "--from", "1", "--to", "2", "--into", "queue:nowhere", code=1)

    def test_status_shows_every_stage(self):
        out, _ = self.belfry("status")
        for word in ("charity", "queue:donations", "following", "announce", "+15555550101", "outbox"):
            self.assertIn(word, out)
        self.belfry("status", "--output", "yaml")


class DeadLetters(CliTest):
    def test_are_told_and_brought_back(self):
        self.change("{{payload.donationAmount}}", "{{payload.amount}}")
        running = self.start()
        running.wait(lambda it: any(q["name"] == "dead" and q["visible"] == 1800 for q in it["queues"]), "dead letters")
        out, _ = self.belfry("queue", "peek", "dead", "--limit", "1")
        self.assertIn("payload.amount", out)
        running.stop()
        self.change("{{payload.amount}}", "{{payload.donationAmount}}")
        running = self.start()
        self.assertEqual(self.belfry("queue", "redrive", "dead")[0], "1800 messages moved, 0 left\n")
        running.wait(lambda it: it["functions"][0]["done"] == 1800 and not any(s["waiting"] for s in it["subscriptions"]), "the redriven ones")
        running.stop()
        entries = [json.loads(line) for line in self.belfry("outbox", "--output", "json", "--to", "+15555550100")[0].splitlines()]
        self.assertEqual(collections.Counter(it["text"] for it in entries), expected_texts())


if __name__ == "__main__":
    main()
