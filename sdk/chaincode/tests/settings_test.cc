#include "settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>

namespace belfry::chaincode {
namespace {

using ::testing::HasSubstr;

class SettingsTest : public ::testing::Test {
 protected:
  Result<Settings> read(const std::vector<std::string>& arguments,
                        const std::map<std::string, std::string>& variables = {}) {
    return read_settings(arguments, [&variables](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  }
  std::string file(const std::string& name, const std::string& text) {
    const std::string path = ::testing::TempDir() + "chaincode-settings-" + name;
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(SettingsTest, TheEnvironmentOfAService) {
  const auto settings =
      read({}, {{"CORE_CHAINCODE_ID_NAME", "ngo:1"}, {"CHAINCODE_SERVER_ADDRESS", "0.0.0.0:9999"}});
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->serve.id, "ngo:1");
  EXPECT_EQ(settings->serve.address, "0.0.0.0:9999");
  EXPECT_FALSE(settings->dials);
  EXPECT_FALSE(settings->serve.tls);
}

TEST_F(SettingsTest, FlagsWinAndComeInAnyShape) {
  const auto settings =
      read({"--address=127.0.0.1:1", "-chaincode-id", "b", "--threads", "7"},
           {{"CORE_CHAINCODE_ID_NAME", "a"}, {"CHAINCODE_SERVER_ADDRESS", "0.0.0.0:9999"}});
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->serve.id, "b");
  EXPECT_EQ(settings->serve.address, "127.0.0.1:1");
  EXPECT_EQ(settings->serve.limits.threads, 7);
}

TEST_F(SettingsTest, DevelopmentModeDials) {
  const auto settings =
      read({"-peer.address", "127.0.0.1:7052"}, {{"CORE_CHAINCODE_ID_NAME", "ngo:1"}});
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_TRUE(settings->dials);
  EXPECT_FALSE(settings->serve.tls);
}

TEST_F(SettingsTest, WhatAPeerGivesAChaincodeThatItStarts) {
  const auto root = file("root", "-----BEGIN CERTIFICATE-----\nroot");
  const auto key =
      file("key", "LS0tLS1CRUdJTiBLRVktLS0t\nLQprZXkK\n");  // base64, as the older variable has it
  const auto certificate = file("certificate", "-----BEGIN CERTIFICATE-----\nmine");
  const auto settings =
      read({"-peer.address=peer:7052"}, {{"CORE_CHAINCODE_ID_NAME", "ngo:1"},
                                         {"CORE_PEER_TLS_ENABLED", "true"},
                                         {"CORE_PEER_TLS_ROOTCERT_FILE", root},
                                         {"CORE_TLS_CLIENT_KEY_PATH", key},
                                         {"CORE_TLS_CLIENT_CERT_FILE", certificate}});
  ASSERT_TRUE(settings) << settings.error().message;
  ASSERT_TRUE(settings->serve.tls);
  EXPECT_EQ(settings->serve.tls->authority, "-----BEGIN CERTIFICATE-----\nroot");
  EXPECT_EQ(settings->serve.tls->key, "-----BEGIN KEY-----\nkey\n");
  EXPECT_EQ(settings->serve.tls->certificate, "-----BEGIN CERTIFICATE-----\nmine");
}

TEST_F(SettingsTest, AServicesTls) {
  const std::map<std::string, std::string> base = {{"CHAINCODE_ID", "ngo:1"},
                                                   {"CHAINCODE_ADDRESS", "127.0.0.1:1"},
                                                   {"CHAINCODE_TLS_CERT", file("cert", "C")}};
  auto variables = base;
  EXPECT_EQ(read({}, variables).error().message, "TLS needs both --tls-cert and --tls-key");
  variables["CHAINCODE_TLS_KEY"] = file("key2", "K");
  variables["CHAINCODE_CLIENT_CA_CERT"] = file("ca", "A");
  const auto settings = read({}, variables);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(
      settings->serve.tls->certificate + settings->serve.tls->key + settings->serve.tls->authority,
      "CKA");
  variables["CHAINCODE_TLS_DISABLED"] = "true";
  EXPECT_FALSE(read({}, variables)->serve.tls);
  variables = base;
  variables["CHAINCODE_TLS_KEY"] = "/nowhere/key";
  EXPECT_EQ(read({}, variables).error().message, "cannot read /nowhere/key");
}

TEST_F(SettingsTest, MistakesAreNamed) {
  EXPECT_THAT(read({}).error().message, HasSubstr("CORE_CHAINCODE_ID_NAME"));
  EXPECT_THAT(read({"--chaincode-id", "a"}).error().message, HasSubstr("CHAINCODE_SERVER_ADDRESS"));
  EXPECT_EQ(read({"--adress", "x"}).error().message, "unknown argument --adress");
  EXPECT_EQ(read({"x"}).error().message, "unknown argument x");
  EXPECT_EQ(read({"--address"}).error().message, "--address needs a value");
  for (const char* wrong : {"0", "x", "1x", "", "100000"}) {
    EXPECT_THAT(read({"--chaincode-id=a", "--address=b:1", std::string("--threads=") + wrong})
                    .error()
                    .message,
                HasSubstr("--threads must be a number"));
  }
}

TEST_F(SettingsTest, HelpNamesEverySetting) {
  EXPECT_TRUE(read({"--help"})->help);
  for (const char* one : {"--chaincode-id", "--peer.address", "CHAINCODE_TLS_KEY",
                          "CHAINCODE_SERVER_ADDRESS or CHAINCODE_ADDRESS"}) {
    EXPECT_THAT(settings_help("ngo"), HasSubstr(one));
  }
}

}  // namespace
}  // namespace belfry::chaincode
