/* `huxue tls make` and `huxue tls link`: a certificate authority of one's own, a certificate of the server, for phones on a network without internet,
 * and one for each Huxue below that comes over the mutual line. */
#ifndef HX_TLS_COMMAND_H
#define HX_TLS_COMMAND_H

/* Writes keys/ca.key, keys/ca.crt, keys/server.key, keys/server.crt below `dir`; an authority that is there already signs again.
 * `names` are host names and addresses, separated by commas. 0, or 1 with a message on stderr. */
int tls_make(const char *dir, const char *names);
/* Writes keys/link-ID.pem: a key, the certificate of the child with this number, and our authority's certificate. */
int tls_link(const char *dir, const char *id);

#endif
