// How fast events find the patterns that want them: four sets of patterns, from 1,000 to 1,000,000
// of them, one thread, ~300-byte JSON events, parsing included. The peers under bench/peers/match
// take the same patterns and events from the files that `--write FOLDER` leaves.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "match/matcher.h"

namespace {

using namespace belfry::match;

constexpr size_t kEvents = 4096;
constexpr const char* kRegions[] = {"eu-west-1", "eu-central-1", "us-east-1",
                                    "us-west-2", "ap-south-1",   "sa-east-1"};
constexpr const char* kKinds[] = {"transfer", "donation", "refund", "grant", "pledge", "audit"};

// The processor time of this thread, so that neighbours on the machine disturb little.
double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

size_t resident() {
  std::ifstream file("/proc/self/statm");
  size_t pages = 0, held = 0;
  file >> pages >> held;
  return held * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

std::string account(size_t i) {
  char text[32];
  std::snprintf(text, sizeof text, "account-%07zu", i);
  return text;
}

struct Set {
  const char* name;
  std::function<std::string(size_t, std::mt19937&)> pattern;
};

// A region's beginning and a kind to leave out, on two given fields.
std::string around(size_t i, std::mt19937& random, const char* region_field,
                   const char* kind_field) {
  std::string region = kRegions[random() % std::size(kRegions)];
  return "{\"m_account\":[\"" + account(i) + "\"],\"" + region_field + "\":[{\"prefix\":\"" +
         region.substr(0, 2 + random() % (region.size() - 2)) + "\"}],\"" + kind_field +
         "\":[{\"anything-but\":[\"" + kKinds[random() % std::size(kKinds)] + "\",\"" +
         std::string(kKinds[random() % std::size(kKinds)]) + "\"]}]}";
}

const Set kSets[] = {
    {"exact", [](size_t i, std::mt19937&) { return "{\"m_account\":[\"" + account(i) + "\"]}"; }},
    {"after",
     [](size_t i, std::mt19937& random) { return around(i, random, "z_region", "y_kind"); }},
    {"before",
     [](size_t i, std::mt19937& random) { return around(i, random, "a_region", "b_kind"); }},
    {"numeric",
     [](size_t i, std::mt19937&) {
       return "{\"amount\":[{\"numeric\":[\">=\"," + std::to_string(i) + ",\"<\"," +
              std::to_string(i + 1) + "]}]}";
     }},
};

std::vector<std::string> make_events(size_t patterns) {
  std::mt19937 random(7);
  std::vector<std::string> out;
  for (size_t i = 0; i < kEvents; ++i) {
    const char* region = kRegions[random() % std::size(kRegions)];
    const char* kind = kKinds[random() % std::size(kKinds)];
    char text[512];
    std::snprintf(
        text, sizeof text,
        "{\"a_region\":\"%s\",\"amount\":%zu.%02u,\"b_kind\":\"%s\",\"block\":%u,\"chaincode\":"
        "\"ngo\","
        "\"m_account\":\"%s\",\"transaction_id\":\"%08x%08x%08x%08x%08x%08x%08x%08x\",\"valid\":"
        "true,"
        "\"x_note\":\"given at the door on a rainy day\",\"y_kind\":\"%s\",\"z_region\":\"%s\"}",
        region, random() % patterns, static_cast<unsigned>(random() % 100), kind,
        static_cast<unsigned>(random() % 1000000), account(random() % patterns).c_str(),
        unsigned(random()), unsigned(random()), unsigned(random()), unsigned(random()),
        unsigned(random()), unsigned(random()), unsigned(random()), unsigned(random()), kind,
        region);
    out.emplace_back(text);
  }
  return out;
}

struct Measured {
  double build, rate, parse_rate, change, memory;
  size_t matched;
};

Measured measure(const Set& set, size_t count) {
  std::mt19937 random(42);
  std::vector<std::string> texts(count);
  for (size_t i = 0; i < count; ++i) texts[i] = set.pattern(i, random);
  Measured out{};
  size_t before = resident();
  double start = now();
  Matcher matcher;
  for (size_t i = 0; i < count; ++i) matcher.add(i, *Pattern::parse(texts[i], Dialect::sns_body));
  out.build = now() - start;
  out.memory = static_cast<double>(resident() - before);

  std::vector<std::string> events = make_events(count);
  Document document;
  Matcher::Scratch scratch;
  std::vector<PatternId> matched;
  size_t done = 0;
  start = now();
  for (double end = start + 1; now() < end; done += kEvents) {
    out.matched = 0;
    for (const std::string& event : events) {
      document.clear();
      matched.clear();
      if (!document.add_json(event)) std::abort();
      matcher.match(document, scratch, matched);
      out.matched += matched.size();
    }
  }
  out.rate = static_cast<double>(done) / (now() - start);
  done = 0;
  start = now();
  for (double end = start + 0.3; now() < end; done += kEvents) {
    for (const std::string& event : events) {
      document.clear();
      if (!document.add_json(event)) std::abort();
    }
  }
  out.parse_rate = static_cast<double>(done) / (now() - start);

  constexpr size_t kChanges = 20000;
  start = now();
  for (size_t i = 0; i < kChanges; ++i) {
    size_t id = random() % count;
    matcher.remove(id);
    matcher.add(id, *Pattern::parse(texts[id], Dialect::sns_body));
  }
  out.change = (now() - start) / kChanges;
  return out;
}

// What the peers read: FOLDER/SET-COUNT.patterns and FOLDER/COUNT.events, one JSON object per line.
void write_files(const std::string& folder, const std::vector<size_t>& counts) {
  for (size_t count : counts) {
    std::ofstream events(folder + "/" + std::to_string(count) + ".events");
    for (const std::string& event : make_events(count)) events << event << "\n";
    for (const Set& set : kSets) {
      std::mt19937 random(42);
      std::ofstream patterns(folder + "/" + set.name + "-" + std::to_string(count) + ".patterns");
      for (size_t i = 0; i < count; ++i) patterns << set.pattern(i, random) << "\n";
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--only") == 0) {
    for (const Set& set : kSets) {
      if (argv[2] != std::string(set.name)) continue;
      Measured m = measure(set, std::stoul(argv[3]));
      std::printf("%-8s %9s %10.3f %12.0f %12.0f %9.1f %9.2f %8zu\n", set.name, argv[3], m.build,
                  m.rate, m.parse_rate, m.memory / 1048576, m.change * 1e6, m.matched);
    }
    return 0;
  }
  if (argc == 3 && std::strcmp(argv[1], "--write") == 0) {
    write_files(argv[2], {1000, 100000});
    return 0;
  }
  std::printf("%-8s %9s %10s %12s %12s %9s %9s %8s\n", "set", "patterns", "build s", "events/s",
              "parse only/s", "MiB", "change us", "matched");
  for (const Set& set : kSets) {
    for (size_t count : {1, 1000, 100000, 1000000}) {
      Measured m = measure(set, count);
      std::printf("%-8s %9zu %10.3f %12.0f %12.0f %9.1f %9.2f %8zu\n", set.name, count, m.build,
                  m.rate, m.parse_rate, m.memory / 1048576, m.change * 1e6, m.matched);
      std::fflush(stdout);
    }
  }
}
