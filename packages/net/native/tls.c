// TLS as the server, as memory: encrypted bytes in, plain bytes out, and the other way round. No sockets here.
//
// A session's bytes pass through a BIO of ours that points straight into the memory shared with JavaScript: OpenSSL's own
// memory BIOs would copy everything once more and keep what they grew to. OpenSSL is the one inside Node.
//
// OpenSSL keeps errors in a queue of the thread, which Node's own TLS reads too: an entry of ours left there would be
// taken for a fault of whichever of its connections comes next. So no function here returns before the queue is empty.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "transport.h"

// In the shared array, what a call brought: plain bytes, encrypted bytes to be sent, a status, and what was not read.
#define PLAIN 0
#define CIPHER 1
#define STATUS 2
#define UNREAD 3
enum { STATUS_HANDSHAKE, STATUS_OPEN, STATUS_ENDED, STATUS_FAILED, STATUS_FULL };

typedef struct {
  SSL *ssl;
  // What is to be read, and where there is room for what is to be sent, during one call.
  const uint8_t *in;
  size_t in_bytes;
  uint8_t *out;
  size_t out_bytes;
  size_t out_room;
  // Why it failed, in words that OpenSSL or this file holds.
  const char *reason;
  // The client wanted to agree on TLS anew, which nobody needs and whose answers would pile up.
  bool renegotiation;
} session;

static BIO_METHOD *bio_method;

static int bio_read(BIO *bio, char *to, int length) {
  session *s = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (s->in_bytes == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  size_t count = s->in_bytes < (size_t)length ? s->in_bytes : (size_t)length;
  memcpy(to, s->in, count);
  s->in += count;
  s->in_bytes -= count;
  return (int)count;
}

static int bio_write(BIO *bio, const char *from, int length) {
  session *s = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  size_t room = s->out_room - s->out_bytes;
  if (room == 0) {
    BIO_set_retry_write(bio);
    return -1;
  }
  size_t count = room < (size_t)length ? room : (size_t)length;
  memcpy(s->out + s->out_bytes, from, count);
  s->out_bytes += count;
  return (int)count;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
  (void)bio;
  (void)number;
  (void)pointer;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// ---- Contexts: one a certificate

static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length, const unsigned char *in,
                           unsigned int in_length, void *data) {
  (void)ssl;
  (void)data;
  static const unsigned char ours[] = "\x0apostgresql";
  // Who offers protocols must offer ours; who offers none is not asked.
  return SSL_select_next_proto((unsigned char **)out, out_length, ours, sizeof ours - 1, in, in_length) ==
                 OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// OpenSSL tells of each alert, and refuses renegotiation by one without ending anything.
static void alerted(const SSL *ssl, int where, int value) {
  if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT && (value & 0xff) == SSL_AD_NO_RENEGOTIATION) {
    session *s = BIO_get_data(SSL_get_rbio(ssl));
    s->renegotiation = true;
  }
}

static napi_value throw_openssl(napi_env env) {
  const char *reason = ERR_reason_error_string(ERR_peek_error());
  napi_throw_error(env, NULL, reason == NULL ? "OpenSSL failed" : reason);
  ERR_clear_error();
  return NULL;
}

static void free_context(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  SSL_CTX_free(data);
}

static BIO *pem_bio(napi_env env, napi_value value) {
  void *bytes;
  size_t length;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, value, &type, &length, &bytes, NULL, NULL) != napi_ok ||
      type != napi_uint8_array || length > INT_MAX) {
    return NULL;
  }
  return BIO_new_mem_buf(bytes, (int)length);
}

// The leaf first, then what leads from it to its authority.
static bool use_certificates(SSL_CTX *context, BIO *pem) {
  X509 *certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL);
  if (certificate == NULL) return false;
  bool used = SSL_CTX_use_certificate(context, certificate) == 1;
  X509_free(certificate);
  while (used && (certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL) {
    used = SSL_CTX_add0_chain_cert(context, certificate) == 1;
    if (!used) X509_free(certificate);
  }
  return used;
}

// tlsContext(certificates: Uint8Array, key: Uint8Array, ciphers: string, suites: string, least: number, most: number):
// context. Certificates and key in PEM; `suites` are the ciphers of TLS 1.3; the versions as they stand in records. Throws.
static napi_value tls_context(napi_env env, napi_callback_info info) {
  napi_value values[6], result = NULL;
  if (arguments(env, info, 6, values) == NULL) return NULL;
  char ciphers[4096], suites[1024];
  size_t ciphers_length, suites_length;
  int32_t least, most;
  if (napi_get_value_string_latin1(env, values[2], ciphers, sizeof ciphers, &ciphers_length) != napi_ok ||
      napi_get_value_string_latin1(env, values[3], suites, sizeof suites, &suites_length) != napi_ok ||
      napi_get_value_int32(env, values[4], &least) != napi_ok ||
      napi_get_value_int32(env, values[5], &most) != napi_ok) {
    return throw_error(env, "the ciphers are strings, the versions numbers");
  }
  if (ciphers_length >= sizeof ciphers - 1 || suites_length >= sizeof suites - 1) {
    return throw_error(env, "the list of ciphers is too long");
  }
  if (bio_method == NULL) {
    bio_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir");
    if (bio_method == NULL || !BIO_meth_set_read(bio_method, bio_read) || !BIO_meth_set_write(bio_method, bio_write) ||
        !BIO_meth_set_ctrl(bio_method, bio_ctrl)) {
      return throw_openssl(env);
    }
  }
  ERR_clear_error();
  BIO *certificates = pem_bio(env, values[0]), *key_pem = pem_bio(env, values[1]);
  EVP_PKEY *key = key_pem == NULL ? NULL : PEM_read_bio_PrivateKey(key_pem, NULL, NULL, NULL);
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  static const unsigned char name[] = "weir";
  bool made = certificates != NULL && key != NULL && context != NULL &&
              SSL_CTX_set_min_proto_version(context, least) == 1 &&
              SSL_CTX_set_max_proto_version(context, most) == 1 &&
              (ciphers_length == 0 || SSL_CTX_set_cipher_list(context, ciphers) == 1) &&
              (suites_length == 0 || SSL_CTX_set_ciphersuites(context, suites) == 1) && use_certificates(context, certificates) &&
              SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1 &&
              SSL_CTX_set_session_id_context(context, name, sizeof name - 1) == 1;
  BIO_free(certificates);
  BIO_free(key_pem);
  EVP_PKEY_free(key);
  if (!made) {
    SSL_CTX_free(context);
    return throw_openssl(env);
  }
  // The end of the certificates' file was an error of its own.
  ERR_clear_error();
  // Tickets resume sessions; a cache of our own beside them would only hold memory.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
  // A client that is idle needs no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
  SSL_CTX_set_info_callback(context, alerted);
  if (napi_create_external(env, context, free_context, NULL, &result) != napi_ok) SSL_CTX_free(context);
  return result;
}

// ---- Sessions: one a connection

static void free_session(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  session *s = data;
  SSL_free(s->ssl);
  free(s);
}

// tlsAccept(context): session
static napi_value tls_accept(napi_env env, napi_callback_info info) {
  napi_value values[1], result = NULL;
  void *context;
  if (arguments(env, info, 1, values) == NULL) return NULL;
  if (napi_get_value_external(env, values[0], &context) != napi_ok) return throw_error(env, "not a context");
  session *s = calloc(1, sizeof *s);
  if (s == NULL) return throw_error(env, "out of memory");
  ERR_clear_error();
  s->ssl = SSL_new(context);
  BIO *bio = s->ssl == NULL ? NULL : BIO_new(bio_method);
  if (bio == NULL) {
    free_session(env, s, NULL);
    return throw_openssl(env);
  }
  BIO_set_data(bio, s);
  BIO_set_init(bio, 1);
  SSL_set_bio(s->ssl, bio, bio);
  SSL_set_accept_state(s->ssl);
  ERR_clear_error();
  if (napi_create_external(env, s, free_session, NULL, &result) != napi_ok) free_session(env, s, NULL);
  return result;
}

// Null, with an exception pending, unless the arguments are a session that is open and `count` numbers.
static session *session_of(napi_env env, napi_callback_info info, size_t count, int32_t *numbers, transport **out) {
  napi_value values[7];
  void *data;
  transport *t = arguments(env, info, count + 1, values);
  if (t == NULL) return NULL;
  bool right = napi_get_value_external(env, values[0], &data) == napi_ok;
  for (size_t i = 0; right && i < count; i++) {
    right = napi_get_value_int32(env, values[i + 1], &numbers[i]) == napi_ok;
  }
  if (!right || ((session *)data)->ssl == NULL) {
    throw_error(env, "not an open session with numbers");
    return NULL;
  }
  *out = t;
  return data;
}

static void begin(session *s, transport *t, int32_t out_at, int32_t out_room) {
  s->out = t->memory + out_at;
  s->out_room = (size_t)out_room;
  s->out_bytes = 0;
  ERR_clear_error();
}

// The reason is taken along, since the queue that holds it is not ours alone.
static void tell_result(transport *t, session *s, size_t plain, int status) {
  int32_t *result = t->shared + SHARED_TLS;
  if (s->renegotiation) status = STATUS_FAILED;
  result[PLAIN] = (int32_t)plain;
  result[CIPHER] = (int32_t)s->out_bytes;
  result[STATUS] = status;
  result[UNREAD] = (int32_t)s->in_bytes;
  const char *reason = ERR_reason_error_string(ERR_peek_error());
  if (s->renegotiation) s->reason = "no renegotiation";
  else if (status == STATUS_FULL) s->reason = "no room";
  else if (status == STATUS_FAILED) s->reason = reason == NULL ? "unexpected end" : reason;
  ERR_clear_error();
  s->in = NULL;
  s->in_bytes = 0;
}

// tlsUnwrap(session, inAt, inBytes, plainAt, plainRoom, outAt, outRoom): void. All that was encrypted is read, unless the
// session has failed or has more to send than there is room for; then it goes on with what is told as unread. `plainRoom`
// must hold what is in, and a record more that an earlier call began.
static napi_value tls_unwrap(napi_env env, napi_callback_info info) {
  int32_t at[6];
  transport *t;
  session *s = session_of(env, info, 6, at, &t);
  if (s == NULL) return NULL;
  if (!is_inside(t, at[0], at[1]) || !is_inside(t, at[2], at[3]) || !is_inside(t, at[4], at[5])) {
    return throw_error(env, "outside of the memory");
  }
  begin(s, t, at[4], at[5]);
  s->in = t->memory + at[0];
  s->in_bytes = (size_t)at[1];
  size_t plain = 0;
  int status = STATUS_OPEN;
  while (plain < (size_t)at[3] && !s->renegotiation) {
    int got = SSL_read(s->ssl, t->memory + at[2] + plain, at[3] - (int)plain);
    if (got > 0) {
      plain += (size_t)got;
      continue;
    }
    int error = SSL_get_error(s->ssl, got);
    if (error == SSL_ERROR_ZERO_RETURN) status = STATUS_ENDED;
    else if (error == SSL_ERROR_WANT_WRITE) status = STATUS_FULL;
    else if (error != SSL_ERROR_WANT_READ) status = STATUS_FAILED;
    break;
  }
  if (status == STATUS_OPEN && !SSL_is_init_finished(s->ssl)) status = STATUS_HANDSHAKE;
  // More plain bytes than there is room for: the caller's mistake, and they would be lost.
  if (s->in_bytes > 0 && status != STATUS_ENDED && status != STATUS_FULL) status = STATUS_FAILED;
  tell_result(t, s, plain, status);
  return NULL;
}

// tlsWrap(session, plainAt, plainBytes, outAt, outRoom): void. Encrypts all, or the session is of no use any more.
static napi_value tls_wrap(napi_env env, napi_callback_info info) {
  int32_t at[4];
  transport *t;
  session *s = session_of(env, info, 4, at, &t);
  if (s == NULL) return NULL;
  if (!is_inside(t, at[0], at[1]) || !is_inside(t, at[2], at[3])) return throw_error(env, "outside of the memory");
  begin(s, t, at[2], at[3]);
  int status = STATUS_OPEN;
  for (int done = 0; done < at[1];) {
    int sent = SSL_write(s->ssl, t->memory + at[0] + done, at[1] - done);
    if (sent <= 0) {
      status = SSL_get_error(s->ssl, sent) == SSL_ERROR_WANT_WRITE ? STATUS_FULL : STATUS_FAILED;
      break;
    }
    done += sent;
  }
  tell_result(t, s, 0, status);
  return NULL;
}

// tlsEnd(session, outAt, outRoom): void. Says that nothing more will come.
static napi_value tls_end(napi_env env, napi_callback_info info) {
  int32_t at[2];
  transport *t;
  session *s = session_of(env, info, 2, at, &t);
  if (s == NULL) return NULL;
  if (!is_inside(t, at[0], at[1])) return throw_error(env, "outside of the memory");
  begin(s, t, at[0], at[1]);
  SSL_shutdown(s->ssl);
  tell_result(t, s, 0, STATUS_OPEN);
  return NULL;
}

// tlsHasProtocol(session): boolean. Whether the client offered ours.
static napi_value tls_has_protocol(napi_env env, napi_callback_info info) {
  transport *t;
  session *s = session_of(env, info, 0, NULL, &t);
  if (s == NULL) return NULL;
  const unsigned char *protocol;
  unsigned int length;
  SSL_get0_alpn_selected(s->ssl, &protocol, &length);
  napi_value result = NULL;
  napi_get_boolean(env, length > 0, &result);
  return result;
}

// tlsReason(session): string. Why its last call failed.
static napi_value tls_reason(napi_env env, napi_callback_info info) {
  transport *t;
  session *s = session_of(env, info, 0, NULL, &t);
  if (s == NULL) return NULL;
  napi_value result = NULL;
  napi_create_string_utf8(env, s->reason == NULL ? "" : s->reason, NAPI_AUTO_LENGTH, &result);
  return result;
}

// tlsFree(session): void. The collector would, too, but does not see what it holds.
static napi_value tls_free(napi_env env, napi_callback_info info) {
  transport *t;
  session *s = session_of(env, info, 0, NULL, &t);
  if (s == NULL) return NULL;
  SSL_free(s->ssl);
  s->ssl = NULL;
  return NULL;
}

const exported tls_functions[] = {
    {"tlsContext", tls_context}, {"tlsAccept", tls_accept},           {"tlsUnwrap", tls_unwrap},
    {"tlsWrap", tls_wrap},       {"tlsEnd", tls_end},                 {"tlsHasProtocol", tls_has_protocol},
    {"tlsReason", tls_reason},   {"tlsFree", tls_free},               {NULL, NULL},
};
