#include "msp/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "msp/identities.pb.h"
#include "support/certificates.h"

namespace belfry::msp {
namespace {

using testing::HasSubstr;
using tests::CertificateAuthority;
using tests::Credential;
namespace fs = std::filesystem;

class IdentityTest : public testing::Test {
 protected:
  IdentityTest() { fs::create_directories(folder_); }
  ~IdentityTest() override { fs::remove_all(folder_); }

  std::string put(const std::string& name, std::string_view contents) {
    const fs::path path = fs::path(folder_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << contents;
    return path.string();
  }
  Result<SigningIdentity> load(const IdentitySource& source) {
    return load_identity(posix_files(), "Org1MSP", source, clock_.now());
  }
  std::string error(const IdentitySource& source) {
    auto identity = load(source);
    return identity ? "loaded" : identity.error().message;
  }

  const std::string folder_ = testing::TempDir() + "belfry-identity-" + std::to_string(::getpid());
  ManualClock clock_;
  CertificateAuthority ca_;
  Credential alice_ = ca_.issue({.common_name = "alice"});
  Credential bob_ = ca_.issue({.common_name = "bob"});
};

TEST_F(IdentityTest, SerializesAsProtobufDoes) {
  const std::string bytes = serialize_identity("Org1MSP", alice_.certificate);
  ::msp::SerializedIdentity message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_EQ(message.mspid(), "Org1MSP");
  EXPECT_EQ(message.id_bytes(), alice_.certificate);
  auto view = parse_identity(bytes);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->msp_id, "Org1MSP");
  EXPECT_EQ(view->certificate_pem, alice_.certificate);
  for (size_t size = 1; size < 9; ++size)
    EXPECT_FALSE(parse_identity(bytes.substr(0, size))) << size;
  EXPECT_FALSE(parse_identity("nonsense"));
}

TEST_F(IdentityTest, LoadsFiles) {
  auto identity = load(IdentityFiles{put("c.pem", alice_.certificate), put("k.pem", alice_.key)});
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->msp_id(), "Org1MSP");
  EXPECT_EQ(identity->certificate().common_name(), "alice");
  EXPECT_EQ(identity->serialized(), serialize_identity("Org1MSP", alice_.certificate));
  EXPECT_TRUE(identity->certificate().verify("hello", identity->sign("hello")));
}

TEST_F(IdentityTest, LoadsPemTexts) {
  EXPECT_TRUE(load(IdentityPem{alice_.certificate, alice_.key}));
  EXPECT_TRUE(identity_from_pem("Org1MSP", alice_.certificate, alice_.key));
  EXPECT_THAT(error(IdentityPem{alice_.certificate, bob_.key}),
              HasSubstr("not that of the certificate of CN=alice"));
}

TEST_F(IdentityTest, LoadsAnMspFolderAndPicksTheMatchingKey) {
  put("msp/signcerts/cert.pem", alice_.certificate);
  put("msp/keystore/0_sk", bob_.key);
  put("msp/keystore/1_readme", "no key at all");
  put("msp/keystore/2_sk", alice_.key);
  put("msp/keystore/3_sk", bob_.key);
  auto identity = load(MspFolder{folder_ + "/msp"});
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->certificate().common_name(), "alice");
}

TEST_F(IdentityTest, SaysWhatAnMspFolderLacks) {
  EXPECT_THAT(error(MspFolder{folder_ + "/msp"}), HasSubstr("/msp/signcerts"));
  fs::create_directories(folder_ + "/msp/signcerts");
  EXPECT_THAT(error(MspFolder{folder_ + "/msp"}), HasSubstr("signcerts holds no certificate"));
  put("msp/signcerts/cert.pem", alice_.certificate);
  EXPECT_THAT(error(MspFolder{folder_ + "/msp"}), HasSubstr("/msp/keystore"));
  put("msp/keystore/a_sk", bob_.key);
  put("msp/keystore/b_sk", tests::key_encrypted(alice_.key, "x"));
  EXPECT_THAT(error(MspFolder{folder_ + "/msp"}),
              HasSubstr("no key for the certificate of CN=alice"));
  EXPECT_THAT(error(MspFolder{folder_ + "/msp"}), HasSubstr("b_sk: the private key is encrypted"));
}

TEST_F(IdentityTest, NamesTheFileAndItsFault) {
  const std::string certificate = put("c.pem", alice_.certificate), key = put("k.pem", alice_.key);
  EXPECT_THAT(error(IdentityFiles{folder_ + "/absent.pem", key}),
              HasSubstr("absent.pem: No such file"));
  EXPECT_THAT(error(IdentityFiles{certificate, folder_ + "/absent.key"}),
              HasSubstr("absent.key: No such file"));
  EXPECT_THAT(error(IdentityFiles{key, key}),
              HasSubstr("k.pem: not a PEM certificate: it holds a private key instead"));
  EXPECT_THAT(error(IdentityFiles{certificate, certificate}),
              HasSubstr("c.pem: not a PEM private key: it holds a certificate"));
  const std::string wrong = error(IdentityFiles{certificate, put("bob.pem", bob_.key)});
  EXPECT_THAT(wrong,
              HasSubstr("bob.pem: the private key is not that of the certificate of CN=alice"));
  EXPECT_THAT(wrong, HasSubstr("c.pem"));
}

TEST_F(IdentityTest, RefusesWhatIsNotValidNow) {
  auto old = ca_.issue({.common_name = "old", .not_after = clock_.now() - std::chrono::hours(1)});
  auto early =
      ca_.issue({.common_name = "early", .not_before = clock_.now() + std::chrono::hours(1)});
  EXPECT_THAT(error(IdentityFiles{put("old.pem", old.certificate), put("old.key", old.key)}),
              HasSubstr("old.pem: the certificate of CN=old expired"));
  EXPECT_THAT(error(IdentityPem{early.certificate, early.key}),
              HasSubstr("CN=early is not valid before"));
}

TEST_F(IdentityTest, ProviderTakesARotationOnceItIsWhole) {
  const std::string certificate = put("c.pem", alice_.certificate), key = put("k.pem", alice_.key);
  IdentityProvider provider(posix_files(), clock_, "Org1MSP", IdentityFiles{certificate, key});
  EXPECT_FALSE(provider.expires());
  auto before = provider.current();
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_EQ(*provider.current(), *before) << "unchanged files keep the same object";

  put("c.pem", bob_.certificate);  // half of the rotation
  EXPECT_EQ(*provider.current(), *before);
  EXPECT_THAT(provider.problem().value_or(""), HasSubstr("not that of the certificate of CN=bob"));
  fs::remove(key);
  EXPECT_EQ(*provider.current(), *before);
  put("k.pem", bob_.key);  // the other half
  auto after = provider.current();
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)->certificate().common_name(), "bob");
  EXPECT_FALSE(provider.problem());
  EXPECT_EQ(provider.expires(), (*after)->certificate().not_after());
  EXPECT_EQ((*before)->certificate().common_name(), "alice") << "who holds the old one keeps it";
}

TEST_F(IdentityTest, ProviderNoticesTheEndOfACertificate) {
  auto brief =
      ca_.issue({.common_name = "brief", .not_after = clock_.now() + std::chrono::hours(1)});
  const std::string certificate = put("c.pem", brief.certificate), key = put("k.pem", brief.key);
  IdentityProvider provider(posix_files(), clock_, "Org1MSP", IdentityFiles{certificate, key});
  ASSERT_TRUE(provider.current());
  clock_.advance(std::chrono::hours(2));
  auto expired = provider.current();
  ASSERT_FALSE(expired);
  EXPECT_THAT(expired.error().message, HasSubstr("expired"));
  put("c.pem", alice_.certificate);
  put("k.pem", alice_.key);
  EXPECT_TRUE(provider.current()) << "a renewed certificate is taken without a restart";
}

TEST_F(IdentityTest, ProviderWithoutAnyIdentitySaysWhy) {
  IdentityProvider provider(posix_files(), clock_, "Org1MSP", MspFolder{folder_ + "/nowhere"});
  EXPECT_THAT(provider.current().error().message, HasSubstr("nowhere"));
}

}  // namespace
}  // namespace belfry::msp
