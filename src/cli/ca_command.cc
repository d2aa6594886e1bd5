#include "cli/ca_commands.h"
#include "cli/commands.h"

namespace belfry::cli {

void add_ca(Program& program) {
  CLI::App* ca = program.command(
      "ca", "certificates from a Fabric CA: a devnet's, your own or a real one",
      "  belfry ca serve --data ca --port 7054                 a CA of your own\n"
      "  belfry ca enroll admin --msp admin/msp                its registrar; asks for the secret\n"
      "  belfry ca register listener --affiliation org1 --as admin/msp\n"
      "  belfry ca enroll listener --secrets dev/fabricOrgs/org1/listener\n"
      "  belfry ca identities list --as admin/msp\n"
      "  belfry ca revoke listener --as admin/msp --crl crl.pem\n\n"
      "A registrar registers an identity and hands its secret to whoever enrolls with it. "
      "Enrolling "
      "makes a key here and gets\n"
      "a certificate for it. BELFRY_CA_URL, BELFRY_CA_TLS_CA and BELFRY_CA_AS stand for --url, "
      "--tls-ca and --as.\n");
  ca->require_subcommand(1);
  add_ca_enroll(program, ca);
  add_ca_registrar(program, ca);
  add_ca_lists(program, ca);
  add_ca_serve(program, ca);
}

}  // namespace belfry::cli
