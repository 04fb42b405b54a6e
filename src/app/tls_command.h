/* `huxue tls make`: a certificate authority of one's own and a certificate of the server, for phones on a network without internet. */
#ifndef HX_TLS_COMMAND_H
#define HX_TLS_COMMAND_H

/* Writes keys/ca.key, keys/ca.crt, keys/server.key, keys/server.crt below `dir`; an authority that is there already signs again.
 * `names` are host names and addresses, separated by commas. 0, or 1 with a message on stderr. */
int tls_make(const char *dir, const char *names);

#endif
