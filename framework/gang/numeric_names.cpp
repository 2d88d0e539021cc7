#include <dlfcn.h>
#include <netdb.h>

#include <cstdlib>

// c10d asks for the name of every peer that connects, to have it for a line of its log that is not
// printed as a rule. Where no name server answers, that is 5 s a connection, one after the other,
// on the thread that keeps the meeting place. So this stands before the C library's, for all of the
// process: addresses stay numbers. Names are still found their addresses (getaddrinfo).
extern "C" __attribute__((visibility("default"))) int getnameinfo(
    const sockaddr* address, socklen_t length, char* host, socklen_t host_length, char* service,
    socklen_t service_length, int flags) {
  using Function = decltype(&::getnameinfo);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getnameinfo"));
  if (real == nullptr) return EAI_SYSTEM;
  const bool wants_name = (flags & NI_NAMEREQD) != 0;
  return real(address, length, host, host_length, service, service_length,
              wants_name ? flags : flags | NI_NUMERICHOST);
}
