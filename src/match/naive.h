// For tests and fuzzing only: random patterns and documents, and what the language means, told in
// the simplest way and sharing nothing with the code under test. Patterns and documents are drawn
// from small vocabularies, so that they meet.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::match::naive {

// Numbers with hand-given ranks: equal ranks are equal numbers.
struct Number {
  const char* text;
  int rank;
};
inline const Number kNumbers[] = {
    {"-1e400", 0},
    {"-12345678901234567891", 1},
    {"-100.0", 2},
    {"-1e2", 2},
    {"-0", 3},
    {"0", 3},
    {"0.0e5", 3},
    {"0e99999999999999999999", 3},
    {"1e-400", 4},
    {"0.1", 5},
    {"1e-1", 5},
    {"0.10000000000000000", 5},
    {"0.10000000000000001", 6},
    {"1", 7},
    {"1.0", 7},
    {"10e-1", 7},
    {"99.99", 8},
    {"100", 9},
    {"1e2", 9},
    {"100.0", 9},
    {"1E+2", 9},
    {"9007199254740992", 10},
    {"9007199254740993", 11},
    {"90071992547409930e-1", 11},
    {"12345678901234567890", 12},
    {"12345678901234567891", 13},
    {"1e400", 14},
    {"1e401", 15},
};
inline const char* const kTexts[] = {"",
                                     "x",
                                     "xy",
                                     "Xy",
                                     "yx",
                                     "xyx",
                                     "10.0.0.1",
                                     "10.0.1.1",
                                     "::1",
                                     "é",
                                     "É",
                                     "x*y",
                                     "x\"y\\z",
                                     "\x01",
                                     "naïve",
                                     "€uro 🦆",
                                     "x\xc3\xa9y",
                                     "true",
                                     "100",
                                     "a long text that is longer than sixteen bytes",
                                     "a long text that is longer than others"};
inline const char* const kKeys[] = {"a", "b", "c", "a.b", "é", "b.c.a"};
inline const char* const kNetworks[] = {"10.0.0.0/8", "10.0.0.0/24", "10.0.0.1/32",
                                        "::/0",       "::1/128",     "0.0.0.0/0"};
inline const char* const kWildcards[] = {"*",   "x*",      "*x",     "x*x",
                                         "*y*", "x\\\\*y", "*\\\\*y"};  // as JSON writes them

// Where choices come from: a generator or a fuzzer's bytes.
using Choose = std::function<uint32_t(uint32_t)>;  // below its argument

struct Member;
struct Json {
  enum Type { null, yes, no, number, text, array, object } type = null;
  int rank = 0;         // of a number
  std::string written;  // of a number
  std::string value;    // of a text
  std::vector<Json> items;
  std::vector<Member> members;
};
struct Member {
  std::string key;
  Json value;
};

inline void write_text(std::string& out, std::string_view text, const Choose& choose) {
  static const char* kHex = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '"' || c == '\\' || (byte < 0x80 && choose(16) == 0)) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

inline void space(std::string& out, const Choose& choose) {
  if (choose(8) == 0) out += " \t\r\n"[choose(4)];
}

inline Json random_scalar(const Choose& choose) {
  Json out;
  switch (choose(8)) {
    case 0:
      out.type = Json::null;
      break;
    case 1:
      out.type = Json::yes;
      break;
    case 2:
      out.type = Json::no;
      break;
    case 3:
    case 4: {
      const Number& number = kNumbers[choose(std::size(kNumbers))];
      out.type = Json::number;
      out.rank = number.rank;
      out.written = number.text;
      break;
    }
    default:
      out.type = Json::text;
      out.value = kTexts[choose(std::size(kTexts))];
  }
  return out;
}

inline Json random_json(const Choose& choose, int depth) {
  uint32_t shape = choose(8);
  if (depth == 0 || shape < 3) return random_scalar(choose);
  Json out;
  if (shape < 5) {
    out.type = Json::array;
    for (uint32_t left = choose(4); left > 0; --left)
      out.items.push_back(random_json(choose, depth - 1));
    return out;
  }
  out.type = Json::object;
  for (uint32_t left = choose(4); left > 0; --left) {
    const char* key = kKeys[choose(std::size(kKeys))];
    out.members.push_back({key, random_json(choose, depth - 1)});
  }
  return out;
}

inline Json random_document(const Choose& choose) {
  Json out;
  out.type = Json::object;
  for (uint32_t left = choose(6); left > 0; --left) {
    const char* key = kKeys[choose(std::size(kKeys))];
    out.members.push_back({key, random_json(choose, 3)});
  }
  return out;
}

inline void write(std::string& out, const Json& json, const Choose& choose) {
  space(out, choose);
  switch (json.type) {
    case Json::null:
      out += "null";
      break;
    case Json::yes:
      out += "true";
      break;
    case Json::no:
      out += "false";
      break;
    case Json::number:
      out += json.written;
      break;
    case Json::text:
      write_text(out, json.value, choose);
      break;
    case Json::array:
      out += '[';
      for (size_t i = 0; i < json.items.size(); ++i) {
        if (i > 0) out += ',';
        write(out, json.items[i], choose);
      }
      out += ']';
      break;
    case Json::object:
      out += '{';
      for (size_t i = 0; i < json.members.size(); ++i) {
        if (i > 0) out += ',';
        space(out, choose);
        write_text(out, json.members[i].key, choose);
        space(out, choose);
        out += ':';
        write(out, json.members[i].value, choose);
      }
      out += '}';
  }
  space(out, choose);
}

struct Leaf {
  std::string path;
  const Json* value;
  std::vector<std::pair<int, int>> places;  // (array, index) of all arrays around it
};

inline void flatten(const Json& json, const std::string& path,
                    std::vector<std::pair<int, int>> places, int& arrays, std::vector<Leaf>& out) {
  if (json.type == Json::object) {
    for (const auto& [key, value] : json.members)
      flatten(value, path.empty() ? key : path + "." + key, places, arrays, out);
  } else if (json.type == Json::array) {
    int array = arrays++;
    for (size_t i = 0; i < json.items.size(); ++i) {
      auto inner = places;
      inner.emplace_back(array, static_cast<int>(i));
      flatten(json.items[i], path, inner, arrays, out);
    }
  } else {
    out.push_back({path, &json, places});
  }
}

struct Test {
  std::string json;                         // how it is written
  bool missing = false;                     // true of no value
  std::function<bool(const Json&)> passes;  // of a value
};

struct Object {
  struct Member {
    std::string key;
    std::vector<Test> tests;     // or
    std::vector<Object> inside;  // one: a nested object; several: $or
  };
  std::vector<Member> members;
};

// ASCII and the few letters of the vocabulary.
inline std::string lower(std::string text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] >= 'A' && text[i] <= 'Z') text[i] = static_cast<char>(text[i] + 32);
    if (text[i] == '\xc3' && i + 1 < text.size() && text[i + 1] == '\x89') text[i + 1] = '\xa9';
  }
  return text;
}

inline bool glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    for (size_t i = 0; i <= text.size(); ++i) {
      if (glob(pattern.substr(1), text.substr(i))) return true;
    }
    return false;
  }
  if (pattern[0] == '\\') pattern.remove_prefix(1);
  return !text.empty() && text[0] == pattern[0] && glob(pattern.substr(1), text.substr(1));
}

// The vocabulary has three addresses and six networks: a table is the plainest truth.
inline bool in_network(std::string_view network, std::string_view text) {
  if (text == "10.0.0.1") return network != "::/0" && network != "::1/128";
  if (text == "10.0.1.1") return network == "10.0.0.0/8" || network == "0.0.0.0/0";
  return text == "::1" && (network == "::/0" || network == "::1/128");
}

inline Test scalar_test(const Json& wanted, const Choose& choose) {
  Test out;
  write(out.json, wanted, choose);
  out.passes = [wanted](const Json& json) {
    return json.type == wanted.type && json.rank == wanted.rank && json.value == wanted.value;
  };
  return out;
}

inline Test random_test(const Choose& choose, bool inside_anything_but = false) {
  Test out;
  std::string text = kTexts[choose(std::size(kTexts))];
  auto written = [&](std::string_view value) {
    std::string json;
    write_text(json, value, choose);
    return json;
  };
  auto of_text = [&](auto test) {
    out.passes = [test, text](const Json& json) {
      return json.type == Json::text && test(json.value, text);
    };
  };
  auto cut = [&] {
    text = text.substr(0, choose(4) == 0 ? text.size() : std::min<size_t>(text.size(), 1));
  };
  switch (choose(inside_anything_but ? 5 : 14)) {
    case 0:
      return scalar_test(random_scalar(choose), choose);
    case 1:
      if (inside_anything_but && text.empty()) text = "x";
      if (text[0] > 0) cut();
      out.json = "{\"prefix\":" + written(text) + "}";
      of_text([](const std::string& value, const std::string& wanted) {
        return value.starts_with(wanted);
      });
      return out;
    case 2:
      if (inside_anything_but && text.empty()) text = "x";
      out.json = "{\"suffix\":" + written(text) + "}";
      of_text([](const std::string& value, const std::string& wanted) {
        return value.ends_with(wanted);
      });
      return out;
    case 3:
      out.json = "{\"equals-ignore-case\":" + written(text) + "}";
      of_text([](const std::string& value, const std::string& wanted) {
        return lower(value) == lower(wanted);
      });
      return out;
    case 4: {
      std::string wildcard = kWildcards[choose(std::size(kWildcards))];
      out.json = "{\"wildcard\":\"" + wildcard + "\"}";
      std::string plain;
      for (size_t i = 0; i < wildcard.size(); ++i) plain += wildcard[wildcard[i] == '\\' ? ++i : i];
      out.passes = [plain](const Json& json) {
        return json.type == Json::text && glob(plain, json.value);
      };
      return out;
    }
    case 5:
      out.json = "{\"prefix\":{\"equals-ignore-case\":" + written(text) + "}}";
      of_text([](const std::string& value, const std::string& wanted) {
        return lower(value).starts_with(lower(wanted));
      });
      return out;
    case 6:
      out.json = "{\"suffix\":{\"equals-ignore-case\":" + written(text) + "}}";
      of_text([](const std::string& value, const std::string& wanted) {
        return lower(value).ends_with(lower(wanted));
      });
      return out;
    case 7: {
      std::string network = kNetworks[choose(std::size(kNetworks))];
      out.json = "{\"cidr\":\"" + network + "\"}";
      out.passes = [network](const Json& json) {
        return json.type == Json::text && in_network(network, json.value);
      };
      return out;
    }
    case 8:
    case 9: {
      const Number& low = kNumbers[choose(std::size(kNumbers))];
      const Number& high = kNumbers[choose(std::size(kNumbers))];
      uint32_t shape = choose(4);  // which bounds are there, and open or not
      bool open = choose(2) == 0;
      if (shape == 3 && low.rank >= high.rank) shape = 1;
      std::string json;
      if (shape == 0) json = std::string("\"=\",") + low.text;
      if (shape & 1) json = std::string(open ? "\">\"," : "\">=\",") + low.text;
      if (shape & 2)
        json += std::string(shape == 3 ? "," : "") + (open ? "\"<\"," : "\"<=\",") + high.text;
      out.json = "{\"numeric\":[" + json + "]}";
      int least = low.rank, most = high.rank;
      out.passes = [=](const Json& value) {
        if (value.type != Json::number) return false;
        if (shape == 0) return value.rank == least;
        if (shape & 1 && (value.rank < least || (open && value.rank == least))) return false;
        return !(shape & 2) || (value.rank < most || (!open && value.rank == most));
      };
      return out;
    }
    case 10:
      out.json = "{\"exists\":true}";
      out.passes = [](const Json&) { return true; };
      return out;
    case 11:
      out.json = "{\"exists\":false}";
      out.missing = true;
      out.passes = [](const Json&) { return false; };
      return out;
    default: {
      std::vector<Test> others;
      Test first = random_test(choose, true);
      size_t colon = first.json.find(':');
      bool operation = first.json.find('{') != first.json.npos;
      others.push_back(first);
      std::string list =
          operation ? first.json.substr(colon + 1, first.json.size() - colon - 2) : first.json;
      if (choose(2) == 0) {
        list = "[" + list;
        for (uint32_t left = operation ? 0 : choose(3); left > 0; --left) {
          others.push_back(scalar_test(random_scalar(choose), choose));
          list += "," + others.back().json;
        }
        list += "]";
      }
      out.json =
          "{\"anything-but\":" + (operation ? first.json.substr(0, colon + 1) + list + "}" : list) +
          "}";
      out.passes = [others](const Json& json) {
        for (const Test& other : others) {
          if (other.passes(json)) return false;
        }
        return true;
      };
      return out;
    }
  }
}

inline Object random_object(const Choose& choose, int depth, bool may_be_empty) {
  Object out;
  std::vector<std::string> used;
  for (uint32_t left = choose(3) + (may_be_empty ? 0 : 1); left > 0; --left) {
    Object::Member member;
    uint32_t shape = depth == 0 ? 0 : choose(8);
    if (shape == 7) {
      member.key = "$or";
      for (uint32_t ways = 2 + choose(2); ways > 0; --ways)
        member.inside.push_back(random_object(choose, depth - 1, false));
    } else {
      member.key = kKeys[choose(std::size(kKeys))];
      if (shape == 6) {
        member.inside.push_back(random_object(choose, depth - 1, false));
      } else {
        for (uint32_t tests = 1 + choose(3); tests > 0; --tests)
          member.tests.push_back(random_test(choose));
      }
    }
    out.members.push_back(std::move(member));
  }
  return out;
}

inline void write(std::string& out, const Object& object, const Choose& choose) {
  out += '{';
  for (size_t i = 0; i < object.members.size(); ++i) {
    const auto& member = object.members[i];
    if (i > 0) out += ',';
    write_text(out, member.key, choose);
    out += ':';
    if (member.inside.size() == 1) {
      write(out, member.inside[0], choose);
    } else {
      out += '[';
      for (size_t k = 0; k < member.inside.size(); ++k) {
        if (k > 0) out += ',';
        write(out, member.inside[k], choose);
      }
      for (size_t k = 0; k < member.tests.size(); ++k)
        out += (k > 0 ? "," : "") + member.tests[k].json;
      out += ']';
    }
  }
  out += '}';
}

using Clause = std::vector<std::pair<std::string, const std::vector<Test>*>>;

// Every way through the object, each as the list of what must hold.
inline std::vector<Clause> ways(const Object& object, const std::string& path) {
  std::vector<Clause> out(1);
  for (const auto& member : object.members) {
    std::string whole = path.empty() ? member.key : path + "." + member.key;
    std::vector<Clause> more;
    if (member.inside.empty()) {
      more.push_back({{whole, &member.tests}});
    } else {
      for (const Object& inside : member.inside) {
        for (Clause& way : ways(inside, member.key == "$or" ? path : whole))
          more.push_back(std::move(way));
      }
    }
    std::vector<Clause> product;
    for (const Clause& left : out) {
      for (const Clause& right : more) {
        product.push_back(left);
        product.back().insert(product.back().end(), right.begin(), right.end());
      }
    }
    out = std::move(product);
  }
  return out;
}

inline bool compatible(const Leaf& a, const Leaf& b) {
  for (auto [array, index] : a.places) {
    for (auto [other, place] : b.places) {
      if (array == other && index != place) return false;
    }
  }
  return true;
}

inline bool holds(const Clause& clause, size_t from, const std::vector<Leaf>& leaves,
                  std::vector<const Leaf*>& chosen) {
  if (from == clause.size()) return true;
  const auto& [path, tests] = clause[from];
  bool any = false;
  for (const Leaf& leaf : leaves) any |= leaf.path == path;
  for (const Test& test : *tests) {
    if (test.missing && !any && holds(clause, from + 1, leaves, chosen)) return true;
    for (const Leaf& leaf : leaves) {
      if (leaf.path != path || !test.passes(*leaf.value)) continue;
      bool fits = true;
      for (const Leaf* other : chosen) fits &= compatible(leaf, *other);
      if (!fits) continue;
      chosen.push_back(&leaf);
      if (holds(clause, from + 1, leaves, chosen)) return true;
      chosen.pop_back();
    }
  }
  return false;
}

inline bool matches(const Object& pattern, const Json& document) {
  std::vector<Leaf> leaves;
  int arrays = 0;
  flatten(document, "", {}, arrays, leaves);
  for (const Clause& clause : ways(pattern, "")) {
    std::vector<const Leaf*> chosen;
    if (holds(clause, 0, leaves, chosen)) return true;
  }
  return false;
}

}  // namespace belfry::match::naive
