// What the table alone cannot see: that names resolve, stages form a way without loops, and that
// the files, patterns, templates and numbers which the configuration names are good. Each function
// appends what it finds.
#pragma once

#include "app/config.h"

namespace belfry::app {

// Everything below. Loops and unreachable stages are only looked for in a configuration without
// other problems, of which they would be echoes.
void check_config(FileSystem& files, const Config& config, std::vector<Problem>& problems);

void check_networks(FileSystem& files, const Config& config, std::vector<Problem>& problems);
// The networks by themselves: whether there are any, and listeners for them, does not matter.
void check_each_network(FileSystem& files, const Config& config, std::vector<Problem>& problems);
void check_stages(const Config& config, std::vector<Problem>& problems);
void check_lambdas(FileSystem& files, const Config& config, std::vector<Problem>& problems);
void check_subscriptions(const Config& config, std::vector<Problem>& problems);
// What passwords come from secrets is looked at once they are known.
void check_smtp(const Config& config, std::vector<Problem>& problems);
void check_sms(const Config& config, std::vector<Problem>& problems);
void check_aws(const Config& config, std::vector<Problem>& problems);
void check_cloud(const Config& config, std::vector<Problem>& problems);
void check_ways(const Config& config, std::vector<Problem>& problems);

// "host:port" with a port from least to 65535; says what is wrong otherwise.
std::optional<std::string> bad_address(const std::string& address, int least_port);

}  // namespace belfry::app
