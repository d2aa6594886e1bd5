// Debian's gRPC and what it stands on are not built with the thread sanitizer, which therefore misses how they order their
// own work. Compiled into every test that speaks gRPC.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:libgrpc\n"
         "race:libgpr\n"
         "race:libabsl_\n"
         "race:libcrypto\n"
         "race:libssl\n"
         "race:libcares\n"
         "mutex:libgrpc\n"
         "deadlock:libgrpc\n";
}
