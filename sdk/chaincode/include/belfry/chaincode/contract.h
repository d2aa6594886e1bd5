// Contracts: functions by name, and the chaincode that is made of them.
//
//     Result<> create_donor(Transaction& transaction, const Donor& donor);
//     Result<std::optional<Donor>> query_donor(Transaction& transaction, const std::string& name);
//
//     Contract contract("donations");
//     contract.submit("createDonor", create_donor, {"donor"});
//     contract.evaluate("queryDonor", query_donor, {"name"});
//     return belfry::chaincode::run(Chaincode(std::move(contract)), argc, argv);
//
// A function takes the transaction and any number of arguments, and gives a Result (or a plain
// value, if it cannot fail). An argument of type std::string is what the client sent; every other
// type is read from it as JSON (json.h). A result is written likewise: text as it is, all else as
// JSON, nothing as nothing. Arguments of type std::optional may be left out at the end.
//
// Functions run on several threads at once, one transaction each.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "belfry/chaincode/json.h"
#include "belfry/chaincode/peer.h"
#include "belfry/chaincode/result.h"
#include "belfry/chaincode/transaction.h"

namespace belfry::chaincode {

namespace detail {

struct Parameter {
  std::string name;
  Json schema;
  bool optional = false;
};

struct Function {
  std::string name;
  bool submits = false;
  std::vector<Parameter> parameters;
  Json returns;  // null: nothing
  std::function<Result<std::string>(Transaction&, std::span<const std::string>)> call;
};

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;
template <class T>
struct Content {
  using type = T;
};
template <class T>
struct Content<Result<T>> {
  using type = T;
};

// One argument from its text.
template <class T>
Result<T> read_argument(const std::string& text) {
  if constexpr (std::same_as<T, std::string>) {
    return text;
  } else if constexpr (std::same_as<T, std::optional<std::string>>) {
    return std::optional<std::string>(text);
  } else {
    return from_text<T>(text);
  }
}

template <class T>
std::string write_result(T value) {
  if constexpr (std::same_as<T, std::string>) {
    return value;
  } else {
    return to_json_text(value);
  }
}

}  // namespace detail

class Contract {
 public:
  explicit Contract(std::string name) : name_(std::move(name)) {}

  // For functions that write. The names of the parameters appear in errors and in the metadata.
  template <class F>
  Contract& submit(std::string name, F function, std::vector<std::string> parameters = {}) {
    return add(std::move(name), true, std::function(std::move(function)), std::move(parameters));
  }
  // For functions that only read. The difference is for clients, which learn it from the metadata.
  template <class F>
  Contract& evaluate(std::string name, F function, std::vector<std::string> parameters = {}) {
    return add(std::move(name), false, std::function(std::move(function)), std::move(parameters));
  }
  // Runs before every function; its error is the transaction's.
  Contract& before(std::function<Result<>(Transaction&)> check);

  const std::string& name() const { return name_; }

 private:
  friend class Chaincode;
  template <class R, class... Args>
  Contract& add(std::string name, bool submits, std::function<R(Transaction&, Args...)> function,
                std::vector<std::string> names) {
    detail::Function out{std::move(name), submits, {}, Json(), {}};
    (out.parameters.push_back({{},
                               Codec<std::remove_cvref_t<Args>>::schema(),
                               detail::optional<std::remove_cvref_t<Args>>}),
     ...);
    using Content = typename detail::Content<R>::type;
    if constexpr (!std::is_void_v<Content>) out.returns = Codec<Content>::schema();
    // Which names go with the arguments is known only once add() has run.
    out.call = [function = std::move(function), labels = labels(out.parameters, names)](
                   Transaction& transaction,
                   std::span<const std::string> texts) -> Result<std::string> {
      return call<R, Args...>(function, labels, transaction, texts,
                              std::index_sequence_for<Args...>());
    };
    return add(std::move(out));
  }
  Contract& add(detail::Function function);
  static std::vector<std::string> labels(std::vector<detail::Parameter>& parameters,
                                         const std::vector<std::string>& names);

  template <class R, class... Args, std::size_t... Index>
  static Result<std::string> call(const std::function<R(Transaction&, Args...)>& function,
                                  const std::vector<std::string>& labels, Transaction& transaction,
                                  [[maybe_unused]] std::span<const std::string> texts,
                                  std::index_sequence<Index...>) {
    std::tuple<std::remove_cvref_t<Args>...> values;
    std::optional<Error> wrong;
    (read<std::remove_cvref_t<Args>>(std::get<Index>(values), Index, labels, texts, wrong), ...);
    if (wrong) return *wrong;
    if constexpr (std::is_void_v<R>) {
      function(transaction, std::get<Index>(values)...);
      return std::string();
    } else if constexpr (detail::is_result<R>) {
      auto result = function(transaction, std::get<Index>(values)...);
      if (!result) return result.error();
      if constexpr (std::is_void_v<typename detail::Content<R>::type>) {
        return std::string();
      } else {
        return detail::write_result(*std::move(result));
      }
    } else {
      return detail::write_result(function(transaction, std::get<Index>(values)...));
    }
  }
  template <class T>
  static void read(T& value, std::size_t index, const std::vector<std::string>& labels,
                   std::span<const std::string> texts, std::optional<Error>& wrong) {
    if (wrong || index >= texts.size())
      return;  // left out: an optional one, the count has been looked at
    auto read = detail::read_argument<T>(texts[index]);
    if (read) {
      value = *std::move(read);
    } else {
      wrong = detail::within(labels[index], read.error());
    }
  }

  std::string name_;
  std::vector<detail::Function> functions_;
  std::vector<std::function<Result<>(Transaction&)>> before_;
};

// What a peer runs. A function of the first contract is called by its name, one of another by
// CONTRACT:NAME.
class Chaincode {
 public:
  explicit Chaincode(Contract contract);
  Chaincode& add(Contract contract);
  // What GetMetadata says about the whole.
  Chaincode& describe(std::string title, std::string version);

  // Runs one transaction to its end. Exceptions are errors of this transaction only.
  Response execute(const Call& call, Peer& peer) const;
  // org.hyperledger.fabric:GetMetadata, as Fabric's contract API gives it.
  std::string metadata() const;

 private:
  Result<std::string> dispatch(Transaction& transaction, const Call& call) const;
  std::vector<Contract> contracts_;
  std::string title_, version_;
};

}  // namespace belfry::chaincode
