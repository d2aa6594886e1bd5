#include "app/senders.h"

#include <fmt/format.h>

#include "app/lambda_subscription.h"
#include "app/mail_settings.h"
#include "aws/sns_names.h"
#include "http/client.h"
#include "sinks/confirmation_handler.h"
#include "sinks/mail_handler.h"
#include "sinks/outbox.h"
#include "sinks/push.h"
#include "sinks/smpp_client.h"
#include "sinks/sms_gateway.h"
#include "sinks/sms_handler.h"
#include "sinks/smtp_mailer.h"
#include "sinks/webhook.h"
#include "topic/confirmation.h"
#include "topic/direct.h"

namespace belfry::app {

namespace {

sinks::SmppSettings smpp_settings(const SmsConfig& config) {
  sinks::SmppSettings settings;
  settings.address = config.smpp->address.value;
  settings.tls.enabled = config.smpp->tls;
  settings.system_id = config.smpp->system_id.value;
  settings.password = config.smpp->password.value;
  settings.system_type = config.smpp->system_type.value;
  settings.session.window = config.smpp->window;
  settings.outgoing.from = config.from.value;
  settings.outgoing.rate = config.smpp->rate;
  settings.outgoing.receipts = config.smpp->receipts;
  return settings;
}

sinks::GatewaySettings gateway_settings(const SmsConfig& config) {
  sinks::GatewaySettings settings;
  settings.preset = config.gateway->preset.value;
  settings.from = config.from.value;
  settings.account = config.gateway->account.value;
  settings.user = config.gateway->user.value;
  settings.password = config.gateway->password.value;
  settings.method = config.gateway->method.value;
  settings.url = config.gateway->url.value;
  for (const auto& [name, value] : config.gateway->headers)
    settings.headers.emplace_back(name, value.value);
  settings.body = config.gateway->body.value;
  settings.accepted = config.gateway->accepted.value;
  settings.id_pointer = config.gateway->id_pointer.value;
  return settings;
}

http::Client::Options client_options(bool allow_private, const Text& authorities) {
  http::Client::Options options;
  options.allow_private_networks = allow_private;
  options.authorities = authorities.value;
  return options;
}

class SendersImpl final : public Senders {
 public:
  SendersImpl(Host host, Storage& storage, Executor& executor, functions::LambdaHost* lambdas,
              sinks::NoteQueue outbox, sinks::NoteQueue sent)
      : host_(host),
        storage_(storage),
        executor_(executor),
        lambdas_(lambdas),
        outbox_(std::move(outbox)),
        sent_(std::move(sent)) {}

  Result<void> open(const Config& config) {
    if (auto opened = open_sms(config.sms); !opened) return opened;
    if (!config.outside) return {};
    if (config.smtp) {
      auto settings = mail_settings(*config.smtp);
      if (!settings) return fail("smtp: " + settings.error().message);
      mailer_ = sinks::smtp_mailer(std::move(*settings), host_.clock);
    }
    auto webhooks = client_options(config.webhooks.allow_private, config.webhooks.tls_ca);
    webhooks.connections = kWebhookConnections;
    webhooks_ = http::Client::create(webhooks);
    push_client_ =
        http::Client::create(client_options(config.push.allow_private, config.push.tls_ca));
    push_ = sinks::push_service({config.push.fcm.value, config.push.apns.value}, *push_client_,
                                *storage_.store, host_.clock);
    return {};
  }

  ~SendersImpl() override {
    // Their requests end while those who asked still hear of it.
    client_.reset();
    push_client_.reset();
    webhooks_.reset();
    mailer_.reset();
    sender_.reset();
  }

  std::shared_ptr<pipeline::Handler> handler(const topic::Subscription& subscription,
                                             const topic::DeliveryPolicy& policy) override {
    const auto topic = storage_.topics->settings(subscription.topic);
    const sinks::Subscriber subscriber{*storage_.notices, subscription,
                                       topic ? topic->signature_version : 1};
    auto handler = plain_handler(subscriber, policy);
    // What belfry.yaml names gets its dead letters back by `belfry queue redrive`: they stay as
    // they are. Others' look as at Amazon SNS.
    return subscription.declared ? handler : sinks::with_letters(std::move(handler), subscriber);
  }

  std::shared_ptr<pipeline::Handler> direct_handler(std::string_view queue) override {
    if (queue == topic::kPhoneQueue) return texts_to("");
    if (queue == topic::kConfirmationQueue)
      return sinks::confirmation_handler({*storage_.notices, *storage_.topics, host_.clock, outbox_,
                                          webhooks_.get(), mailer_.get()});
    if (push_) return sinks::push_handler(*push_, "");
    return sinks::outbox_handler(outbox_, host_.clock, "application", "");
  }

  void describe(RuntimeStatus& status) const override {
    if (sender_) {
      const sinks::SmsSenderStatus sender = sender_->status();
      status.providers.push_back({sender.provider, sender.ready, sender.accepted, sender.retried,
                                  sender.refused, sender.problem});
    }
    ProviderStatus outbox;
    outbox.name = "outbox";
    for (const SubscriptionStatus& subscription : status.subscriptions) {
      if (leaves(subscription.protocol)) continue;
      outbox.sent += subscription.worker.done;
      outbox.refused += subscription.worker.dead_letters;
    }
    status.providers.push_back(std::move(outbox));
  }

 private:
  static constexpr size_t kWebhookConnections = 1'024;  // at once; a few endpoints may hang

  Result<void> open_sms(const SmsConfig& config) {
    Result<std::unique_ptr<sinks::SmsSender>> sender = nullptr;
    if (config.smpp) {
      sender = sinks::make_smpp_client(
          smpp_settings(config), host_.clock, host_.random,
          sinks::receipt_keeper(sent_, host_.clock, "smpp " + config.smpp->address.value));
    } else if (config.gateway) {
      client_ = http::Client::create(client_options(config.gateway->private_networks, {}));
      sender = sinks::make_sms_gateway(gateway_settings(config), *client_, host_.clock);
    }
    if (!sender) return fail("sms: " + sender.error().message);
    sender_ = std::move(*sender);
    return {};
  }

  static bool is_http(std::string_view protocol) {
    return protocol == "http" || protocol == "https";
  }
  static bool is_mail(std::string_view protocol) {
    return protocol == "email" || protocol == "email-json";
  }

  // Whether a protocol's messages go out, and not into the outbox.
  bool leaves(std::string_view protocol) const {
    return (protocol == "sms" && sender_) || (is_mail(protocol) && mailer_) ||
           (is_http(protocol) && webhooks_) || (protocol == "application" && push_) ||
           (protocol == "lambda" && webhooks_);
  }

  std::shared_ptr<pipeline::Handler> plain_handler(const sinks::Subscriber& subscriber,
                                                   const topic::DeliveryPolicy& policy) {
    const topic::Subscription& subscription = subscriber.subscription;
    const std::string& protocol = subscription.protocol;
    if (protocol == "sms") return texts_to(subscription.endpoint);
    if (!leaves(protocol))
      return sinks::outbox_handler(outbox_, host_.clock, protocol, subscription.endpoint);
    if (is_http(protocol))
      return sinks::webhook_handler(*webhooks_, host_.clock, executor_, subscriber, policy);
    if (is_mail(protocol)) return sinks::mail_handler(*mailer_, subscriber);
    if (protocol == "lambda") return lambda_subscription(lambdas_, subscriber);
    const std::string& arn = subscription.endpoint;
    return sinks::push_handler(*push_, arn.substr(arn.rfind(':') + 1));
  }

  std::shared_ptr<pipeline::Handler> texts_to(const std::string& endpoint) {
    // Clients may have put hyphens and the like between the digits.
    const std::string number = aws::sns::phone_number(endpoint);
    const std::string& phone = number.empty() ? endpoint : number;
    if (sender_) return sinks::sms_handler(*sender_, sent_, host_.clock, phone);
    return sinks::outbox_handler(outbox_, host_.clock, "sms", phone);
  }

  const Host host_;
  Storage& storage_;
  Executor& executor_;
  functions::LambdaHost* const lambdas_;
  sinks::NoteQueue outbox_, sent_;
  std::unique_ptr<http::Client> client_, webhooks_, push_client_;
  std::unique_ptr<sinks::SmsSender> sender_;  // none: text messages go to the outbox
  std::unique_ptr<sinks::Mailer> mailer_;     // none: e-mail goes to the outbox
  std::unique_ptr<sinks::PushService> push_;
};

}  // namespace

Result<std::unique_ptr<Senders>> Senders::make(const Config& config, Host host, Storage& storage,
                                               Executor& executor, functions::LambdaHost* lambdas) {
  auto outbox = sinks::NoteQueue::open(*storage.store, sinks::kOutboxQueue, {});
  if (!outbox) return tl::unexpected(outbox.error());
  auto sent = sinks::NoteQueue::open(*storage.store, sinks::kSentQueue, {});
  if (!sent) return tl::unexpected(sent.error());
  auto senders = std::make_unique<SendersImpl>(host, storage, executor, lambdas, std::move(*outbox),
                                               std::move(*sent));
  if (auto opened = senders->open(config); !opened) return tl::unexpected(opened.error());
  return Result<std::unique_ptr<Senders>>(std::move(senders));
}

}  // namespace belfry::app
