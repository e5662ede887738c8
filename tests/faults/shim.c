/* A disk that forgets or is slow, and a clock that jumps, for processes that load this before libc.
 *
 * FAULTS_LOG      each sync that succeeded adds a line "SIZE PATH": what a power cut cannot take
 * FAULTS_COPIES   folder that gets a whole copy of a synced file whose name holds "sqlite": such files
 *                 are written in the middle too, so that their length alone says little
 * FAULTS_CONTROL  a file of two 64-bit numbers: milliseconds that each sync takes longer, and seconds
 *                 by which the clock on the wall is wrong; changed at any moment by the test
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control { int64_t delay_ms, clock_s; };
static volatile struct control *control;
static int log_fd = -1;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULTS_CONTROL"), *log = getenv("FAULTS_LOG");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd >= 0) {
    void *map = mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) control = map;
    close(fd);
  }
  if (log) log_fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void copy(const char *path) {
  const char *folder = getenv("FAULTS_COPIES"), *name = strrchr(path, '/');
  char fresh[PATH_MAX], final[PATH_MAX], block[1 << 16];
  if (!folder || !name || !strstr(name, "sqlite")) return;
  snprintf(final, sizeof final, "%s%s", folder, name);
  snprintf(fresh, sizeof fresh, "%s%s.%d", folder, name, (int)getpid());
  int from = open(path, O_RDONLY | O_CLOEXEC);
  int to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  for (ssize_t n; from >= 0 && to >= 0 && (n = read(from, block, sizeof block)) > 0;)
    if (write(to, block, n) != n) break;
  if (from >= 0) close(from);
  if (to >= 0) close(to);
  rename(fresh, final);
}

static void synced(int fd, long long size) {
  char link[64], path[PATH_MAX], line[PATH_MAX + 32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return;
  path[n] = 0;
  int length = snprintf(line, sizeof line, "%lld %s\n", size, path);
  if (log_fd >= 0 && write(log_fd, line, length) != length) abort();
  copy(path);
}

static int sync_by(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  struct stat before;
  int known = !fstat(fd, &before) && S_ISREG(before.st_mode); /* what grows meanwhile is not safe */
  if (control && control->delay_ms > 0) {
    struct timespec wait = {control->delay_ms / 1000, control->delay_ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
  }
  int result = real(fd);
  if (!result && known) synced(fd, before.st_size);
  return result;
}

int fsync(int fd) { return sync_by("fsync", fd); }
int fdatasync(int fd) { return sync_by("fdatasync", fd); }

int clock_gettime(clockid_t which, struct timespec *out) {
  int result = syscall(SYS_clock_gettime, which, out);
  int wall = which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE;
  if (!result && wall && control) out->tv_sec += control->clock_s;
  return result;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
