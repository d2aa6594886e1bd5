#include "msp/connection_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/certificates.h"

namespace belfry::msp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class ConnectionProfileTest : public testing::Test {
 protected:
  ConnectionProfileTest() { fs::create_directories(folder_); }
  ~ConnectionProfileTest() override { fs::remove_all(folder_); }

  std::string put(const std::string& name, std::string_view contents) {
    fs::create_directories(fs::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name, std::ios::binary) << contents;
    return folder_ + "/" + name;
  }
  std::string error(const std::string& text) {
    auto profile = parse_profile(posix_files(), "profile.yaml", text);
    return profile ? "parsed" : profile.error().message;
  }

  const std::string folder_ = testing::TempDir() + "belfry-profile-" + std::to_string(::getpid());
  tests::CertificateAuthority ca_;
};

// The contents of a file or field as YAML: indented below `key: |`.
std::string block(const std::string& pem, int indent) {
  std::string out = "|\n", line;
  for (std::istringstream lines(pem); std::getline(lines, line);)
    out += std::string(static_cast<size_t>(indent), ' ') + line + "\n";
  return out;
}

TEST_F(ConnectionProfileTest, ReadsWhatTheSdksTake) {
  const auto user = ca_.issue({.common_name = "user1"});
  put("tls/ca.pem", ca_.certificate());
  put("user.pem", user.certificate);
  put("user.key", user.key);
  auto profile = load_profile(posix_files(), put(
                                                 "profile.yaml", R"(
name: charity
version: 1.0.0
x-type: hlfv1
client:
  organization: Org1
  connection: {timeout: {peer: {endorser: '300'}}}
channels:
  mychannel:
    peers: {peer1.org1.example.com: {eventSource: true}}
organizations:
  Org2:
    mspid: Org2MSP
    peers: [peer0.org2.example.com]
  Org1:
    mspid: Org1MSP
    peers:
      - peer1.org1.example.com
      - peer0.org1.example.com
    certificateAuthorities: [ca.org1.example.com]
    adminPrivateKey: {path: user.key}
    signedCert: {path: user.pem}
    users:
      User1: {cert: {path: /abs/user.pem}, key: {path: /abs/user.key}}
orderers:
  orderer.example.com: {url: 'grpcs://orderer.example.com:7050', tlsCACerts: {path: tls/ca.pem}}
peers:
  peer0.org2.example.com: {url: 'grpc://localhost:9051'}
  peer0.org1.example.com:
    url: grpcs://localhost:7051
    tlsCACerts: {path: tls/ca.pem}
    grpcOptions: {ssl-target-name-override: peer0.org1.example.com, grpc.keepalive_time_ms: 600000}
  peer1.org1.example.com:
    url: grpcs://localhost:8051
    tlsCACerts:
      pem: )" + block(ca_.certificate(), 8) + R"(
certificateAuthorities:
  ca.org1.example.com:
    url: https://localhost:7054
    caName: ca-org1
    httpOptions: {verify: false}
    registrar: [{enrollId: admin, enrollSecret: adminpw}]
    tlsCACerts: {pem: [)" + "\"" + [this] {
                                                   std::string escaped;
                                                   for (char c : ca_.certificate())
                                                     escaped +=
                                                         c == '\n' ? "\\n" : std::string(1, c);
                                                   return escaped;
                                                 }() + "\"" + R"(]}
)"));
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->name, "charity");
  EXPECT_EQ(profile->organization, "Org1");
  EXPECT_EQ(profile->msp_id, "Org1MSP");
  EXPECT_THAT(profile->channels, ElementsAre("mychannel"));

  ASSERT_EQ(profile->peers.size(), 3U);
  EXPECT_EQ(profile->peers[0].name, "peer1.org1.example.com")
      << "in the order of the client's organisation";
  EXPECT_EQ(profile->peers[0].address, "localhost:8051");
  EXPECT_EQ(profile->peers[0].tls_ca, ca_.certificate());
  EXPECT_EQ(profile->peers[1].name, "peer0.org1.example.com");
  EXPECT_EQ(profile->peers[1].override_name, "peer0.org1.example.com");
  EXPECT_TRUE(profile->peers[1].tls);
  EXPECT_EQ(profile->peers[2].address, "localhost:9051");
  EXPECT_EQ(profile->peers[2].msp_id, "Org2MSP");
  EXPECT_FALSE(profile->peers[2].tls);
  ASSERT_EQ(profile->orderers.size(), 1U);
  EXPECT_EQ(profile->orderers[0].address, "orderer.example.com:7050");

  ASSERT_EQ(profile->cas.size(), 1U);
  EXPECT_EQ(profile->cas[0].ca_name, "ca-org1");
  EXPECT_FALSE(profile->cas[0].verify);
  EXPECT_EQ(profile->cas[0].registrar_secret, "adminpw");
  EXPECT_EQ(profile->cas[0].tls_ca, ca_.certificate() + "\n");

  ASSERT_EQ(profile->identities.size(), 2U);
  EXPECT_EQ(std::get<IdentityFiles>(profile->identities[0].source).certificate,
            folder_ + "/user.pem");
  EXPECT_EQ(std::get<IdentityFiles>(profile->identities[1].source).key, "/abs/user.key");
  EXPECT_FALSE(profile->client_tls);
  EXPECT_TRUE(load_identity(posix_files(), profile->msp_id, profile->identities[0].source,
                            system_clock().now()));
}

TEST_F(ConnectionProfileTest, ReadsJson) {
  auto profile = parse_profile(posix_files(), "profile.json", R"({
  "client": {"organization": "org1", "tlsCerts": {"client": {"cert": {"pem": "C"}, "key": {"pem": "K"}}}},
  "organizations": {"org1": {"mspid": "m-ABC", "peers": ["p"]}},
  "peers": {"p": {"url": "grpcs:\/\/nd-abc.m-abc.n-xyz.managedblockchain.us-east-1.amazonaws.com:30003"}}})");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->msp_id, "m-ABC");
  EXPECT_EQ(profile->peers[0].address,
            "nd-abc.m-abc.n-xyz.managedblockchain.us-east-1.amazonaws.com:30003");
  EXPECT_EQ(std::get<IdentityPem>(*profile->client_tls).key, "K");
}

TEST_F(ConnectionProfileTest, TakesTheOnlyOrganizationForTheClients) {
  auto profile = parse_profile(posix_files(), "p", "organizations: {One: {mspid: OneMSP}}");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->msp_id, "OneMSP");
  profile = parse_profile(posix_files(), "p",
                          "organizations: {One: {mspid: OneMSP}, Two: {mspid: TwoMSP}}");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->msp_id, "");
}

TEST_F(ConnectionProfileTest, MistakesHaveTheirPlace) {
  EXPECT_THAT(error("peers:\n  p: {url: grpcs://x:1\n"), StartsWith("profile.yaml:3:1: "));
  EXPECT_THAT(error("just text"), StartsWith("profile.yaml:1:1: a connection profile is a map"));
  EXPECT_THAT(error(""), HasSubstr("a connection profile is a map"));
  EXPECT_EQ(error("peers: [a]"), "profile.yaml:1:8: peers must be a map");
  EXPECT_EQ(error("peers:\n  p: {}"), "profile.yaml:2:6: peers.p has no url");
  EXPECT_EQ(error("peers:\n  p:\n    url: http://x:1"),
            "profile.yaml:3:10: peers.p.url must begin with grpcs:// or grpc://");
  EXPECT_THAT(error("peers: {p: {url: 'grpcs://x'}}"), HasSubstr("must name host and port"));
  EXPECT_THAT(error("peers: {p: {url: 'grpcs://x:port'}}"), HasSubstr("must name host and port"));
  EXPECT_EQ(
      error("client: {organization: Org1}\norganizations: {Org2: {mspid: M}}"),
      "profile.yaml:1:24: client.organization is Org1, which is not among the organizations: Org2");
  EXPECT_EQ(error("organizations: {Org1: {peers: []}}"),
            "profile.yaml:1:23: organizations.Org1 has no mspid");
  EXPECT_EQ(
      error(
          "organizations: {Org1: {mspid: M, peers: [peer9]}}\npeers: {peer0: {url: 'grpc://x:1'}}"),
      "profile.yaml:1:42: peer9 is not described under peers: peer0");
  EXPECT_THAT(error("peers: {p: {url: 'grpc://x:1', tlsCACerts: {path: absent.pem}}}"),
              AllOf(StartsWith("profile.yaml:1:51: "), HasSubstr("absent.pem: No such file")));
  EXPECT_THAT(error("peers: {p: {url: 'grpc://x:1', tlsCACerts: {pem: nonsense}}}"),
              HasSubstr("not a PEM certificate"));
  EXPECT_THAT(error("peers: {p: {url: 'grpc://x:1', tlsCACerts: {}}}"),
              HasSubstr("must have a path or a pem"));
  EXPECT_THAT(error("organizations: {O: {mspid: M, signedCert: {path: c}}}"),
              HasSubstr("has a certificate and no key"));
  EXPECT_THAT(
      error("organizations: {O: {mspid: M, signedCert: {path: c}, adminPrivateKey: {pem: k}}}"),
      HasSubstr("both"));
  EXPECT_THAT(error("certificateAuthorities: {c: {url: u, httpOptions: {verify: perhaps}}}"),
              StartsWith("profile.yaml:1:60: "));
  EXPECT_THAT(load_profile(posix_files(), folder_ + "/absent.yaml").error().message,
              HasSubstr("absent.yaml: No such file"));
}

}  // namespace
}  // namespace belfry::msp
