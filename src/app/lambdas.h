// Functions of belfry.yaml with code of their own: what the Lambda host and the event source are
// told of them.
#pragma once

#include <memory>

#include "app/config.h"
#include "app/host.h"
#include "app/storage.h"
#include "aws/lambda.h"
#include "base/executor.h"
#include "functions/lambda_host.h"
#include "functions/sending.h"
#include "pipeline/worker.h"

namespace belfry::app {

// The host over DATA/functions, with the functions of the configuration; their SDKs reach nothing
// until it is told the endpoint.
Result<std::unique_ptr<functions::LambdaHost>> start_lambda_host(const Config& config, Host host,
                                                                 const std::string& folder);

// The Lambda API over the host: what clients make, beside the configuration's functions. All must
// outlive it.
Result<std::unique_ptr<aws::lambda::Lambda>> open_lambda_api(const Config& config, Host host,
                                                             const std::string& folder,
                                                             Storage& storage,
                                                             functions::LambdaHost& lambdas,
                                                             Executor& executor);

// Works the function's queue off. All of them must outlive it.
Result<std::unique_ptr<pipeline::Worker>> lambda_worker(
    const Config& config, const Named<FunctionConfig>& function, Host host, Storage& storage,
    functions::LambdaHost& lambdas, functions::Sending sending, Executor& executor);

}  // namespace belfry::app
