#include "cloud/profile.h"

namespace belfry::cloud {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

ProfileKeys profile_section(std::string_view text, std::string_view section) {
  ProfileKeys keys;
  bool inside = false;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view raw = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::string_view line = trimmed(raw);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      inside = line.back() == ']' && trimmed(line.substr(1, line.size() - 2)) == section;
      continue;
    }
    const size_t equals = line.find('=');
    // An indented line belongs to the key above it: settings of services, which are not ours.
    if (!inside || equals == std::string_view::npos || raw[0] == ' ' || raw[0] == '\t') continue;
    std::string_view value = trimmed(line.substr(equals + 1));
    value = trimmed(value.substr(0, std::min(value.find(" #"), value.find(" ;"))));
    keys[std::string(trimmed(line.substr(0, equals)))] = value;
  }
  return keys;
}

Result<ProfileKeys> read_profile(FileSystem& files, const std::string& credentials_file,
                                 const std::string& config_file, const std::string& profile) {
  ProfileKeys keys;
  const auto add = [&](const std::string& path, const std::string& section) -> Result<void> {
    if (path.empty() || !files.exists(path)) return {};
    auto text = read_whole(files, path, 1 << 20);
    if (!text) return tl::unexpected(text.error());
    keys.merge(profile_section(*text, section));
    return {};
  };
  if (auto added = add(credentials_file, profile); !added) return tl::unexpected(added.error());
  if (auto added = add(config_file, profile == "default" ? profile : "profile " + profile); !added)
    return tl::unexpected(added.error());
  return keys;
}

}  // namespace belfry::cloud
