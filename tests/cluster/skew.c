/* Preloaded into a node, shifts its wall clock by SKEW_SECONDS. The package faketime does not get along with jemalloc: each asks
   the other before it is ready. What waits for a moment of the wall clock is shifted back, as the system's own clock is right. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset(void) {
  const char* given = getenv("SKEW_SECONDS");
  return given ? atol(given) : 0;
}

int clock_gettime(clockid_t which, struct timespec* out) {
  const long done = syscall(SYS_clock_gettime, which, out);
  if (done == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
    out->tv_sec += offset();
  return (int)done;
}

int gettimeofday(struct timeval* restrict out, void* restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out)
    *out = now.tv_sec;
  return now.tv_sec;
}

typedef int wait_until(pthread_cond_t*, pthread_mutex_t*, const struct timespec*);
typedef int wait_on_clock(pthread_cond_t*, pthread_mutex_t*, clockid_t, const struct timespec*);

int pthread_cond_timedwait(pthread_cond_t* restrict on, pthread_mutex_t* restrict with,
                           const struct timespec* restrict until) {
  struct timespec real = *until;
  real.tv_sec -= offset();
  return ((wait_until*)dlsym(RTLD_NEXT, "pthread_cond_timedwait"))(on, with, &real);
}

int pthread_cond_clockwait(pthread_cond_t* on, pthread_mutex_t* with, clockid_t which,
                           const struct timespec* until) {
  struct timespec real = *until;
  if (which == CLOCK_REALTIME)
    real.tv_sec -= offset();
  return ((wait_on_clock*)dlsym(RTLD_NEXT, "pthread_cond_clockwait"))(on, with, which, &real);
}
