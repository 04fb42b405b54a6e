#include "seal.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define NONCE_BYTES 12
#define TAG_BYTES 16

enum hx_err seal_open(const char *dir, struct seal *seal)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/keys", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/keys/seal.key", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 || RAND_bytes(seal->key, sizeof seal->key) != 1 || write(fd, seal->key, sizeof seal->key) != sizeof seal->key || fsync(fd) != 0) {
            log_error("seal.create", "path=%s", path);
            if (fd >= 0) close(fd);
            return HX_E_STORE;
        }
        close(fd);
        return HX_OK;
    }
    uint8_t extra;
    bool good = read(fd, seal->key, sizeof seal->key) == sizeof seal->key && read(fd, &extra, 1) == 0;
    close(fd);
    if (!good) log_error("seal.read", "path=%s reason=\"the key file must hold 32 bytes\"", path);
    return good ? HX_OK : HX_E_STORE;
}

size_t seal_close_over(const struct seal *seal, const void *plain, size_t n, uint8_t *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int part = 0, last = 0;
    HX_ASSERT(c != NULL && RAND_bytes(out, NONCE_BYTES) == 1);
    HX_ASSERT(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, seal->key, out) == 1);
    HX_ASSERT(EVP_EncryptUpdate(c, out + NONCE_BYTES, &part, plain, (int)n) == 1);
    HX_ASSERT(EVP_EncryptFinal_ex(c, out + NONCE_BYTES + part, &last) == 1);
    HX_ASSERT(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, out + NONCE_BYTES + n) == 1);
    EVP_CIPHER_CTX_free(c);
    return n + SEAL_EXTRA_BYTES;
}

enum hx_err seal_break(const struct seal *seal, struct str sealed, uint8_t *out, size_t room, size_t *n)
{
    if (sealed.len < SEAL_EXTRA_BYTES || sealed.len - SEAL_EXTRA_BYTES > room) return HX_E_MALFORMED;
    const uint8_t *in = (const uint8_t *)sealed.at;
    size_t bytes = sealed.len - SEAL_EXTRA_BYTES;
    uint8_t tag[TAG_BYTES];
    memcpy(tag, in + NONCE_BYTES + bytes, TAG_BYTES);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int part = 0, last = 0;
    bool good = c != NULL && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, seal->key, in) == 1 &&
                EVP_DecryptUpdate(c, out, &part, in + NONCE_BYTES, (int)bytes) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 && EVP_DecryptFinal_ex(c, out + part, &last) == 1;
    EVP_CIPHER_CTX_free(c);
    *n = bytes;
    return good ? HX_OK : HX_E_MALFORMED;
}
