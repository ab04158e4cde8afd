/*
 * relay: a WAN in one process. It joins pairs of TAP devices ("circuits") and carries Ethernet frames between them with
 * the delay, jitter, rate, loss and drop-tail buffer of a wide-area link, because this kernel may have no netem.
 *
 *     TAP a ──read──▶ [buffer: virtual finish time] ──loss──▶ [ring: frames with due times] ──write──▶ TAP b
 *     TAP b ──read──▶ [               ...              ]                                  ──write──▶ TAP a
 *
 * A frame that arrives at t starts on the wire at max(t, wire free), is dropped when that wait exceeds the buffer, keeps
 * the wire busy for its bits, and is due one delay later. That is an exact token bucket of one frame's depth.
 *
 *   relay CONTROL_SOCKET SEED CIRCUIT...
 *   CIRCUIT = name,namespace:device,namespace:device,delay_us,jitter_us,bits_per_second,loss_per_billion,buffer_us
 *
 * bits_per_second 0 is no limit. The TAP devices exist already (`ip tuntap add`), each in its namespace. Commands, one a
 * line on the control socket, each answered with one line of JSON: `stats`, `cut NAME data|control|all`, `heal NAME`,
 * `set NAME delay_us jitter_us bits_per_second loss_per_billion buffer_us`, `control-port N`. A cut is silent, acts in
 * both directions and takes the frames in flight with it. Control traffic is TCP from or to a control port.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
  FRAME_MAX = 9216 + 18,     /* jumbo frame with a VLAN tag */
  WIRE_OVERHEAD = 24,        /* FCS 4 + preamble 8 + gap 12 (IEEE 802.3 §4.4); the 14 of the header are in the frame */
  CIRCUITS_MAX = 16,
  CLIENTS_MAX = 8,
  CONTROL_PORTS_MAX = 8,
  LINE_MAX_BYTES = 256,
  CONTROL_ROUNDS = 32,       /* busy rounds between two looks at the control socket: 5 ms */
  BURST_MAX = 256,           /* frames read from one device before the other gets its turn */
  TICK_NS = 150 * 1000,      /* shortest pause between two rounds: a wake a frame costs far more than 0.1 ms of delay */
};
static const size_t RING_BYTES = 64u << 20; /* 1 Gbit/s for 0.5 s; only touched pages are resident */

enum { CUT_DATA = 1, CUT_CONTROL = 2 };

struct shape {
  int64_t delay_ns, jitter_ns, buffer_ns;
  uint64_t bits_per_second;
  uint32_t loss_per_billion;
};

struct counters {
  uint64_t offered_frames, offered_bytes, delivered_frames, delivered_bytes, wire_bytes;
  uint64_t lost, buffer_dropped, cut_dropped, write_failed;
  uint64_t control_bytes; /* part of wire_bytes */
  uint64_t lateness_total_ns, lateness_max_ns;
};

struct frame {
  int64_t due_ns;
  uint16_t length; /* 0: the rest of the ring is unused, go on at its start */
  uint16_t traffic;
  uint8_t bytes[];
};

struct direction {
  int from, to; /* file descriptors */
  uint8_t *ring;
  size_t head, tail; /* bytes: next read, next write */
  size_t queued;
  int64_t wire_free_ns, last_due_ns;
  uint32_t loss_state, jitter_state;
  struct counters counters;
};

struct circuit {
  char name[32];
  struct shape shape;
  int cut; /* CUT_… bits */
  struct direction directions[2];
};

static struct circuit circuits[CIRCUITS_MAX];
static int circuit_count;
static uint16_t control_ports[CONTROL_PORTS_MAX];
static int control_port_count;
static volatile sig_atomic_t stopping;

static void fail(const char *what) {
  fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* mulberry32, the generator of src/world/random.ts: tests replay the same losses. */
static uint32_t draw(uint32_t *state) {
  uint32_t seed = *state += 0x6d2b79f5;
  uint32_t mixed = (seed ^ (seed >> 15)) * (seed | 1);
  mixed ^= mixed + (mixed ^ (mixed >> 7)) * (mixed | 61);
  return mixed ^ (mixed >> 14);
}

static int is_control_port(const uint8_t *port) {
  uint16_t value = (uint16_t)(port[0] << 8 | port[1]);
  for (int i = 0; i < control_port_count; i++)
    if (control_ports[i] == value) return 1;
  return 0;
}

/* Control: IPv4 TCP, first fragment, from or to a control port. Everything else is data. */
static int traffic_of(const uint8_t *frame, size_t length) {
  if (length < 14 + 20 || frame[12] != 0x08 || frame[13] != 0x00) return CUT_DATA;
  const uint8_t *ip = frame + 14;
  size_t header = (size_t)(ip[0] & 15) * 4;
  if (ip[9] != 6 || (ip[6] & 0x1f) || ip[7] || length < 14 + header + 4) return CUT_DATA;
  return is_control_port(ip + header) || is_control_port(ip + header + 2) ? CUT_CONTROL : CUT_DATA;
}

static size_t frame_space(size_t length) { return (sizeof(struct frame) + length + 7) & ~(size_t)7; }

/* Room for one frame at the ring's tail, or NULL when it is full. */
static struct frame *reserve(struct direction *way, size_t length) {
  size_t space = frame_space(length);
  if (way->queued && way->head >= way->tail) return way->head - way->tail > space ? (void *)(way->ring + way->tail) : NULL;
  if (RING_BYTES - way->tail > space + sizeof(struct frame)) return (void *)(way->ring + way->tail);
  if (way->queued && way->head <= space) return NULL;
  ((struct frame *)(way->ring + way->tail))->length = 0;
  way->tail = 0;
  if (!way->queued) way->head = 0;
  return (void *)way->ring;
}

static struct frame *first_frame(struct direction *way) {
  if (!way->queued) return NULL;
  struct frame *frame = (void *)(way->ring + way->head);
  if (frame->length) return frame;
  way->head = 0;
  return (void *)way->ring;
}

static int64_t wire_ns(const struct shape *shape, size_t length) {
  return shape->bits_per_second ? (int64_t)((length + WIRE_OVERHEAD) * 8 * 1000000000ull / shape->bits_per_second) : 0;
}

static int64_t due_of(const struct shape *shape, struct direction *way) {
  int64_t due = way->wire_free_ns + shape->delay_ns;
  if (shape->jitter_ns)
    due += (int64_t)(draw(&way->jitter_state) / 4294967296.0 * 2 * (double)shape->jitter_ns) - shape->jitter_ns;
  if (due < way->last_due_ns) due = way->last_due_ns; /* jitter does not reorder */
  return way->last_due_ns = due;
}

static void accept_frame(struct circuit *circuit, struct direction *way, const uint8_t *bytes, size_t length, int64_t now) {
  const struct shape *shape = &circuit->shape;
  int lost = draw(&way->loss_state) / 4294967296.0 * 1e9 < shape->loss_per_billion;
  int traffic = traffic_of(bytes, length);
  way->counters.offered_frames++;
  way->counters.offered_bytes += length;
  if (circuit->cut & traffic) {
    way->counters.cut_dropped++;
    return;
  }
  int64_t start = way->wire_free_ns > now ? way->wire_free_ns : now;
  struct frame *frame = start - now > shape->buffer_ns ? NULL : reserve(way, length);
  if (!frame) {
    way->counters.buffer_dropped++;
    return;
  }
  way->wire_free_ns = start + wire_ns(shape, length);
  if (lost) {
    way->counters.lost++;
    return;
  }
  frame->due_ns = due_of(shape, way);
  frame->length = (uint16_t)length;
  frame->traffic = (uint16_t)traffic;
  memcpy(frame->bytes, bytes, length);
  way->tail += frame_space(length);
  way->queued++;
}

static int read_frames(struct circuit *circuit, struct direction *way) {
  uint8_t bytes[FRAME_MAX];
  int frames = 0;
  for (; frames < BURST_MAX; frames++) {
    ssize_t length = read(way->from, bytes, sizeof bytes);
    if (length <= 0) break;
    accept_frame(circuit, way, bytes, (size_t)length, now_ns());
  }
  return frames;
}

static void deliver(struct circuit *circuit, struct direction *way, struct frame *frame, int64_t now) {
  struct counters *counters = &way->counters;
  if (circuit->cut & frame->traffic) {
    counters->cut_dropped++;
    return;
  }
  if (write(way->to, frame->bytes, frame->length) != frame->length) {
    counters->write_failed++;
    return;
  }
  uint64_t lateness = (uint64_t)(now - frame->due_ns);
  counters->delivered_frames++;
  counters->delivered_bytes += frame->length;
  counters->wire_bytes += frame->length + WIRE_OVERHEAD;
  if (frame->traffic == CUT_CONTROL) counters->control_bytes += frame->length + WIRE_OVERHEAD;
  counters->lateness_total_ns += lateness;
  if (lateness > counters->lateness_max_ns) counters->lateness_max_ns = lateness;
}

/* Writes the frames whose time has come; answers when the next one is due. */
static int64_t deliver_due(struct circuit *circuit, struct direction *way) {
  struct frame *frame;
  while ((frame = first_frame(way))) {
    int64_t now = now_ns();
    if (frame->due_ns > now) return frame->due_ns;
    deliver(circuit, way, frame, now);
    way->head += frame_space(frame->length);
    way->queued--;
  }
  return INT64_MAX;
}

/* ---- set-up ---- */

static int open_tap(char *place) {
  char *device = strchr(place, ':');
  char path[128];
  if (!device) fail("a circuit end is namespace:device");
  *device++ = 0;
  snprintf(path, sizeof path, "/run/netns/%s", place);
  int space = open(path, O_RDONLY | O_CLOEXEC), own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (space < 0 || own < 0 || setns(space, CLONE_NEWNET)) fail(path);
  int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  snprintf(request.ifr_name, IFNAMSIZ, "%s", device);
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request)) fail(device);
  if (setns(own, CLONE_NEWNET)) fail("return to own namespace");
  close(space);
  close(own);
  return tap;
}

static int parse_shape(const char *text, const char *format, struct shape *shape) {
  long long delay, jitter, buffer, rate, loss;
  if (sscanf(text, format, &delay, &jitter, &rate, &loss, &buffer) != 5) return 0;
  if (delay < 0 || jitter < 0 || jitter > delay || rate < 0 || loss < 0 || loss > 1000000000 || buffer < 0) return 0;
  *shape = (struct shape){delay * 1000, jitter * 1000, buffer * 1000, (uint64_t)rate, (uint32_t)loss};
  return 1;
}

static void add_circuit(char *text, uint32_t seed) {
  struct circuit *circuit = &circuits[circuit_count];
  char ends[2][64];
  int used = 0;
  if (circuit_count == CIRCUITS_MAX || sscanf(text, "%31[^,],%63[^,],%63[^,],%n", circuit->name, ends[0], ends[1], &used) != 3 ||
      !used || !parse_shape(text + used, "%lld,%lld,%lld,%lld,%lld", &circuit->shape)) {
    fprintf(stderr, "relay: bad circuit '%s'\n", text);
    exit(2);
  }
  int taps[2] = {open_tap(ends[0]), open_tap(ends[1])};
  for (int i = 0; i < 2; i++) {
    struct direction *way = &circuit->directions[i];
    way->from = taps[i];
    way->to = taps[1 - i];
    way->loss_state = seed + (uint32_t)(circuit_count * 4 + i * 2);
    way->jitter_state = way->loss_state + 1;
    way->ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (way->ring == MAP_FAILED) fail("ring");
  }
  circuit_count++;
}

static int listen_control(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    fail(path);
  }
  strcpy(address.sun_path, path);
  unlink(path);
  umask(077);
  int control = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (control < 0 || bind(control, (void *)&address, sizeof address) || listen(control, CLIENTS_MAX)) fail(path);
  return control;
}

/* ---- control ---- */

static struct circuit *find_circuit(const char *name) {
  for (int i = 0; i < circuit_count; i++)
    if (!strcmp(circuits[i].name, name)) return &circuits[i];
  return NULL;
}

static void print_direction(FILE *out, const char *name, const struct direction *way) {
  const struct counters *c = &way->counters;
  fprintf(out,
          "\"%s\":{\"offeredFrames\":%lu,\"offeredBytes\":%lu,\"deliveredFrames\":%lu,\"deliveredBytes\":%lu,\"wireBytes\":%lu,"
          "\"controlWireBytes\":%lu,\"lostFrames\":%lu,\"bufferDroppedFrames\":%lu,\"cutDroppedFrames\":%lu,"
          "\"writeFailedFrames\":%lu,\"queuedFrames\":%zu,\"latenessMeanSeconds\":%.9f,\"latenessMaxSeconds\":%.9f}",
          name, c->offered_frames, c->offered_bytes, c->delivered_frames, c->delivered_bytes, c->wire_bytes, c->control_bytes,
          c->lost, c->buffer_dropped, c->cut_dropped, c->write_failed, way->queued,
          c->delivered_frames ? (double)c->lateness_total_ns / 1e9 / (double)c->delivered_frames : 0.0,
          (double)c->lateness_max_ns / 1e9);
}

static void print_stats(FILE *out) {
  struct timespec cpu;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  fprintf(out, "{\"ok\":true,\"cpuSeconds\":%.6f,\"circuits\":{", (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
  for (int i = 0; i < circuit_count; i++) {
    struct circuit *circuit = &circuits[i];
    fprintf(out, "%s\"%s\":{\"cut\":{\"data\":%s,\"control\":%s},", i ? "," : "", circuit->name,
            circuit->cut & CUT_DATA ? "true" : "false", circuit->cut & CUT_CONTROL ? "true" : "false");
    print_direction(out, "forward", &circuit->directions[0]);
    fputc(',', out);
    print_direction(out, "backward", &circuit->directions[1]);
    fputc('}', out);
  }
  fputs("}}\n", out);
}

static int command_cut(char *name, char *what) {
  struct circuit *circuit = name ? find_circuit(name) : NULL;
  if (!circuit || !what) return 0;
  int cut = !strcmp(what, "all") ? CUT_DATA | CUT_CONTROL : !strcmp(what, "data") ? CUT_DATA : !strcmp(what, "control") ? CUT_CONTROL : 0;
  circuit->cut |= cut;
  return cut != 0;
}

static int command_set(char *name, const char *shape) {
  struct circuit *circuit = name ? find_circuit(name) : NULL;
  return circuit && shape && parse_shape(shape, "%lld %lld %lld %lld %lld", &circuit->shape);
}

static int add_control_port(const char *text) {
  int port = text ? atoi(text) : 0;
  if (port <= 0 || port > 65535) return 0;
  uint8_t wire[2] = {(uint8_t)(port >> 8), (uint8_t)port};
  if (is_control_port(wire)) return 1;
  if (control_port_count == CONTROL_PORTS_MAX) return 0;
  control_ports[control_port_count++] = (uint16_t)port;
  return 1;
}

static void answer(FILE *out, char *line) {
  char *rest = NULL, *verb = strtok_r(line, " ", &rest);
  int done = 0;
  if (verb && !strcmp(verb, "stats")) {
    print_stats(out);
    return;
  }
  if (verb && !strcmp(verb, "cut")) {
    char *name = strtok_r(NULL, " ", &rest);
    done = command_cut(name, strtok_r(NULL, " ", &rest));
  } else if (verb && !strcmp(verb, "heal")) {
    char *name = strtok_r(NULL, " ", &rest);
    struct circuit *circuit = name ? find_circuit(name) : NULL;
    if (circuit) circuit->cut = 0;
    done = circuit != NULL;
  } else if (verb && !strcmp(verb, "set")) {
    char *name = strtok_r(NULL, " ", &rest);
    done = command_set(name, rest);
  } else if (verb && !strcmp(verb, "control-port")) {
    done = add_control_port(strtok_r(NULL, " ", &rest));
  }
  fputs(done ? "{\"ok\":true}\n" : "{\"ok\":false,\"error\":\"unknown command, circuit or value\"}\n", out);
}

struct client {
  int socket;
  size_t filled;
  char line[LINE_MAX_BYTES];
};
static struct client clients[CLIENTS_MAX];
static int client_count;

static void reply_to(struct client *client, char *line) {
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  if (!out) return;
  answer(out, line);
  fclose(out);
  if (send(client->socket, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) shutdown(client->socket, SHUT_RDWR);
  free(text);
}

/* False when the client has gone or sends nonsense. */
static int serve_client(struct client *client) {
  ssize_t got = recv(client->socket, client->line + client->filled, sizeof client->line - 1 - client->filled, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return 0;
  client->filled += (size_t)got;
  client->line[client->filled] = 0;
  char *end;
  while ((end = strchr(client->line, '\n'))) {
    *end = 0;
    reply_to(client, client->line);
    client->filled -= (size_t)(end + 1 - client->line);
    memmove(client->line, end + 1, client->filled + 1);
  }
  return client->filled < sizeof client->line - 1;
}

static void serve_control(int control) {
  for (int i = 0; i < client_count; i++) {
    if (serve_client(&clients[i])) continue;
    close(clients[i].socket);
    clients[i--] = clients[--client_count];
  }
  if (client_count == CLIENTS_MAX) return;
  int socket = accept4(control, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket >= 0) clients[client_count++] = (struct client){.socket = socket};
}

/* ---- the loop ---- */

static void wait_for_input(int control, int64_t until_ns) {
  struct pollfd watched[1 + CLIENTS_MAX + 2 * CIRCUITS_MAX];
  nfds_t count = 0;
  watched[count++] = (struct pollfd){.fd = control, .events = POLLIN};
  for (int i = 0; i < client_count; i++) watched[count++] = (struct pollfd){.fd = clients[i].socket, .events = POLLIN};
  for (int i = 0; i < circuit_count; i++)
    for (int j = 0; j < 2; j++) watched[count++] = (struct pollfd){.fd = circuits[i].directions[j].from, .events = POLLIN};
  int64_t wait = until_ns == INT64_MAX ? 1000000000 : until_ns - now_ns();
  if (wait < 0) wait = 0;
  struct timespec timeout = {wait / 1000000000, wait % 1000000000};
  ppoll(watched, count, &timeout, NULL);
}

static void run(int control) {
  for (int rounds = 0; !stopping; rounds++) {
    int64_t next = INT64_MAX;
    int frames = 0;
    for (int i = 0; i < circuit_count; i++)
      for (int j = 0; j < 2; j++) {
        frames += read_frames(&circuits[i], &circuits[i].directions[j]);
        int64_t due = deliver_due(&circuits[i], &circuits[i].directions[j]);
        if (due < next) next = due;
      }
    int busy = frames > 0 || (next != INT64_MAX && next - now_ns() < TICK_NS);
    if (busy)
      nanosleep(&(struct timespec){0, TICK_NS}, NULL);
    else
      wait_for_input(control, next);
    if (!busy || rounds % CONTROL_ROUNDS == 0) serve_control(control);
  }
}

static void stop(int signal) {
  (void)signal;
  stopping = 1;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: relay CONTROL_SOCKET SEED CIRCUIT...\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  uint32_t seed = (uint32_t)strtoul(argv[2], NULL, 10);
  for (int i = 3; i < argc; i++) add_circuit(argv[i], seed);
  prctl(PR_SET_TIMERSLACK, 1000ul);
  struct sched_param priority = {.sched_priority = 10};
  if (sched_setscheduler(0, SCHED_RR, &priority)) fprintf(stderr, "relay: no real-time priority: %s\n", strerror(errno));
  int control = listen_control(argv[1]);
  printf("ready\n");
  fflush(stdout);
  run(control);
  unlink(argv[1]);
  return 0;
}
