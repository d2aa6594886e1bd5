#!/usr/bin/env python3
"""`belfry topic` against a running belfry."""
import json

from support import CliTest, main


CONFIG = """\
aws: {address: "127.0.0.1:0"}
topics:
  news:
    subscriptions:
      - {protocol: sms, endpoint: "+15555550100"}
      - {protocol: sms, endpoint: "+15555550101", filter: {donationAmount: [{numeric: [">=", 95]}]}}
"""


class Topics(CliTest):
    def setUp(self):
        super().setUp()
        (self.folder / "belfry.yaml").write_text(CONFIG)
        self.running = self.start()

    def outbox(self):
        out, _ = self.belfry("outbox", "--output", "json")
        return [json.loads(line) for line in out.splitlines()]

    def waiting_for(self, text):
        self.running.wait(lambda _: any(text in it["text"] for it in self.outbox()), text)

    def test_publish_subscribe_confirm_unsubscribe(self):
        listed = json.loads(self.belfry("topic", "list", "--output", "json")[0])
        self.assertEqual([(it["name"], it["subscriptions"]) for it in listed], [("news", 2)])
        self.belfry("topic", "publish", "news", "a big one", "--attribute", "donationAmount=95")
        self.waiting_for("a big one")
        self.belfry("topic", "publish", "news", "a small one", "--attribute", "donationAmount=94")
        self.waiting_for("a small one")
        self.assertEqual(sorted(it["to"] for it in self.outbox() if it["text"] == "a big one"),
                         ["+15555550100", "+15555550101"])
        self.assertEqual([it["to"] for it in self.outbox() if it["text"] == "a small one"], ["+15555550100"])

        out, _ = self.belfry("topic", "subscribe", "news", "email", "board@example.org", "--filter", '{"kind": ["board"]}')
        subscription = out.split()[-1]
        self.waiting_for("To confirm that you want its messages")
        shown = json.loads(self.belfry("topic", "show", "news", "--output", "json")[0])
        self.assertEqual([it["pending"] for it in shown["subscriptions"] if it["id"] == subscription], [True])
        self.belfry("topic", "confirm", "news", subscription)
        self.belfry("topic", "publish", "news", "for the board", "--attribute", "kind=board", "--subject", "Board")
        self.waiting_for("for the board")
        self.belfry("topic", "unsubscribe", "news", subscription)
        shown = json.loads(self.belfry("topic", "show", "news", "--output", "json")[0])
        self.assertEqual(len(shown["subscriptions"]), 2)

    def test_what_goes_wrong_is_told(self):
        self.assertIn("did you mean 'news'?", self.belfry("topic", "show", "newz", code=1)[1])
        self.assertIn("Invalid SMS endpoint: nobody", self.belfry("topic", "subscribe", "news", "sms", "nobody", code=1)[1])
        self.assertIn("no subscription 'x'", self.belfry("topic", "confirm", "news", "x", code=1)[1])
        declared = json.loads(self.belfry("topic", "show", "news", "--output", "json")[0])["subscriptions"][0]["id"]
        self.assertIn("is named by belfry.yaml", self.belfry("topic", "unsubscribe", "news", declared, code=1)[1])
        self.assertIn("NAME=VALUE", self.belfry("topic", "publish", "news", "x", "--attribute", "y", code=2)[1])


main()
