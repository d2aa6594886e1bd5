#!/usr/bin/env python3
"""`belfry events` over the recorded ledger, against its truth."""
import collections
import json

from support import CliTest, block_file, main, truth


class Events(CliTest):
    def events(self, *arguments):
        out, _ = self.belfry("events", "mychannel.blockfile", *arguments)
        return [json.loads(line) for line in out.splitlines()]

    def test_valid_chaincode_events_are_those_of_the_truth(self):
        expected = [(it["block"], it["tx_index"], it["event"]["name"], it["tx_id"]) for it in truth() if it["event"] and it["validation_code"] == 0]
        got = [(it["block"], it["transaction_index"], it["event"], it["transaction_id"]) for it in self.events()]
        self.assertEqual(got, expected)

    def test_invalid_ones_come_when_asked_for(self):
        expected = collections.Counter(it["validation_name"] for it in truth() if it["event"])
        self.assertEqual(collections.Counter(it["validation"] for it in self.events("--invalid")), expected)

    def test_a_pattern(self):
        events = self.events("--match", '{event: donationCreated, payload: {donationAmount: [{numeric: [">=", 98]}]}}')
        self.assertTrue(events)
        self.assertTrue(all(it["payload"]["donationAmount"] >= 98 for it in events))

    def test_transactions_of_every_code(self):
        events = self.events("--match", "{kind: transaction}", "--invalid")
        self.assertEqual(len(events), len(truth()))

    def test_a_range_and_a_limit(self):
        self.assertEqual({it["block"] for it in self.events("--from", "22", "--to", "23")}, {22, 23})
        self.assertEqual(len(self.events("--limit", "5")), 5)

    def test_cloudevents(self):
        out, _ = self.belfry("events", "mychannel.blockfile", "--limit", "1", "--output", "cloudevents")
        event = json.loads(out)
        self.assertEqual(event["specversion"], "1.0")
        self.assertEqual(event["type"], "belfry.chaincode-event")

    def test_a_network_of_the_configuration(self):
        out, _ = self.belfry("events", "charity", "--limit", "1")
        self.assertEqual(json.loads(out)["network"], "charity")


class BadInput(CliTest):
    def test_no_such_source(self):
        _, err = self.belfry("events", "mychanel", code=2)
        self.assertIn("'mychanel' is no file or folder here, no network of belfry.yaml, and no HOST:PORT of a peer", err)

    def test_a_peer_needs_credentials(self):
        _, err = self.belfry("events", "peer0.org1.example.com:7051", "--channel", "mychannel", code=2)
        self.assertIn("--msp, --cert, --key", err)

    def test_a_bad_pattern(self):
        _, err = self.belfry("events", "mychannel.blockfile", "--match", "{event: [{prefx: don}]}", code=2)
        self.assertIn("prefx", err)

    def test_a_field_that_no_event_has(self):
        _, err = self.belfry("events", "mychannel.blockfile", "--match", "{chaincod: ngo}", code=2)
        self.assertIn("chaincode", err)

    def test_a_block_that_does_not_exist(self):
        _, err = self.belfry("events", "mychannel.blockfile", "--from", "500", code=1)
        self.assertIn("227", err)

    def test_a_forged_block_is_named(self):
        forged = bytearray(block_file())
        at = forged.index(b'"createdBy":"donor23"')
        forged[at + 15] ^= 1
        (self.folder / "forged").write_bytes(forged)
        _, err = self.belfry("events", "forged", code=1)
        self.assertIn("block 22", err)
        self.assertIn("data-hash", err)

    def test_a_file_that_is_none(self):
        (self.folder / "noise").write_bytes(b"not a block file at all" * 100)
        self.belfry("events", "noise", code=1)


if __name__ == "__main__":
    main()
