#include "app/senders.h"

#include <fmt/format.h>

#include "aws/sns_names.h"
#include "http/client.h"
#include "sinks/outbox.h"
#include "sinks/smpp_client.h"
#include "sinks/sms_gateway.h"
#include "sinks/sms_handler.h"
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

class SendersImpl final : public Senders {
 public:
  SendersImpl(Host host, sinks::NoteQueue outbox, sinks::NoteQueue sent)
      : host_(host), outbox_(std::move(outbox)), sent_(std::move(sent)) {}

  Result<void> open(const SmsConfig& config) {
    Result<std::unique_ptr<sinks::SmsSender>> sender = nullptr;
    if (config.smpp) {
      sender = sinks::make_smpp_client(
          smpp_settings(config), host_.clock, host_.random,
          sinks::receipt_keeper(sent_, host_.clock, "smpp " + config.smpp->address.value));
    } else if (config.gateway) {
      http::Client::Options options;
      options.allow_private_networks = config.gateway->private_networks;
      client_ = http::Client::create(options);
      sender = sinks::make_sms_gateway(gateway_settings(config), *client_, host_.clock);
    }
    if (!sender) return fail("sms: " + sender.error().message);
    sender_ = std::move(*sender);
    return {};
  }

  ~SendersImpl() override {
    client_.reset();  // ends its requests while the sender still hears of it
    sender_.reset();
  }

  std::shared_ptr<pipeline::Handler> handler(const topic::Subscription& subscription,
                                             const topic::DeliveryPolicy&) override {
    if (subscription.protocol == "sms") return texts_to(subscription.endpoint);
    return sinks::outbox_handler(outbox_, host_.clock, subscription.protocol,
                                 subscription.endpoint);
  }

  std::shared_ptr<pipeline::Handler> direct_handler(std::string_view queue) override {
    if (queue == topic::kPhoneQueue) return texts_to("");
    return sinks::outbox_handler(outbox_, host_.clock, "outbox", "");
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
      if (sender_ && subscription.protocol == "sms") continue;
      outbox.sent += subscription.worker.done;
      outbox.refused += subscription.worker.dead_letters;
    }
    status.providers.push_back(std::move(outbox));
  }

 private:
  std::shared_ptr<pipeline::Handler> texts_to(const std::string& endpoint) {
    // Clients may have put hyphens and the like between the digits.
    const std::string number = aws::sns::phone_number(endpoint);
    const std::string& phone = number.empty() ? endpoint : number;
    if (sender_) return sinks::sms_handler(*sender_, sent_, host_.clock, phone);
    return sinks::outbox_handler(outbox_, host_.clock, "sms", phone);
  }

  const Host host_;
  sinks::NoteQueue outbox_, sent_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<sinks::SmsSender> sender_;  // none: everything goes to the outbox
};

}  // namespace

Result<std::unique_ptr<Senders>> Senders::make(const SmsConfig& config, Host host,
                                               Storage& storage) {
  auto outbox = sinks::NoteQueue::open(*storage.store, sinks::kOutboxQueue, {});
  if (!outbox) return tl::unexpected(outbox.error());
  auto sent = sinks::NoteQueue::open(*storage.store, sinks::kSentQueue, {});
  if (!sent) return tl::unexpected(sent.error());
  auto senders = std::make_unique<SendersImpl>(host, std::move(*outbox), std::move(*sent));
  if (auto opened = senders->open(config); !opened) return tl::unexpected(opened.error());
  return Result<std::unique_ptr<Senders>>(std::move(senders));
}

}  // namespace belfry::app
