// Requests to Lambda's REST API: any method, path and body gets an answer, and what is kept of them
// can be read again.
#include <cstdlib>
#include <filesystem>
#include <string>

#include "aws/lambda.h"
#include "aws/lambda_mappings.h"
#include "base/check.h"
#include "queue/store.h"

namespace {

namespace fs = std::filesystem;
using namespace belfry;

struct World {
  World() {
    std::string pattern = (fs::temp_directory_path() / "lambda_request_fuzz_XXXXXX").string();
    BELFRY_CHECK(::mkdtemp(pattern.data()));
    folder = pattern;
    fs::create_directories(folder / "log");
    store = std::move(
        *queue::Store::open(posix_files(), clock, *random, (folder / "log").string(), {}));
    (void)store->open_queue("in", {}).has_value();
    host = std::move(*functions::LambdaHost::start(posix_files(), clock, *random,
                                                   {(folder / "functions").string()}));
    aws::lambda::Lambda::Options options;
    options.folder = (folder / "functions").string();
    aws::lambda::FunctionRecord fixed;
    fixed.fixed = true;
    fixed.name = "fixed";
    fixed.runtime = "provided";
    fixed.code = (folder / "nothing").string();
    options.fixed.push_back(std::move(fixed));
    lambda = std::make_unique<aws::lambda::Lambda>(
        aws::lambda::Lambda::Parts{*store, *host, posix_files(), clock, *random, executor},
        std::move(options));
  }

  fs::path folder;
  ManualClock clock;
  std::unique_ptr<Random> random = seeded_random(1);
  ManualExecutor executor{clock};
  std::unique_ptr<queue::Store> store;
  std::unique_ptr<functions::LambdaHost> host;
  std::unique_ptr<aws::lambda::Lambda> lambda;
};

}  // namespace

// "METHOD path?qualifier\nbody"
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World& world = *new World;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = std::min(text.find('\n'), text.size());
  const std::string_view head = text.substr(0, line);
  const size_t space = std::min(head.find(' '), head.size());
  http::ServerRequest request;
  request.method = std::string(head.substr(0, space));
  const std::string_view target = head.substr(std::min(space + 1, head.size()));
  const size_t mark = std::min(target.find('?'), target.size());
  request.path = std::string(target.substr(0, mark));
  if (!request.path.starts_with("/")) request.path.insert(0, "/");
  if (mark < target.size())
    request.query.emplace_back("Qualifier", std::string(target.substr(mark + 1)));
  request.body = std::string(text.substr(std::min(line + 1, text.size())));
  world.lambda->handle(std::move(request), {},
                       [](http::ServerResponse response) { BELFRY_CHECK(response.status >= 200); });
  world.executor.run();
  for (const auto& [key, value] : world.store->list("aws/lambda/")) {
    if (key.starts_with(aws::lambda::kFunctionPrefix))
      BELFRY_CHECK(aws::lambda::decode_function_record(value).has_value());
    else
      BELFRY_CHECK(aws::lambda::decode_mapping(value).has_value());
  }
  return 0;
}
