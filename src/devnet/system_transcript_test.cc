// Real peers' answers to calls of qscc, cscc and _lifecycle
// (tests/data/transcripts/system-chaincodes.json), against ours: status, message, endorsed or not,
// and the decoded answers that say something.
#include <google/protobuf/util/json_util.h>

#include <set>

#include "devnet/endorsing_harness.h"
#include "devnet/transcript_json.h"
#include "peer/lifecycle/lifecycle.pb.h"
#include "support/xz.h"

namespace belfry::devnet {
namespace {

namespace lc = ::lifecycle;

template <class Message>
std::string from_json(const std::string& json) {
  Message out;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &out).ok()) << json;
  return out.SerializeAsString();
}

std::string lifecycle_argument(const std::string& function, Json argument) {
  // The transcripts were written by JavaScript classes, which call lists …List.
  const std::string json =
      std::regex_replace(simdjson::minify(argument), std::regex("\"(\\w+)List\":"), "\"$1\":");
  if (function == "QueryInstalledChaincode")
    return from_json<lc::QueryInstalledChaincodeArgs>(json);
  if (function == "GetInstalledChaincodePackage")
    return from_json<lc::GetInstalledChaincodePackageArgs>(json);
  if (function == "InstallChaincode") return from_json<lc::InstallChaincodeArgs>(json);
  if (function == "ApproveChaincodeDefinitionForMyOrg")
    return from_json<lc::ApproveChaincodeDefinitionForMyOrgArgs>(json);
  if (function == "QueryApprovedChaincodeDefinition")
    return from_json<lc::QueryApprovedChaincodeDefinitionArgs>(json);
  if (function == "CheckCommitReadiness") return from_json<lc::CheckCommitReadinessArgs>(json);
  if (function == "CommitChaincodeDefinition")
    return from_json<lc::CommitChaincodeDefinitionArgs>(json);
  if (function == "QueryChaincodeDefinition")
    return from_json<lc::QueryChaincodeDefinitionArgs>(json);
  return {};
}

// Cases that are not compared, each with its reason.
const std::map<std::string, std::string>& not_compared() {
  static const std::map<std::string, std::string> cases = {
      {"cscc JoinChainBySnapshot, no such folder", "snapshots are refused in other words"},
      {"_lifecycle InstallChaincode, type without builder (golang, no docker)",
       "the recorded words are docker's"},
      {"_lifecycle ApproveChaincodeDefinitionForMyOrg, audit, current sequence, other policy",
       "its message ends with the recorded policy's bytes"},
  };
  return cases;
}

class SystemTranscript : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(harness_.start());
    valid_ = harness_.commit("ngo", {"put", "sk", "sv"});
    invalid_ = harness_.commit("ngo", {"put", "sk2", "sv"}, {"peer0.org1"});
    const auto newest = harness_.channel().ledger().info();
    hash_ = view(newest.current);
  }

  // What stands for it in the recorded arguments.
  std::string argument(const std::string& name, const std::string& function,
                       const std::string& recorded) {
    if (recorded == "height - 1") return std::to_string(harness_.channel().ledger().height() - 1);
    if (recorded == "32 bytes: the hash of a block") return hash_;
    if (recorded == "32 bytes 01") return std::string(32, '\x01');
    if (recorded == "the hash as hex text") return hex(hash_);
    if (recorded == "genesis block") return *(*harness_.channel().ledger().block(0))->bytes;
    if (recorded == "garbage" || recorded == "<bytes>")
      return function == "InstallChaincode" ? install_argument("\x1f\x8b\xff") : kGarbage;
    if (recorded.starts_with("the package"))
      return install_argument(harness_.package_of("ngo_1.0"));
    if (recorded == "<id1>")
      return name.find("unknown") != std::string::npos   ? std::string(64, 'c')
             : name.find("invalid") != std::string::npos ? invalid_
                                                         : valid_;
    return recorded;
  }
  static std::string install_argument(const std::string& package) {
    lc::InstallChaincodeArgs out;
    out.set_chaincode_install_package(package);
    return out.SerializeAsString();
  }
  // ["metadata.json: {…}", "code.tar.gz: <archive>"]
  static std::string package_of_files(Json files) {
    std::vector<ArchiveFile> out;
    for (const Json file : files) {
      const std::string line(std::string_view{file});
      const auto colon = line.find(": ");
      std::string contents = line.substr(colon + 2);
      if (contents == "<archive>")
        contents = make_tar_gz({{"connection.json", R"({"address":"127.0.0.1:1"})", false}});
      out.push_back({line.substr(0, colon), contents, false});
    }
    return install_argument(make_tar_gz(out));
  }

  std::vector<std::string> arguments(const std::string& name, const std::string& chaincode,
                                     Json recorded) {
    std::vector<std::string> out;
    for (const Json one : recorded) {
      const std::string function = out.empty() ? "" : out.front();
      if (one.is_string())
        out.push_back(argument(name, function, std::string(std::string_view{one})));
      else if (one.is_array())
        out.push_back(package_of_files(one));
      else
        out.push_back(lifecycle_argument(function, one));
    }
    // Package ids of the recording are ours in the same places.
    if (chaincode == "_lifecycle" && out.size() == 2 && out[0] == "GetInstalledChaincodePackage" &&
        name.find("unknown") == std::string::npos) {
      lc::GetInstalledChaincodePackageArgs mine;
      mine.set_package_id(harness_.ngo_id);
      out[1] = mine.SerializeAsString();
    }
    return out;
  }

  ProposalAnswer ask(const std::string& name, Json request) {
    const auto& signer = harness_.who(text(request, "creator"));
    const auto chaincode = text(request, "chaincode");
    const auto made = make_proposal(text(request, "channel"), chaincode,
                                    arguments(name, chaincode, request["args"]), signer,
                                    system_clock(), secure_random());
    const auto target = name.find("asked of the other organisation") != std::string::npos
                            ? "peer0.org2"
                            : "peer0.org1";
    return harness_.process(target, made.signed_proposal);
  }

  void compare(const std::string& name, Json expected, const ProposalAnswer& answer) {
    if (has(expected, "error")) {
      ASSERT_FALSE(answer) << name;
      EXPECT_EQ(normalised(answer.error().message),
                normalised(text(expected["error"], "grpc_message")))
          << name;
      return;
    }
    ASSERT_TRUE(answer) << name << ": " << answer.error().message;
    const auto& got = **answer;
    EXPECT_EQ(got.response().status(), int64_t(expected["status"]))
        << name << got.response().message();
    if (!has(expected, "message")) return;
    EXPECT_EQ(normalised(got.response().message()), normalised(text(expected, "message"))) << name;
    EXPECT_EQ(got.has_endorsement(), bool(expected["endorsed"])) << name;
    if (has(expected, "payload") && has(expected["payload"], "approvalsMap"))
      compare_approvals(name, expected["payload"]["approvalsMap"], got.response().payload());
  }

  // Of CheckCommitReadiness and QueryChaincodeDefinition, whose results both have a map of them.
  static void compare_approvals(const std::string& name, Json expected,
                                const std::string& payload) {
    lc::CheckCommitReadinessResult readiness;
    lc::QueryChaincodeDefinitionResult definition;
    const bool is_definition = name.find("QueryChaincodeDefinition") != std::string::npos;
    ASSERT_TRUE(is_definition ? definition.ParseFromString(payload)
                              : readiness.ParseFromString(payload));
    const auto& approvals = is_definition ? definition.approvals() : readiness.approvals();
    for (const Json one : expected) {
      const std::string org(std::string_view{one.at(0)});
      ASSERT_TRUE(approvals.contains(org)) << name;
      EXPECT_EQ(approvals.at(org), bool(one.at(1))) << name << " " << org;
    }
  }

  EndorsingHarness harness_;
  std::string valid_, invalid_, hash_;
};

TEST_F(SystemTranscript, EveryCaseIsAnsweredAlike) {
  simdjson::dom::parser parser;
  const std::string recorded = tests::read_data("transcripts/system-chaincodes.json.xz");
  size_t compared = 0;
  for (const Json one : parser.parse(recorded)["cases"]) {
    const auto name = text(one, "name");
    const auto chaincode = text(one["request"], "chaincode");
    if (not_compared().contains(name)) continue;
    // Org1 approves what the cases from here on find half approved.
    if (name == "_lifecycle CheckCommitReadiness, approved by Org1 only") {
      lc::ApproveChaincodeDefinitionForMyOrgArgs half;
      half.set_sequence(1);
      half.set_name("halfway");
      half.set_version("1.0");
      half.mutable_source()->mutable_unavailable();
      const auto& admin = harness_.who("Admin@org1");
      harness_.commit(
          make_proposal("mychannel", "_lifecycle",
                        {"ApproveChaincodeDefinitionForMyOrg", half.SerializeAsString()}, admin,
                        system_clock(), secure_random()),
          {"peer0.org1"}, admin);
    }
    compare(name, answer_in(one), ask(name, one["request"]));
    ++compared;
  }
  EXPECT_EQ(compared, 128u);
}

}  // namespace
}  // namespace belfry::devnet
