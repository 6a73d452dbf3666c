/*
 * Preloaded into a server, so that a test can make its wall clock jump. The first 8 bytes of the file that
 * WEIR_JUMPING_CLOCK names are added to the time, in ms. Its monotonic clock is left alone. No header is included, so the
 * compiler alone builds it. (libfaketime 0.9.10 does the same, but not in a program that uses jemalloc.)
 */
#if defined(__x86_64__)
enum { sys_clock_gettime = 228 };
#elif defined(__aarch64__)
enum { sys_clock_gettime = 113 };
#else
#error "add the number of clock_gettime for this processor"
#endif

enum { clock_realtime = 0, clock_realtime_coarse = 5 };

struct timespec_ { long seconds; long nanoseconds; };
struct timeval_ { long seconds; long microseconds; };

extern long syscall(long number, ...);
extern char *getenv(const char *name);
extern int open(const char *path, int flags, ...);
extern int close(int file);
extern void *mmap(void *at, unsigned long length, int protection, int flags, int file, long offset);

static const volatile long *offset_ms;

static long offset(void) {
  if (offset_ms == 0) {
    const char *path = getenv("WEIR_JUMPING_CLOCK");
    int file = path == 0 ? -1 : open(path, 0);
    if (file < 0) return 0;
    void *page = mmap(0, 8, 1, 1, file, 0);
    close(file);
    if (page == (void *)-1) return 0;
    offset_ms = page;
  }
  return *offset_ms;
}

int clock_gettime(int clock, struct timespec_ *time) {
  long result = syscall(sys_clock_gettime, (long)clock, time);
  if (result != 0 || (clock != clock_realtime && clock != clock_realtime_coarse)) return (int)result;
  long milliseconds = time->nanoseconds / 1000000 + offset();
  long seconds = milliseconds >= 0 ? milliseconds / 1000 : -((999 - milliseconds) / 1000);
  time->seconds += seconds;
  time->nanoseconds = time->nanoseconds % 1000000 + (milliseconds - seconds * 1000) * 1000000;
  return 0;
}

int gettimeofday(struct timeval_ *time, void *zone) {
  struct timespec_ now;
  (void)zone;
  clock_gettime(clock_realtime, &now);
  time->seconds = now.seconds;
  time->microseconds = now.nanoseconds / 1000;
  return 0;
}

long time(long *result) {
  struct timespec_ now;
  clock_gettime(clock_realtime, &now);
  if (result != 0) *result = now.seconds;
  return now.seconds;
}
