#include "aws/sns.h"

#include "aws/sns_platform.h"
#include "aws/sns_publish.h"
#include "aws/sns_shapes.h"
#include "aws/sns_sms.h"
#include "aws/sns_subscriptions.h"
#include "aws/sns_topics.h"
#include "base/check.h"

namespace belfry::aws {

using boost::json::object;

struct Sns::Parts {
  sns::Context context;
  sns::TopicActions topics{context};
  sns::SubscriptionActions subscriptions{context};
  sns::PublishActions publishing{context};
  sns::SmsActions sms{context};
  sns::PlatformActions platform{context};
};

Sns::Sns(queue::Store& store, topic::Topics& topics, topic::Notices& notices, Clock& clock,
         Random& random, Options options)
    : parts_(
          new Parts{{store, topics, notices, clock, random, std::move(options.fixed_topics), {}}}) {
}

Sns::~Sns() = default;

namespace {

// The ARN an action is about, as policies name it.
std::string resource_of(const object& input, const Caller&) {
  for (const char* field : {"TopicArn", "TargetArn", "SubscriptionArn", "ResourceArn",
                            "PlatformApplicationArn", "EndpointArn"})
    if (const auto arn = sns::text_of(input, field); !arn.empty()) return std::string(arn);
  return "*";
}

// The first letter of members is small in the refusals of what is missing.
std::string member_name(std::string name) {
  if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] + 32);
  return name;
}

std::optional<Fault> missing_member(const sns::ActionShapes& shapes, const object& input) {
  for (const auto& name : shapes.required)
    if (!input.contains(name)) return sns::missing(member_name(name));
  return std::nullopt;
}

}  // namespace

Service Sns::service() {
  Service service;
  service.name = "sns";
  service.query_version = "2010-03-31";
  service.xml_namespace = "http://sns.amazonaws.com/doc/2010-03-31/";

  using Run = std::function<void(object, const Caller&, Callback<Answer>)>;
  const auto add = [&](const char* name, Run run) {
    const auto shapes = sns::action_shapes().find(name);
    BELFRY_CHECK(shapes != sns::action_shapes().end());
    Action action;
    action.input = shapes->second.input;
    action.output = shapes->second.output;
    action.resource = resource_of;
    action.run = [run = std::move(run), &wanted = shapes->second](
                     object input, const Caller& caller, Callback<Answer> done) {
      if (auto fault = missing_member(wanted, input)) return done(std::move(*fault));
      run(std::move(input), caller, std::move(done));
    };
    service.actions.emplace(name, std::move(action));
  };
  // Actions that answer at once, and those that answer when the store does.
  const auto now = [&](const char* name, auto& part, auto method) {
    add(name, [&part, method](object input, const Caller& caller, Callback<Answer> done) {
      done((part.*method)(input, caller));
    });
  };
  const auto later = [&](const char* name, auto& part, auto method) {
    add(name, [&part, method](object input, const Caller& caller, Callback<Answer> done) {
      (part.*method)(input, caller, std::move(done));
    });
  };
  // Whose answer has a result element even though nothing stands in it.
  const auto with_result = [&](const char* name) {
    service.actions.find(name)->second.empty_result = true;
  };

  using sns::PlatformActions;
  using sns::PublishActions;
  using sns::SmsActions;
  using sns::SubscriptionActions;
  using sns::TopicActions;
  auto& topics = parts_->topics;
  now("AddPermission", topics, &TopicActions::add_permission);
  now("CreateTopic", topics, &TopicActions::create);
  now("DeleteTopic", topics, &TopicActions::remove);
  now("GetDataProtectionPolicy", topics, &TopicActions::data_protection);
  now("GetTopicAttributes", topics, &TopicActions::attributes);
  now("ListTagsForResource", topics, &TopicActions::tags);
  now("ListTopics", topics, &TopicActions::list);
  now("PutDataProtectionPolicy", topics, &TopicActions::put_data_protection);
  now("RemovePermission", topics, &TopicActions::remove_permission);
  now("SetTopicAttributes", topics, &TopicActions::set_attributes);
  now("TagResource", topics, &TopicActions::tag);
  now("UntagResource", topics, &TopicActions::untag);
  auto& subscriptions = parts_->subscriptions;
  now("ConfirmSubscription", subscriptions, &SubscriptionActions::confirm);
  now("GetSubscriptionAttributes", subscriptions, &SubscriptionActions::attributes);
  now("ListSubscriptions", subscriptions, &SubscriptionActions::list);
  now("ListSubscriptionsByTopic", subscriptions, &SubscriptionActions::list_by_topic);
  now("SetSubscriptionAttributes", subscriptions, &SubscriptionActions::set_attributes);
  now("Subscribe", subscriptions, &SubscriptionActions::subscribe);
  now("Unsubscribe", subscriptions, &SubscriptionActions::unsubscribe);
  later("Publish", parts_->publishing, &PublishActions::publish);
  later("PublishBatch", parts_->publishing, &PublishActions::publish_batch);
  auto& sms = parts_->sms;
  now("CheckIfPhoneNumberIsOptedOut", sms, &SmsActions::is_opted_out);
  now("CreateSMSSandboxPhoneNumber", sms, &SmsActions::no_sandbox);
  now("DeleteSMSSandboxPhoneNumber", sms, &SmsActions::no_sandbox);
  now("GetSMSAttributes", sms, &SmsActions::attributes);
  now("GetSMSSandboxAccountStatus", sms, &SmsActions::sandbox_status);
  now("ListOriginationNumbers", sms, &SmsActions::origination_numbers);
  now("ListPhoneNumbersOptedOut", sms, &SmsActions::list_opted_out);
  now("ListSMSSandboxPhoneNumbers", sms, &SmsActions::sandbox_numbers);
  now("OptInPhoneNumber", sms, &SmsActions::opt_in);
  now("SetSMSAttributes", sms, &SmsActions::set_attributes);
  now("VerifySMSSandboxPhoneNumber", sms, &SmsActions::no_sandbox);
  auto& platform = parts_->platform;
  now("CreatePlatformApplication", platform, &PlatformActions::create_application);
  now("CreatePlatformEndpoint", platform, &PlatformActions::create_endpoint);
  now("DeleteEndpoint", platform, &PlatformActions::delete_endpoint);
  now("DeletePlatformApplication", platform, &PlatformActions::delete_application);
  now("GetEndpointAttributes", platform, &PlatformActions::endpoint);
  now("GetPlatformApplicationAttributes", platform, &PlatformActions::application);
  now("ListEndpointsByPlatformApplication", platform, &PlatformActions::list_endpoints);
  now("ListPlatformApplications", platform, &PlatformActions::list_applications);
  now("SetEndpointAttributes", platform, &PlatformActions::set_endpoint);
  now("SetPlatformApplicationAttributes", platform, &PlatformActions::set_application);
  for (const char* name : {"TagResource", "UntagResource", "OptInPhoneNumber", "SetSMSAttributes"})
    with_result(name);
  for (const char* name : {"ConfirmSubscription", "Unsubscribe"})
    service.actions.find(name)->second.anonymous = true;
  return service;
}

}  // namespace belfry::aws
