#include <stdexcept>

#if defined(PLUGIN_UNRESOLVED)
extern "C" void a_function_nobody_has();
#endif

extern "C" {

#if !defined(PLUGIN_NO_ABI)
const char* troupe_plugin_abi() {
#if defined(PLUGIN_WRONG_ABI)
  return "another-abi";
#else
  return "test-abi";
#endif
}
#endif

#if !defined(PLUGIN_NO_ENTRY)
void troupe_plugin(void* host) {
  // The tests pass the address of a counter as the host.
  ++*static_cast<int*>(host);
#if defined(PLUGIN_THROWS)
  throw std::runtime_error{"no licence"};
#elif defined(PLUGIN_UNRESOLVED)
  a_function_nobody_has();
#endif
}
#endif
}
