// The certificate that belfry shows to peers under mutual TLS, read afresh at each connect: a
// renewed one is used without a restart, as a renewed identity is.
#pragma once

#include "base/files.h"
#include "fabric/endpoint.h"
#include "msp/identity.h"

namespace belfry::app {

// From files or PEM texts. While a renewal is half written (certificate and key do not match, a
// file is missing) the pair from before stays. files must outlive what is returned.
fabric::CurrentClientTls client_tls(FileSystem& files, msp::IdentitySource source);

}  // namespace belfry::app
