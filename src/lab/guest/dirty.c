/*
 * dirty: writes memory at a fixed rate, so that a guest dirties pages in a known way.
 *
 *   dirty USED_MIB RATE_PAGES_PER_S SET_MIB sequential|random|hot random|compressible|zero [PERIOD_MS DUTY_PERCENT]
 *
 * USED_MIB of random bytes stand still (what a first pass must send); of the working set, SET_MIB, whole pages are
 * written, in order, at random, or nine of ten in its first tenth. With a period, all writing happens in the first
 * DUTY_PERCENT of each, at a correspondingly higher rate. What a stopped guest missed is not made up afterwards.
 *
 * With WORK_MS in the environment it says every so many ms what it has done so far: `WORK pages milliseconds`.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

enum { PAGE = 4096, SLICE_NS = 5000000, BACKLOG_SLICES_MAX = 20 };

static uint64_t state = 88172645463325252ull;

/* xorshift64 (Marsaglia 2003). */
static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void write_page(uint64_t *page, char content) {
  if (content == 'z') {
    memset(page, 0, PAGE);
    return;
  }
  for (size_t i = 0; i < PAGE / 8; i++) page[i] = content == 'r' || i % 8 == 0 ? next_random() : 0x2020202020202020ull;
}

static uint8_t *map_memory(size_t pages) {
  uint8_t *memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) return memory;
  perror("dirty: memory");
  exit(1);
}

static size_t pick_page(char pattern, size_t pages, uint64_t written) {
  if (pattern == 's') return written % pages;
  size_t hot = pages / 10 ? pages / 10 : 1;
  return next_random() % (pattern == 'h' && next_random() % 10 ? hot : pages);
}

int main(int argc, char **argv) {
  if (argc != 6 && argc != 8) {
    fprintf(stderr, "usage: dirty USED_MIB RATE SET_MIB PATTERN CONTENT [PERIOD_MS DUTY_PERCENT]\n");
    return 2;
  }
  setpriority(PRIO_PROCESS, 0, 10); /* what serves goes before what loads */
  size_t used = strtoul(argv[1], NULL, 10) * 256, pages = strtoul(argv[3], NULL, 10) * 256;
  double rate = strtod(argv[2], NULL), period = argc == 8 ? atof(argv[6]) / 1e3 : 0, duty = argc == 8 ? atof(argv[7]) / 100 : 1;
  char pattern = argv[4][0], content = argv[5][0];
  uint8_t *still = map_memory(used + 1), *set = map_memory(pages + 1);
  for (size_t i = 0; i < used; i++) write_page((uint64_t *)(still + i * PAGE), 'r');
  for (size_t i = 0; i < pages; i++) write_page((uint64_t *)(set + i * PAGE), content);
  printf("DIRTY ready used=%s set=%s rate=%s\n", argv[1], argv[3], argv[2]);
  fflush(stdout);
  const char *tells = getenv("WORK_MS");
  double owed = 0, before = seconds(), slice = SLICE_NS / 1e9, interval = tells ? atof(tells) / 1e3 : 0, tell_at = before;
  for (uint64_t written = 0; pages;) {
    nanosleep(&(struct timespec){0, SLICE_NS}, NULL);
    double now = seconds(), phase = period > 0 ? (now - (double)(int64_t)(now / period) * period) / period : 0;
    if (phase < duty) owed += (now - before) * rate / duty;
    if (owed > rate / duty * slice * BACKLOG_SLICES_MAX) owed = rate / duty * slice * BACKLOG_SLICES_MAX;
    before = now;
    for (; owed >= 1; owed--) write_page((uint64_t *)(set + pick_page(pattern, pages, written++) * PAGE), content);
    if (!tells || now < tell_at) continue;
    printf("WORK %llu %.0f\n", (unsigned long long)written, seconds() * 1e3);
    fflush(stdout);
    tell_at = now + interval;
  }
  for (;;) nanosleep(&(struct timespec){3600, 0}, NULL);
}
