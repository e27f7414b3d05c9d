// GSSAPI (RFC 4752) with Kerberos: tickets prove who the client is and who the broker is. No security layer: what
// follows a login is protected by TLS or not at all. Not here: Kerberos itself (kerberos.hpp).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "auth/kerberos.hpp"
#include "auth/mechanism.hpp"
#include "base/scope.hpp"

namespace kafka::auth {

class Gssapi final : public Mechanism {
 public:
  /// `tickets` outlives it. The service is on `host`.
  Gssapi(TicketSource& tickets, std::string host) : tickets_(tickets), host_(std::move(host)) {}
  void prepare(Function<void(Next)> done) override;
  Next start() override;
  Next answer(std::string_view token) override;
  bool said_all() const override { return agreed_; }
  std::string user() const override { return context_ == nullptr ? "" : context_->principal(); }
  std::string refused(int64_t now_ms) override;

 private:
  Next agree_on_layer(std::string_view offer);

  TicketSource& tickets_;
  std::string host_;
  std::unique_ptr<TicketSource::Request> request_;
  std::unique_ptr<SecurityContext> context_;
  bool agreed_ = false;  // that there is no security layer
  Scope scope_;
};

}  // namespace kafka::auth
