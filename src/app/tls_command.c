#include "tls_command.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define CA_DAYS 3650
#define LINK_DAYS 1095
#define SERVER_DAYS 397 /* what browsers accept at most */

static FILE *file_of(const char *dir, const char *name, bool write)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/keys/%s", dir, name);
    if (!write) return fopen(path, "r");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

static bool save(const char *dir, const char *name, EVP_PKEY *key, X509 *certificate)
{
    FILE *f = file_of(dir, name, true);
    if (f == NULL) return false;
    bool good = key != NULL ? PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 : PEM_write_X509(f, certificate) == 1;
    return fclose(f) == 0 && good;
}

static void extend(X509 *c, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX x;
    X509V3_set_ctx_nodb(&x);
    X509V3_set_ctx(&x, issuer, c, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &x, nid, value);
    HX_ASSERT(e != NULL && X509_add_ext(c, e, -1) == 1);
    X509_EXTENSION_free(e);
}

/* An unsigned certificate of `key` for `title`. */
static X509 *draft(EVP_PKEY *key, const char *title, X509 *issuer, int days)
{
    X509 *c = X509_new();
    BIGNUM *serial = BN_new();
    HX_ASSERT(c != NULL && serial != NULL && BN_rand(serial, 120, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1);
    HX_ASSERT(X509_set_version(c, 2) == 1 && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(c)) != NULL);
    BN_free(serial);
    X509_gmtime_adj(X509_getm_notBefore(c), -86400); /* a phone's clock may be behind */
    X509_gmtime_adj(X509_getm_notAfter(c), (long)days * 86400);
    X509_NAME *name = X509_get_subject_name(c);
    HX_ASSERT(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)title, -1, -1, 0) == 1);
    X509_set_issuer_name(c, issuer != NULL ? X509_get_subject_name(issuer) : name);
    X509_set_pubkey(c, key);
    return c;
}

static bool load_authority(const char *dir, EVP_PKEY **key, X509 **certificate)
{
    FILE *k = file_of(dir, "ca.key", false), *c = file_of(dir, "ca.crt", false);
    *key = k != NULL ? PEM_read_PrivateKey(k, NULL, NULL, NULL) : NULL;
    *certificate = c != NULL ? PEM_read_X509(c, NULL, NULL, NULL) : NULL;
    if (k != NULL) fclose(k);
    if (c != NULL) fclose(c);
    return *key != NULL && *certificate != NULL;
}

static bool make_authority(const char *dir, EVP_PKEY **key, X509 **certificate)
{
    char title[64];
    uint8_t mark[3];
    *key = EVP_EC_gen("P-256");
    HX_ASSERT(*key != NULL && RAND_bytes(mark, sizeof mark) == 1);
    snprintf(title, sizeof title, "Huxue local CA %02X%02X%02X", mark[0], mark[1], mark[2]);
    X509 *c = *certificate = draft(*key, title, NULL, CA_DAYS);
    extend(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    extend(c, c, NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(c, c, NID_subject_key_identifier, "hash");
    return X509_sign(c, *key, EVP_sha256()) > 0 && save(dir, "ca.key", *key, NULL) && save(dir, "ca.crt", NULL, c);
}

static bool alternatives(const char *names, char *out, size_t size, char first[256])
{
    struct str rest = str_of(names), piece;
    size_t at = 0;
    first[0] = out[0] = 0;
    while (str_split(&rest, ',', &piece)) {
        char name[256];
        uint8_t address[16];
        str_to_z(str_trim(piece), name, sizeof name);
        bool ip = inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
        if (name[0] == 0 || (!ip && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*") != strlen(name))) return false;
        int n = snprintf(out + at, size - at, "%s%s:%s", at > 0 ? "," : "", ip ? "IP" : "DNS", name);
        if (n < 0 || (size_t)n >= size - at) return false;
        at += (size_t)n;
        if (first[0] == 0) snprintf(first, 256, "%s", name);
    }
    return at > 0;
}

int tls_make(const char *dir, const char *names)
{
    EVP_PKEY *authority_key = NULL;
    X509 *authority = NULL;
    char list[2048], first[256];
    if (!alternatives(names, list, sizeof list, first)) return fprintf(stderr, "huxue: --name wants host names and addresses, separated by commas 名称有误\n"), 1;
    bool good = load_authority(dir, &authority_key, &authority) || make_authority(dir, &authority_key, &authority);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    HX_ASSERT(key != NULL);
    X509 *c = good ? draft(key, first, authority, SERVER_DAYS) : NULL;
    if (good) {
        extend(c, authority, NID_basic_constraints, "critical,CA:FALSE");
        extend(c, authority, NID_key_usage, "critical,digitalSignature");
        extend(c, authority, NID_ext_key_usage, "serverAuth");
        extend(c, authority, NID_subject_alt_name, list);
        extend(c, authority, NID_authority_key_identifier, "keyid");
        good = X509_sign(c, authority_key, EVP_sha256()) > 0 && save(dir, "server.key", key, NULL) && save(dir, "server.crt", NULL, c);
    }
    if (!good) fprintf(stderr, "huxue: %s/keys cannot be written: was the directory made by `huxue init`? 密钥目录无法写入\n", dir);
    else printf("[http]\ntls_address = 0.0.0.0:8443\ncertificate = %s/keys/server.crt\nkey = %s/keys/server.key\n# put these lines into %s/huxue.conf; phones install https://%s:8443/ca.crt 将以上写入配置文件；手机安装 ca.crt\n", dir, dir, dir, first);
    X509_free(c);
    X509_free(authority);
    EVP_PKEY_free(key);
    EVP_PKEY_free(authority_key);
    return good ? 0 : 1;
}

int tls_link(const char *dir, const char *id)
{
    EVP_PKEY *authority_key = NULL, *key = NULL;
    X509 *authority = NULL, *c = NULL;
    char title[64], file[64];
    if (id[0] == 0 || strlen(id) > 18 || id[strspn(id, "0123456789")] != 0) return fprintf(stderr, "huxue: --name wants the number of the child, as /v1/children says 编号有误\n"), 1;
    if (!load_authority(dir, &authority_key, &authority)) return fprintf(stderr, "huxue: there is no authority in %s/keys: `huxue tls make` first 请先运行 huxue tls make\n", dir), 1;
    snprintf(title, sizeof title, "huxue child %s", id);
    snprintf(file, sizeof file, "link-%s.pem", id);
    key = EVP_EC_gen("P-256");
    HX_ASSERT(key != NULL);
    c = draft(key, title, authority, LINK_DAYS);
    extend(c, authority, NID_basic_constraints, "critical,CA:FALSE");
    extend(c, authority, NID_key_usage, "critical,digitalSignature");
    extend(c, authority, NID_ext_key_usage, "clientAuth");
    extend(c, authority, NID_authority_key_identifier, "keyid");
    FILE *f = X509_sign(c, authority_key, EVP_sha256()) > 0 ? file_of(dir, file, true) : NULL;
    bool good = f != NULL && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1 && PEM_write_X509(f, c) == 1 && PEM_write_X509(f, authority) == 1;
    if (f != NULL) good = fclose(f) == 0 && good;
    if (good) printf("%s/keys/%s: carry it to the child as keys/link.pem, by hand 请人工带到下级，存为 keys/link.pem\n", dir, file);
    else fprintf(stderr, "huxue: %s/keys cannot be written 密钥目录无法写入\n", dir);
    X509_free(c);
    X509_free(authority);
    EVP_PKEY_free(key);
    EVP_PKEY_free(authority_key);
    return good ? 0 : 1;
}
