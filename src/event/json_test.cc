#include "event/json.h"

#include <gtest/gtest.h>

namespace belfry::event {
namespace {

const std::string kGenesis(64, '9');

Event donation() {
  Event event;
  event.position = {kGenesis, 128, 3, Kind::chaincode_event, 0};
  event.network = "charity";
  event.channel = "mychannel";
  event.transaction_id = "7d1e";
  event.time = WallTime(std::chrono::nanoseconds(1'795'486'811'123'456'789));
  event.creator = {"Org1MSP", "alice"};
  event.chaincode = "ngo";
  event.event_name = "DonationCreated";
  event.payload = "{ \"createdBy\": \"alice\", \"donationAmount\": 100 }";
  event.has_payload = true;
  return event;
}

std::string json(const Event& event) {
  std::string out;
  append_json(out, event);
  std::string same;
  append_json(same, event, payload_json(event));
  EXPECT_EQ(out, same);
  return out;
}

TEST(Json, OfAChaincodeEvent) {
  EXPECT_EQ(
      json(donation()),
      R"({"id":")" + kGenesis +
          R"(/128/3/chaincode-event/0","kind":"chaincode-event","network":"charity",)"
          R"("channel":"mychannel","block":128,"transaction_index":3,"index":0,)"
          R"("transaction_id":"7d1e","time":"2026-11-24T02:20:11.123456789Z","validation":"VALID",)"
          R"("creator":{"msp":"Org1MSP","name":"alice"},"chaincode":"ngo","event":"DonationCreated",)"
          R"("payload":{"createdBy":"alice","donationAmount":100}})");
}

TEST(Json, APayloadThatIsNoJsonIsBase64) {
  Event event = donation();
  event.payload = "\xFF\x00";
  EXPECT_NE(json(event).find(R"(,"payload_base64":"/w=="})"), std::string::npos) << json(event);
  event.payload = "";
  EXPECT_NE(json(event).find(R"(,"payload_base64":""})"), std::string::npos);
  event.payload = "42";
  EXPECT_NE(json(event).find(R"(,"payload":42})"), std::string::npos);
  event.has_payload = false;
  EXPECT_TRUE(json(event).ends_with(R"("event":"DonationCreated"})"));
}

TEST(Json, OfATransactionWithoutAnything) {
  Event event;
  event.position = {kGenesis, 1, 0, Kind::transaction, 0};
  event.network = "n";
  event.channel = "c";
  event.validation_code = 77;
  event.header_type = 99;
  EXPECT_EQ(json(event),
            R"({"id":")" + kGenesis +
                R"(/1/0/transaction/0","kind":"transaction","network":"n","channel":"c","block":1,)"
                R"("transaction_index":0,"index":0,"validation":"CODE_77","type":"TYPE_99"})");
}

TEST(Json, OfABlock) {
  Event event = donation();
  event.has_payload = false;
  event.position = {kGenesis, 2, 0, Kind::block, 0};
  event.transaction_count = 3;
  event.block_hash = "\x01\x02";
  event.previous_hash = "\x03";
  EXPECT_EQ(
      json(event),
      R"({"id":")" + kGenesis +
          R"(/2/0/block/0","kind":"block","network":"charity","channel":"mychannel","block":2,)"
          R"("time":"2026-11-24T02:20:11.123456789Z","transaction_count":3,"hash":"0102",)"
          R"("previous_hash":"03"})");
}

TEST(Json, OfAWrite) {
  Event event = donation();
  event.position.kind = Kind::write;
  event.position.index = 2;
  event.collection = "donors";
  event.key = std::string_view(
      "\0donor\0"
      "1\0",
      9);
  event.payload = "plain";
  EXPECT_TRUE(json(event).ends_with(
      R"("index":2,"transaction_id":"7d1e","time":"2026-11-24T02:20:11.123456789Z","validation":"VALID",)"
      R"("creator":{"msp":"Org1MSP","name":"alice"},"chaincode":"ngo","collection":"donors",)"
      R"("key":"\u0000donor\u00001\u0000","payload_base64":"cGxhaW4="})"))
      << json(event);
  event.is_delete = true;
  event.has_payload = false;
  EXPECT_TRUE(json(event).ends_with(R"("key":"\u0000donor\u00001\u0000","delete":true})"));
}

TEST(CloudEvent, CarriesTheEventAsData) {
  Event event = donation();
  event.network = "charity/1";
  std::string out;
  append_cloudevent(out, event);
  EXPECT_EQ(out,
            R"({"specversion":"1.0","id":")" + kGenesis +
                R"(/128/3/chaincode-event/0","source":"/charity%2F1/mychannel",)"
                R"("type":"belfry.chaincode-event","subject":"ngo/DonationCreated",)"
                R"("time":"2026-11-24T02:20:11.123456789Z","datacontenttype":"application/json",)"
                R"("data":)" +
                json(event) + "}");
}

}  // namespace
}  // namespace belfry::event
