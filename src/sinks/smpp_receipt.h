// Delivery receipts inside deliver_sm (SMPP 3.4, §5.2.12, §5.2.28 and appendix B).
#pragma once

#include <optional>

#include "sinks/smpp_pdu.h"
#include "sinks/sms_sender.h"

namespace belfry::sinks::smpp {

// None if the message is no receipt, or names no message. The optional parameters win over the text
// form "id:… stat:DELIVRD err:000 …", whose keys may come in any order and case.
std::optional<SmsReceipt> receipt_of(const ShortMessage& message);

}  // namespace belfry::sinks::smpp
