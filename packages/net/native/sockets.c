// Sockets of one event loop without libuv's streams: an epoll set, waited on before libuv would, and plain system calls.
//
// Node's way between JavaScript and a socket (a stream object, a request a write, an entry into JavaScript a read) costs
// more than Weir's own work. Here one call a round tells JavaScript which descriptors something happened on; it then asks
// for each system call itself. Nothing is kept per socket but which descriptors are ours: buffers, order and the life of
// a connection are JavaScript's (packages/net/src/native-*.ts).
//
// Waiting. Before libuv polls, `turn` waits on our epoll set for as long as libuv would have (uv_backend_timeout), with
// libuv's own epoll descriptor as one member of the set; libuv then polls without waiting. Sockets are so waited for
// directly, and go round without libuv while it has nothing to do. libuv documents both calls for loops inside loops.
//
// Registration of all but listeners is edge-triggered, once a socket, for everything: neither pausing nor a full socket costs a system call.
// An event is only a hint to look. What is so, the next system call says, and an event too many finds EAGAIN.
//
// Functions return what the system call returned, or its errno negated.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "transport.h"

// Rounds before libuv has its turn in any case, so that nothing of Node's waits for a busy relay.
#define ROUNDS_MAX 64

// ---- Arguments and results

static napi_value number(napi_env env, int64_t value) {
  napi_value result = NULL;
  napi_create_int64(env, value, &result);
  return result;
}

napi_value throw_error(napi_env env, const char *what) {
  napi_throw_error(env, NULL, what);
  return NULL;
}

transport *arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values) {
  void *data = NULL;
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, values, NULL, &data) != napi_ok || given < count) {
    throw_error(env, "too few arguments");
    return NULL;
  }
  transport *t = data;
  if (t->epoll_fd < 0) {
    throw_error(env, "the transport was not started");
    return NULL;
  }
  return t;
}

bool is_inside(const transport *t, int64_t offset, int64_t length) {
  return offset >= 0 && length >= 0 && (size_t)offset <= t->memory_bytes && (size_t)length <= t->memory_bytes - (size_t)offset;
}

static bool is_owned(const transport *t, int32_t fd) {
  return fd >= 0 && (size_t)fd < t->owned_length && t->owned[fd] != FD_FREE;
}

// As `arguments`, the first of them being a descriptor of ours. A closed one is EBADF for whoever still asks: *fd is -1.
static transport *descriptor(napi_env env, napi_callback_info info, size_t count, napi_value *values, int32_t *fd) {
  transport *t = arguments(env, info, count, values);
  if (t == NULL) return NULL;
  if (napi_get_value_int32(env, values[0], fd) != napi_ok) {
    throw_error(env, "a descriptor is a number");
    return NULL;
  }
  if (!is_owned(t, *fd)) *fd = -1;
  return t;
}

// ---- Which descriptors are ours

// From now on its events are told. Returns fd, or -errno with fd closed.
static int adopt_for(transport *t, int fd, uint32_t events) {
  if ((size_t)fd >= t->owned_length) {
    size_t length = t->owned_length == 0 ? 1024 : t->owned_length;
    while (length <= (size_t)fd) length *= 2;
    uint8_t *owned = realloc(t->owned, length);
    if (owned == NULL) {
      close(fd);
      return -ENOMEM;
    }
    memset(owned + t->owned_length, 0, length - t->owned_length);
    t->owned = owned;
    t->owned_length = length;
  }
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  t->owned[fd] = FD_OWNED;
  return fd;
}

static int adopt(transport *t, int fd) { return adopt_for(t, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET); }

// Whoever is left waiting is told of again by the next wait: asking until nobody is there would cost a call each time.
static int adopt_listener(transport *t, int fd) { return adopt_for(t, fd, EPOLLIN); }

// ---- The loop

static void nothing(uv_idle_t *idle) { (void)idle; }

// One call into JavaScript for all that happened. False once JavaScript can no longer run.
static bool tell(transport *t, int32_t count) {
  napi_env env = t->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  napi_value dispatch, receiver, argument, result;
  bool ready = napi_get_reference_value(env, t->dispatch, &dispatch) == napi_ok &&
               napi_get_global(env, &receiver) == napi_ok && napi_create_int32(env, count, &argument) == napi_ok;
  // Runs what was put off (process.nextTick, promises) before it returns.
  napi_status status = ready ? napi_make_callback(env, NULL, receiver, dispatch, 1, &argument, &result) : napi_closing;
  if (status == napi_pending_exception) {
    // Handlers' exceptions are caught by whoever calls them: this one is a fault of ours, and nobody else is to hear it.
    napi_value thrown;
    if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
  }
  napi_close_handle_scope(env, scope);
  return status == napi_ok;
}

// Waits in libuv's place, and goes round as long as nothing but our sockets wants to be served.
static void turn(uv_prepare_t *prepare) {
  transport *t = prepare->data;
  struct epoll_event events[EVENTS_MAX];
  uv_idle_stop(&t->idle);
  for (int round = 0; round < ROUNDS_MAX; round++) {
    int timeout_ms = uv_backend_timeout(t->loop);
    // A timer is due, or somebody put something off until libuv's next turn.
    if (timeout_ms == 0 && round > 0) break;
    if (t->shared[SHARED_MORE] != 0) timeout_ms = 0;
    int happened = epoll_wait(t->epoll_fd, events, EVENTS_MAX, timeout_ms);
    // A signal; what is to be done about it, libuv knows.
    if (happened < 0) break;
    uv_update_time(t->loop);
    bool libuv_ready = false;
    int32_t count = 0;
    for (int i = 0; i < happened; i++) {
      if (events[i].data.fd == t->libuv_fd) {
        libuv_ready = true;
        continue;
      }
      t->shared[SHARED_EVENTS + 2 * count] = events[i].data.fd;
      t->shared[SHARED_EVENTS + 2 * count + 1] = (int32_t)(events[i].events & ~EPOLLET);
      count++;
    }
    bool told = count == 0 && t->shared[SHARED_MORE] == 0 ? false : tell(t, count);
    // Without events and without anybody's wish it was the time that was over.
    if (libuv_ready || !told) break;
  }
  // With an idle handle libuv polls without waiting, which we have done for it.
  uv_idle_start(&t->idle, nothing);
}

// ---- The end of the environment: a worker's, or the process's

static void handle_closed(uv_handle_t *handle) {
  transport *t = handle->data;
  if (--t->handles_open > 0) return;
  napi_remove_async_cleanup_hook(t->hook);
  free(t->owned);
  free(t);
}

static void end(napi_async_cleanup_hook_handle hook, void *data) {
  transport *t = data;
  t->hook = hook;
  for (size_t fd = 0; fd < t->owned_length; fd++) {
    if (t->owned[fd] != FD_FREE) close((int)fd);
  }
  close(t->epoll_fd);
  t->epoll_fd = -1;
  uv_close((uv_handle_t *)&t->prepare, handle_closed);
  uv_close((uv_handle_t *)&t->idle, handle_closed);
}

// start(dispatch: (count) => void, shared: Int32Array, memory: Uint8Array): void. Both arrays are kept by the caller.
static napi_value start(napi_env env, napi_callback_info info) {
  napi_value values[3];
  void *data = NULL;
  size_t given = 3;
  if (napi_get_cb_info(env, info, &given, values, NULL, &data) != napi_ok || given < 3) {
    return throw_error(env, "too few arguments");
  }
  transport *t = data;
  if (t->epoll_fd >= 0) return throw_error(env, "the transport was started already");
  napi_typedarray_type shared_type, memory_type;
  size_t shared_length;
  void *shared, *memory;
  if (napi_get_typedarray_info(env, values[1], &shared_type, &shared_length, &shared, NULL, NULL) != napi_ok ||
      napi_get_typedarray_info(env, values[2], &memory_type, &t->memory_bytes, &memory, NULL, NULL) != napi_ok ||
      shared_type != napi_int32_array || shared_length < SHARED_LENGTH || memory_type != napi_uint8_array) {
    return throw_error(env, "wrong kind or size of shared memory");
  }
  if (napi_get_uv_event_loop(env, &t->loop) != napi_ok) return throw_error(env, "there is no event loop");
  int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return throw_error(env, strerror(errno));
  t->libuv_fd = uv_backend_fd(t->loop);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = t->libuv_fd};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, t->libuv_fd, &event) != 0 ||
      napi_create_reference(env, values[0], 1, &t->dispatch) != napi_ok) {
    close(epoll_fd);
    return throw_error(env, "libuv's own descriptor cannot be watched");
  }
  t->env = env;
  t->shared = shared;
  t->memory = memory;
  t->epoll_fd = epoll_fd;
  uv_prepare_init(t->loop, &t->prepare);
  uv_idle_init(t->loop, &t->idle);
  t->handles_open = 2;
  t->prepare.data = t;
  t->idle.data = t;
  uv_prepare_start(&t->prepare, turn);
  uv_unref((uv_handle_t *)&t->prepare);
  uv_unref((uv_handle_t *)&t->idle);
  napi_add_async_cleanup_hook(env, end, t, NULL);
  return NULL;
}

// layout(): [interface, events, writes, writes' place, TLS's place, length]. Where things are in the shared array.
static napi_value layout(napi_env env, napi_callback_info info) {
  (void)info;
  static const int32_t numbers[] = {INTERFACE, EVENTS_MAX, WRITES_MAX, SHARED_WRITES, SHARED_TLS, SHARED_LENGTH};
  napi_value result = NULL;
  if (napi_create_array(env, &result) != napi_ok) return NULL;
  for (uint32_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    napi_set_element(env, result, i, number(env, numbers[i]));
  }
  return result;
}

// keepAlive(on: boolean): void. Whether the process lives on because of our sockets.
static napi_value keep_alive(napi_env env, napi_callback_info info) {
  napi_value values[1];
  transport *t = arguments(env, info, 1, values);
  bool on;
  if (t == NULL || napi_get_value_bool(env, values[0], &on) != napi_ok) return NULL;
  if (on) uv_ref((uv_handle_t *)&t->prepare);
  else uv_unref((uv_handle_t *)&t->prepare);
  return NULL;
}

// ---- Addresses

typedef struct {
  struct sockaddr_storage bytes;
  socklen_t length;
} address;

// An IPv4 or IPv6 literal, perhaps with a zone; nothing is looked up. 0, or -errno.
static int parse_address(napi_env env, napi_value host, napi_value port, address *out) {
  char host_text[INET6_ADDRSTRLEN + 64], port_text[8];
  size_t length;
  int32_t port_number;
  if (napi_get_value_string_latin1(env, host, host_text, sizeof host_text, &length) != napi_ok ||
      napi_get_value_int32(env, port, &port_number) != napi_ok || port_number < 0 || port_number > 65535) {
    return -EINVAL;
  }
  snprintf(port_text, sizeof port_text, "%d", port_number);
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found = NULL;
  if (getaddrinfo(host_text, port_text, &hints, &found) != 0 || found == NULL) return -EINVAL;
  memcpy(&out->bytes, found->ai_addr, found->ai_addrlen);
  out->length = found->ai_addrlen;
  freeaddrinfo(found);
  return 0;
}

// «port host», or undefined for a socket that has no such end any more.
static napi_value address_text(napi_env env, const struct sockaddr_storage *bytes) {
  char host[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];
  const void *in;
  uint16_t port;
  if (bytes->ss_family == AF_INET) {
    in = &((const struct sockaddr_in *)bytes)->sin_addr;
    port = ((const struct sockaddr_in *)bytes)->sin_port;
  } else if (bytes->ss_family == AF_INET6) {
    in = &((const struct sockaddr_in6 *)bytes)->sin6_addr;
    port = ((const struct sockaddr_in6 *)bytes)->sin6_port;
  } else {
    return NULL;
  }
  if (inet_ntop(bytes->ss_family, in, host, sizeof host) == NULL) return NULL;
  int length = snprintf(text, sizeof text, "%u %s", ntohs(port), host);
  napi_value result = NULL;
  napi_create_string_latin1(env, text, (size_t)length, &result);
  return result;
}

// peer(fd): string | undefined
static napi_value peer(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t fd;
  if (descriptor(env, info, 1, values, &fd) == NULL) return NULL;
  struct sockaddr_storage bytes = {0};
  socklen_t length = sizeof bytes;
  return getpeername(fd, (struct sockaddr *)&bytes, &length) == 0 ? address_text(env, &bytes) : NULL;
}

// local(fd): string | undefined
static napi_value local(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t fd;
  if (descriptor(env, info, 1, values, &fd) == NULL) return NULL;
  struct sockaddr_storage bytes = {0};
  socklen_t length = sizeof bytes;
  return getsockname(fd, (struct sockaddr *)&bytes, &length) == 0 ? address_text(env, &bytes) : NULL;
}

// ---- Opening and closing

// Nagle off; probes after `delay_s` of silence, as libuv has them. What is accepted inherits them from its listener.
static int set_options(int fd, int delay_s) {
  const int on = 1, interval_s = 1, probes = 10;
  return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
                 setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0 &&
                 setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &delay_s, sizeof delay_s) == 0 &&
                 setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s) == 0 &&
                 setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes) == 0
             ? 0
             : -errno;
}

// listen(host, port, backlog, keepAliveDelayS): descriptor or -errno
static napi_value listen_on(napi_env env, napi_callback_info info) {
  napi_value values[4];
  transport *t = arguments(env, info, 4, values);
  if (t == NULL) return NULL;
  int32_t backlog, delay_s;
  if (napi_get_value_int32(env, values[2], &backlog) != napi_ok ||
      napi_get_value_int32(env, values[3], &delay_s) != napi_ok) {
    return number(env, -EINVAL);
  }
  address where;
  int status = parse_address(env, values[0], values[1], &where);
  if (status != 0) return number(env, status);
  const int on = 1;
  int family = where.bytes.ss_family;
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return number(env, -errno);
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
      set_options(fd, delay_s) != 0 || bind(fd, (struct sockaddr *)&where.bytes, where.length) != 0 ||
      listen(fd, backlog) != 0) {
    status = -errno;
    close(fd);
    return number(env, status);
  }
  return number(env, adopt_listener(t, fd));
}

// listenInherited(fd, backlog, keepAliveDelayS): the descriptor, ours from now on, or -errno, and then nothing was taken.
// Of a TCP socket that another process has bound and handed down; its queue is shared by all who listen on it.
static napi_value listen_inherited(napi_env env, napi_callback_info info) {
  napi_value values[3];
  transport *t = arguments(env, info, 3, values);
  if (t == NULL) return NULL;
  int32_t fd, backlog, delay_s;
  if (napi_get_value_int32(env, values[0], &fd) != napi_ok || napi_get_value_int32(env, values[1], &backlog) != napi_ok ||
      napi_get_value_int32(env, values[2], &delay_s) != napi_ok || fd < 0) {
    return number(env, -EINVAL);
  }
  if (is_owned(t, fd)) return number(env, -EBUSY);
  struct sockaddr_storage bytes;
  socklen_t length = sizeof bytes;
  if (getsockname(fd, (struct sockaddr *)&bytes, &length) != 0) return number(env, -errno);
  if (bytes.ss_family != AF_INET && bytes.ss_family != AF_INET6) return number(env, -EAFNOSUPPORT);
  // Others share the file description, and with it this flag, which all of them want; this flag is the descriptor's own.
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return number(env, -errno);
  }
  int status = set_options(fd, delay_s);
  if (status != 0) return number(env, status);
  if (listen(fd, backlog) != 0) return number(env, -errno);
  return number(env, adopt_listener(t, fd));
}

// accept(listener): descriptor or -errno. Of a peer with IPv4 the shared array then holds its address and port; else 0.
static napi_value accept_one(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t listener;
  transport *t = descriptor(env, info, 1, values, &listener);
  if (t == NULL) return NULL;
  struct sockaddr_storage bytes;
  socklen_t length = sizeof bytes;
  int fd = accept4(listener, (struct sockaddr *)&bytes, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return number(env, -errno);
  const struct sockaddr_in *in = (const struct sockaddr_in *)&bytes;
  bool is_ipv4 = bytes.ss_family == AF_INET;
  t->shared[SHARED_PEER] = is_ipv4 ? (int32_t)ntohl(in->sin_addr.s_addr) : 0;
  t->shared[SHARED_PEER + 1] = is_ipv4 ? ntohs(in->sin_port) : 0;
  return number(env, adopt(t, fd));
}

// rest(listener, on: boolean): void. Whether it is told of nobody who waits.
static napi_value rest(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int32_t fd;
  bool on;
  transport *t = descriptor(env, info, 2, values, &fd);
  if (t == NULL || fd < 0 || napi_get_value_bool(env, values[1], &on) != napi_ok) return NULL;
  struct epoll_event event = {.events = on ? 0 : EPOLLIN, .data.fd = fd};
  if (epoll_ctl(t->epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0) return throw_error(env, strerror(errno));
  return NULL;
}

// connect(address, port, keepAliveDelayS): descriptor or -errno. Under way: an event comes when it is decided.
static napi_value connect_to(napi_env env, napi_callback_info info) {
  napi_value values[3];
  transport *t = arguments(env, info, 3, values);
  if (t == NULL) return NULL;
  int32_t delay_s;
  address where;
  if (napi_get_value_int32(env, values[2], &delay_s) != napi_ok) return number(env, -EINVAL);
  int status = parse_address(env, values[0], values[1], &where);
  if (status != 0) return number(env, status);
  int fd = socket(where.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return number(env, -errno);
  if (set_options(fd, delay_s) != 0 ||
      (connect(fd, (struct sockaddr *)&where.bytes, where.length) != 0 && errno != EINPROGRESS)) {
    status = -errno;
    close(fd);
    return number(env, status);
  }
  return number(env, adopt(t, fd));
}

// connected(fd): 0, -EINPROGRESS, or why not, negated
static napi_value connected(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t fd;
  if (descriptor(env, info, 1, values, &fd) == NULL) return NULL;
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return number(env, -errno);
  if (error != 0) return number(env, -error);
  struct sockaddr_storage bytes;
  length = sizeof bytes;
  if (getpeername(fd, (struct sockaddr *)&bytes, &length) == 0) return number(env, 0);
  return number(env, errno == ENOTCONN ? -EINPROGRESS : -errno);
}

// close(fd): void. The kernel takes it out of the epoll set; an event that is told already finds nobody.
static napi_value close_one(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t fd;
  transport *t = descriptor(env, info, 1, values, &fd);
  if (t == NULL || fd < 0) return NULL;
  t->owned[fd] = FD_FREE;
  // Not again after EINTR: on Linux it is closed by then.
  close(fd);
  return NULL;
}

// release(fd): void. It lives on as somebody else's.
static napi_value release_one(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t fd;
  transport *t = descriptor(env, info, 1, values, &fd);
  if (t == NULL || fd < 0) return NULL;
  t->owned[fd] = FD_FREE;
  if (epoll_ctl(t->epoll_fd, EPOLL_CTL_DEL, fd, NULL) != 0) return throw_error(env, strerror(errno));
  return NULL;
}

// endWriting(fd): 0 or -errno
static napi_value end_writing(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t fd;
  if (descriptor(env, info, 1, values, &fd) == NULL) return NULL;
  return number(env, shutdown(fd, SHUT_WR) == 0 ? 0 : -errno);
}

// ---- Bytes

// Bytes taken or -errno.
static ssize_t send_bytes(int fd, const uint8_t *bytes, size_t length) {
  ssize_t sent;
  do sent = send(fd, bytes, length, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

// read(fd, offset, bytesMax): bytes, 0 at the end of file, or -errno. They come to the memory given to `start`.
static napi_value read_some(napi_env env, napi_callback_info info) {
  napi_value values[3];
  int32_t fd, offset, bytes_max;
  transport *t = descriptor(env, info, 3, values, &fd);
  if (t == NULL) return NULL;
  if (napi_get_value_int32(env, values[1], &offset) != napi_ok ||
      napi_get_value_int32(env, values[2], &bytes_max) != napi_ok || !is_inside(t, offset, bytes_max)) {
    return number(env, -EINVAL);
  }
  ssize_t got;
  do got = recv(fd, t->memory + offset, (size_t)bytes_max, 0);
  while (got < 0 && errno == EINTR);
  return number(env, got < 0 ? -errno : got);
}

// sendAll(count): void. Sends so many of the shared triples, in order, from the memory given to `start`; in place of each
// length stands then how many bytes were taken, or -errno. Behind a write that was not taken whole the others of its
// descriptor wait with EAGAIN: room that comes meanwhile would change the order.
static napi_value send_all(napi_env env, napi_callback_info info) {
  napi_value values[1];
  int32_t count;
  transport *t = arguments(env, info, 1, values);
  if (t == NULL) return NULL;
  if (napi_get_value_int32(env, values[0], &count) != napi_ok || count < 0 || count > WRITES_MAX) {
    return throw_error(env, "not so many writes");
  }
  int32_t *writes = t->shared + SHARED_WRITES;
  for (int32_t *write = writes; write < writes + 3 * count; write += 3) {
    int32_t fd = write[0], offset = write[1], length = write[2];
    if (!is_owned(t, fd)) write[2] = -EBADF;
    else if (!is_inside(t, offset, length)) write[2] = -EINVAL;
    else if (t->owned[fd] == FD_FULL) write[2] = -EAGAIN;
    else {
      write[2] = (int32_t)send_bytes(fd, t->memory + offset, (size_t)length);
      if (write[2] != length) t->owned[fd] = FD_FULL;
    }
  }
  for (int32_t *write = writes; write < writes + 3 * count; write += 3) {
    if (is_owned(t, write[0])) t->owned[write[0]] = FD_OWNED;
  }
  return NULL;
}

// send(fd, bytes: Uint8Array): bytes taken or -errno
static napi_value send_one(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int32_t fd;
  if (descriptor(env, info, 2, values, &fd) == NULL) return NULL;
  napi_typedarray_type type;
  size_t length;
  void *bytes;
  if (napi_get_typedarray_info(env, values[1], &type, &length, &bytes, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) {
    return number(env, -EINVAL);
  }
  return number(env, send_bytes(fd, bytes, length));
}

// ---- What JavaScript sees

static bool export_all(napi_env env, napi_value exports, transport *t, const exported *functions) {
  for (; functions->name != NULL; functions++) {
    napi_value function;
    if (napi_create_function(env, functions->name, NAPI_AUTO_LENGTH, functions->call, t, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions->name, function) != napi_ok) {
      return false;
    }
  }
  return true;
}

NAPI_MODULE_INIT() {
  transport *t = calloc(1, sizeof *t);
  if (t == NULL) return throw_error(env, "out of memory");
  t->epoll_fd = -1;
  const exported functions[] = {
      {"layout", layout},
      {"start", start},         {"keepAlive", keep_alive},   {"peer", peer},         {"local", local},
      {"listen", listen_on},    {"listenInherited", listen_inherited}, {"accept", accept_one}, {"rest", rest},      {"connect", connect_to}, {"connected", connected},
      {"close", close_one},     {"release", release_one},    {"endWriting", end_writing}, {"read", read_some},
      {"send", send_one},       {"sendAll", send_all},       {NULL, NULL},
  };
  if (!export_all(env, exports, t, functions) || !export_all(env, exports, t, tls_functions)) {
    return throw_error(env, "the functions cannot be made");
  }
  return exports;
}
