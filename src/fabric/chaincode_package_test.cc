#include "fabric/chaincode_package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fabric/tar_gz.h"

namespace belfry::fabric {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace fs = std::filesystem;

class ChaincodePackageTest : public ::testing::Test {
 protected:
  ChaincodePackageTest()
      : folder_(fs::temp_directory_path() / ("belfry-package-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~ChaincodePackageTest() override { fs::remove_all(folder_); }

  void file(const std::string& name, const std::string& contents) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << contents;
  }
  Result<ChaincodePackage> package(const std::string& type = "", const std::string& label = "x_1") {
    return package_folder(posix_files(), folder_.string(), type, label);
  }
  static std::vector<ArchiveFile> code(const ChaincodePackage& package) {
    return *read_tar_gz((*read_tar_gz(package.bytes, 1 << 20))[1].contents, 1 << 20);
  }
  static auto named(const std::string& name) { return Field(&ArchiveFile::name, name); }

  const fs::path folder_;
};

TEST_F(ChaincodePackageTest, AProgramStaysExecutableAndSourcesDoNot) {
  file("program", "#!/bin/sh\n");
  fs::permissions(folder_ / "program", fs::perms::owner_all);
  const auto binary = package("binary"), node = package("node");
  ASSERT_TRUE(binary && node);
  EXPECT_TRUE(code(*binary)[0].executable);
  EXPECT_FALSE(code(*node)[0].executable);
}

TEST_F(ChaincodePackageTest, HoldsMetadataAndCode) {
  file("package.json", "{}");
  file("lib/index.js", "// code");
  file("node_modules/other/index.js", "// not ours");
  file(".git/config", "x");
  file("META-INF/statedb/couchdb/indexes/owner.json", "{}");
  const auto made = package();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->type, "node");
  EXPECT_EQ(made->files, 3U);
  EXPECT_THAT(made->id, StartsWith("x_1:"));
  EXPECT_EQ(made->id.size(), 4 + 64U);
  const auto outer = *read_tar_gz(made->bytes, 1 << 20);
  ASSERT_THAT(outer, ElementsAre(named("metadata.json"), named("code.tar.gz")));
  EXPECT_EQ(outer[0].contents, R"({"path":"","type":"node","label":"x_1"})");
  EXPECT_THAT(code(*made), ElementsAre(named("META-INF/statedb/couchdb/indexes/owner.json"),
                                       named("src/lib/index.js"), named("src/package.json")));
}

TEST_F(ChaincodePackageTest, TheSameSourceGivesTheSameBytes) {
  file("package.json", "{}");
  file("a.js", "a");
  const auto first = package();
  fs::last_write_time(folder_ / "a.js", fs::file_time_type::clock::now() - std::chrono::hours(5));
  file("package.json", "{}");
  EXPECT_EQ(package()->bytes, first->bytes);
  file("a.js", "b");
  EXPECT_NE(package()->id, first->id);
}

TEST_F(ChaincodePackageTest, GoCarriesItsImportPath) {
  file("go.mod", "// comment\nmodule example.com/ngo/v2 // why\n\ngo 1.22\n");
  file("main.go", "package main");
  const auto made = package();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT((*read_tar_gz(made->bytes, 1 << 20))[0].contents,
              HasSubstr(R"("path":"example.com/ngo/v2","type":"golang")"));
}

TEST_F(ChaincodePackageTest, AServiceIsItsAddress) {
  const auto made = package_service({"ngo.example.com:9999", "", ""}, "ngo_1");
  ASSERT_TRUE(made);
  ASSERT_THAT(code(*made), ElementsAre(named("connection.json")));
  EXPECT_EQ(
      code(*made)[0].contents,
      "{\"address\":\"ngo.example.com:9999\",\"dial_timeout\":\"10s\",\"tls_required\":false}\n");
  const auto read = read_package(made->bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, made->id);
  EXPECT_EQ(read->label, "ngo_1");
  EXPECT_EQ(read->type, "ccaas");
}

TEST_F(ChaincodePackageTest, SaysWhatIsWrong) {
  EXPECT_THAT(package().error().message, HasSubstr("say with --type what it is"));
  file("package.json", "{}");
  EXPECT_THAT(package("", "a b").error().message, HasSubstr("'a b' is no package label"));
  EXPECT_THAT(package_folder(posix_files(), "/nowhere/at/all", "", "x").error().message,
              HasSubstr("is no folder"));
  EXPECT_THAT(read_package("nothing").error().message, HasSubstr("no gzip file"));
  EXPECT_THAT(read_package(*write_tar_gz({})).error().message, HasSubstr("no chaincode package"));
}

TEST_F(ChaincodePackageTest, LongNamesAreSplit) {
  const std::string folder(90, 'd'), name = folder + "/" + std::string(80, 'n');
  const std::vector<ArchiveFile> files = {{name, "x"}};
  EXPECT_THAT(*read_tar_gz(*write_tar_gz(files), 1 << 20), ElementsAre(named(name)));
  const std::vector<ArchiveFile> too_long = {{std::string(101, 'n'), "x"}};
  EXPECT_THAT(write_tar_gz(too_long).error().message, HasSubstr("too long"));
}

TEST_F(ChaincodePackageTest, ADamagedArchiveIsRefused) {
  const std::vector<ArchiveFile> files = {{"a", std::string(10'000, 'x')}};
  const std::string whole = *write_tar_gz(files);
  EXPECT_FALSE(read_tar_gz(whole.substr(0, whole.size() / 2), 1 << 20));
  EXPECT_THAT(read_tar_gz(whole, 1000).error().message, HasSubstr("more than 1000 bytes"));
}

}  // namespace
}  // namespace belfry::fabric
