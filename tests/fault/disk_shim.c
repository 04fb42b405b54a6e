/* Preloaded into huxued: the disk fails as the file named by HUXUE_DISK says.
 *   "eio"     fsync and fdatasync of the data directory answer EIO
 *   "enospc"  writes that lengthen a file answer ENOSPC
 *   absent    all is well
 * With HUXUE_DISK_LOG it also writes down every write, truncation and sync of huxue.db*, for replaying a power cut. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int mode(void)
{
    const char *file = getenv("HUXUE_DISK");
    char text[16] = "";
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int fd = file != NULL ? real_open(file, O_RDONLY) : -1;
    if (fd < 0) return 0;
    if (read(fd, text, sizeof text - 1) < 0) text[0] = 0;
    close(fd);
    return strncmp(text, "eio", 3) == 0 ? 1 : strncmp(text, "enospc", 6) == 0 ? 2 : 0;
}

/* 'd' database, 'w' write-ahead log, 0 anything else. */
static char kind_of(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    const char *name = strrchr(path, '/');
    return name == NULL ? 0 : strcmp(name, "/huxue.db") == 0 ? 'd' : strcmp(name, "/huxue.db-wal") == 0 ? 'w' : 0;
}

static void note(char what, int fd, const void *bytes, uint64_t n, uint64_t at)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int log = -1;
    const char *file = getenv("HUXUE_DISK_LOG");
    ssize_t (*real_write)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    char kind = file != NULL ? kind_of(fd) : 0;
    if (kind == 0) return;
    pthread_mutex_lock(&lock);
    if (log < 0) log = real_open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    struct {
        char what, kind, pad[6];
        uint64_t at, n;
    } head = {what, kind, {0}, at, n};
    if (log < 0 || real_write(log, &head, sizeof head) != sizeof head || (bytes != NULL && real_write(log, bytes, n) != (ssize_t)n)) abort();
    pthread_mutex_unlock(&lock);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    struct stat s;
    if (kind_of(fd) != 0 && mode() == 2 && fstat(fd, &s) == 0 && at + (off64_t)n > s.st_size) {
        errno = ENOSPC;
        return -1;
    }
    ssize_t done = real(fd, bytes, n, at);
    if (done > 0) note('W', fd, bytes, (uint64_t)done, (uint64_t)at);
    return done;
}

int ftruncate64(int fd, off64_t n)
{
    int (*real)(int, off64_t) = dlsym(RTLD_NEXT, "ftruncate64");
    int rc = real(fd, n);
    if (rc == 0) note('T', fd, NULL, 0, (uint64_t)n);
    return rc;
}

static int sync_with(const char *name, int fd)
{
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    if (kind_of(fd) != 0 && mode() == 1) {
        errno = EIO;
        return -1;
    }
    int rc = real(fd);
    if (rc == 0) note('S', fd, NULL, 0, 0);
    return rc;
}

int fsync(int fd)
{
    return sync_with("fsync", fd);
}

int fdatasync(int fd)
{
    return sync_with("fdatasync", fd);
}
