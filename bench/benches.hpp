#pragma once

#include <vector>

namespace troupe::bench {

struct benchmark {
  const char* name;
  void (*run)();
};

void route_local();
void compound_local();
void durable_local();
void agents_idle();
void crash_restart();
void parallel();
void history_growth();
void breaker_overhead();
void resume();
void validate_overhead();
void link_echo();
void store_postgres();
void call_remote();
void remote_route();
void slow_peer();
void seat_news();
void provider_overhead();
void cache_hits();
void learned_route();

inline const std::vector<benchmark>& all() {
  static const std::vector<benchmark> list{
      {"route_local", route_local},
      {"compound_local", compound_local},
      {"durable_local", durable_local},
      {"agents_idle", agents_idle},
      {"crash_restart", crash_restart},
      {"parallel", parallel},
      {"history_growth", history_growth},
      {"breaker_overhead", breaker_overhead},
      {"resume", resume},
      {"validate_overhead", validate_overhead},
      {"link_echo", link_echo},
      {"store_postgres", store_postgres},
      {"call_remote", call_remote},
      {"remote_route", remote_route},
      {"slow_peer", slow_peer},
      {"seat_news", seat_news},
      {"provider_overhead", provider_overhead},
      {"cache", cache_hits},
      {"learned_route", learned_route},
  };
  return list;
}

} // namespace troupe::bench
