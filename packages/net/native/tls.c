// TLS as the server, as memory: encrypted bytes in, plain bytes out, and the other way round. No sockets here.
//
// A session's bytes pass through a BIO of ours that points straight into the memory shared with JavaScript: OpenSSL's own
// memory BIOs would copy everything once more and keep what they grew to. OpenSSL is the one inside Node.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "transport.h"

// In the shared array, what a call brought: plain bytes, encrypted bytes to be sent, and a status.
#define PLAIN 0
#define CIPHER 1
#define STATUS 2
enum { STATUS_HANDSHAKE, STATUS_OPEN, STATUS_ENDED, STATUS_FAILED };

typedef struct {
  SSL *ssl;
  // What is to be read, and where there is room for what is to be sent, during one call.
  const uint8_t *in;
  size_t in_bytes;
  uint8_t *out;
  size_t out_bytes;
  size_t out_room;
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
  // The end of the file is an error of its own.
  if (used) ERR_clear_error();
  return used;
}

// tlsContext(certificates: Uint8Array, key: Uint8Array, ciphers: string): context. Both in PEM. Throws.
static napi_value tls_context(napi_env env, napi_callback_info info) {
  napi_value values[3], result = NULL;
  if (arguments(env, info, 3, values) == NULL) return NULL;
  char ciphers[2048];
  size_t length;
  if (napi_get_value_string_latin1(env, values[2], ciphers, sizeof ciphers, &length) != napi_ok) {
    return throw_error(env, "the ciphers are a string");
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
              SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
              SSL_CTX_set_cipher_list(context, ciphers) == 1 && use_certificates(context, certificates) &&
              SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1 &&
              SSL_CTX_set_session_id_context(context, name, sizeof name - 1) == 1;
  BIO_free(certificates);
  BIO_free(key_pem);
  EVP_PKEY_free(key);
  if (!made) {
    SSL_CTX_free(context);
    return throw_openssl(env);
  }
  // Tickets resume sessions; a cache of our own beside them would only hold memory.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
  // A client that is idle needs no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
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

static void tell_result(transport *t, const session *s, size_t plain, int status) {
  int32_t *result = t->shared + SHARED_TLS;
  result[PLAIN] = (int32_t)plain;
  result[CIPHER] = (int32_t)s->out_bytes;
  result[STATUS] = status;
}

// tlsUnwrap(session, inAt, inBytes, plainAt, plainRoom, outAt, outRoom): void. All that was encrypted is read, or the
// session has failed; `plainRoom` must hold it, and a record more that an earlier call began.
static napi_value tls_unwrap(napi_env env, napi_callback_info info) {
  int32_t at[6];
  transport *t;
  session *s = session_of(env, info, 6, at, &t);
  if (s == NULL) return NULL;
  if (!is_inside(t, at[0], at[1]) || !is_inside(t, at[2], at[3]) || !is_inside(t, at[4], at[5])) {
    return throw_error(env, "outside of the memory");
  }
  s->in = t->memory + at[0];
  s->in_bytes = (size_t)at[1];
  s->out = t->memory + at[4];
  s->out_room = (size_t)at[5];
  s->out_bytes = 0;
  size_t plain = 0;
  int status = STATUS_OPEN;
  ERR_clear_error();
  while (plain < (size_t)at[3]) {
    int got = SSL_read(s->ssl, t->memory + at[2] + plain, at[3] - (int)plain);
    if (got > 0) {
      plain += (size_t)got;
      continue;
    }
    int error = SSL_get_error(s->ssl, got);
    if (error == SSL_ERROR_ZERO_RETURN) status = STATUS_ENDED;
    else if (error != SSL_ERROR_WANT_READ) status = STATUS_FAILED;
    break;
  }
  if (status == STATUS_OPEN && !SSL_is_init_finished(s->ssl)) status = STATUS_HANDSHAKE;
  // More plain bytes than there is room for: the caller's mistake, and they would be lost.
  if (s->in_bytes > 0 && status != STATUS_ENDED) status = STATUS_FAILED;
  tell_result(t, s, plain, status);
  s->in = NULL;
  s->in_bytes = 0;
  return NULL;
}

// tlsWrap(session, plainAt, plainBytes, outAt, outRoom): void. Encrypts all, or the session has failed.
static napi_value tls_wrap(napi_env env, napi_callback_info info) {
  int32_t at[4];
  transport *t;
  session *s = session_of(env, info, 4, at, &t);
  if (s == NULL) return NULL;
  if (!is_inside(t, at[0], at[1]) || !is_inside(t, at[2], at[3])) return throw_error(env, "outside of the memory");
  s->out = t->memory + at[2];
  s->out_room = (size_t)at[3];
  s->out_bytes = 0;
  int status = STATUS_OPEN;
  ERR_clear_error();
  for (int done = 0; done < at[1];) {
    int sent = SSL_write(s->ssl, t->memory + at[0] + done, at[1] - done);
    if (sent <= 0) {
      status = STATUS_FAILED;
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
  s->out = t->memory + at[0];
  s->out_room = (size_t)at[1];
  s->out_bytes = 0;
  ERR_clear_error();
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

// tlsReason(): string. Why the last call of a session failed.
static napi_value tls_reason(napi_env env, napi_callback_info info) {
  (void)info;
  const char *reason = ERR_reason_error_string(ERR_peek_error());
  napi_value result = NULL;
  napi_create_string_utf8(env, reason == NULL ? "unexpected end" : reason, NAPI_AUTO_LENGTH, &result);
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
