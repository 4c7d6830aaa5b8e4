// What the addon's files share: the transport of one environment, and how arguments are looked at.
#ifndef WEIR_TRANSPORT_H
#define WEIR_TRANSPORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <node_api.h>
#include <uv.h>

// Events of one round: what does not fit is told by the next, nobody is passed over.
#define EVENTS_MAX 256
// Writes of one `sendAll`.
#define WRITES_MAX 128
// In the array shared with JavaScript: [0] is not 0 while sockets want another look, then pairs of descriptor and events,
// then triples of descriptor, offset and length for `sendAll`, then the four results of a call of TLS, then address and port of who was
// accepted last. JavaScript has the same numbers, and compares them with `layout`.
// To be counted up with each change of what a function takes or gives: an addon of older sources is then not used.
#define INTERFACE 4
#define SHARED_MORE 0
#define SHARED_EVENTS 1
#define SHARED_WRITES (SHARED_EVENTS + 2 * EVENTS_MAX)
#define SHARED_TLS (SHARED_WRITES + 3 * WRITES_MAX)
#define SHARED_PEER (SHARED_TLS + 4)
#define SHARED_LENGTH (SHARED_PEER + 2)

enum { FD_FREE, FD_OWNED, FD_FULL };

typedef struct {
  napi_env env;
  napi_ref dispatch;
  napi_async_cleanup_hook_handle hook;
  uv_loop_t *loop;
  uv_prepare_t prepare;
  uv_idle_t idle;
  int handles_open;
  int epoll_fd;
  int libuv_fd;
  int32_t *shared;
  uint8_t *memory;
  size_t memory_bytes;
  // One byte a descriptor, FD_FREE unless it is ours: nothing is ever done to another's.
  uint8_t *owned;
  size_t owned_length;
} transport;

typedef struct {
  const char *name;
  napi_callback call;
} exported;

// Ends with a name that is NULL.
extern const exported tls_functions[];

napi_value throw_error(napi_env env, const char *what);

// Null, with an exception pending, unless there are `count` arguments and a transport that was started.
transport *arguments(napi_env env, napi_callback_info info, size_t count, napi_value *values);

// Whether a stretch lies within the memory that was given at the start.
bool is_inside(const transport *t, int64_t offset, int64_t length);

#endif
