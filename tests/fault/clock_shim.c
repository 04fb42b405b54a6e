/* Preloaded into huxued: its system clock is ahead of the machine's by the milliseconds in the file named by HUXUE_CLOCK. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t ahead_ms(void)
{
    static const volatile int64_t *shared;
    if (shared == NULL) {
        int fd = open(getenv("HUXUE_CLOCK"), O_RDONLY | O_CLOEXEC);
        void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED) abort();
        close(fd);
        shared = at;
    }
    return *shared;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) real = dlsym(RTLD_NEXT, "clock_gettime");
    int rc = real(clock, t);
    if (rc != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return rc;
    int64_t ns = t->tv_sec * INT64_C(1000000000) + t->tv_nsec + ahead_ms() * 1000000;
    t->tv_sec = ns / 1000000000;
    t->tv_nsec = ns % 1000000000;
    return rc;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    (void)zone;
    struct timespec s;
    int rc = clock_gettime(CLOCK_REALTIME, &s);
    t->tv_sec = s.tv_sec;
    t->tv_usec = s.tv_nsec / 1000;
    return rc;
}

time_t time(time_t *out)
{
    struct timespec s;
    clock_gettime(CLOCK_REALTIME, &s);
    if (out != NULL) *out = s.tv_sec;
    return s.tv_sec;
}
