/*
 * session: a TCP session that notices everything that happens to it. It runs in client namespaces and in the guest.
 *
 *   session connect ADDRESS PORT    sends a record of 64 bytes every 5 ms without waiting, and reads the echoes
 *   session reconnect ADDRESS PORT  the same again and again, a second after it ended or was refused, until it is told to end
 *   session idle ADDRESS PORT       one record, then silence until SIGUSR1, then one record more
 *   session listen PORT             echoes what others' `session connect` sends, and measures its arrival
 *
 * A gap is the time between two arrivals: its length and when it began (Unix time, so that it can be laid beside the
 * pause of the guest). On SIGTERM or SIGINT the session stops sending, waits for what is under way, and prints one line
 * of JSON for each session on standard output; a session that breaks prints its line at once. Records are numbered and
 * filled from their number, so that loss, repetition and damage show. `listen` ends its sessions by closing its half:
 * the other end then sends a farewell with what it had sent and got back.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  RECORD_BYTES = 64,
  SESSIONS_MAX = 16,
  GAPS_MAX = 16384,
  INTERVAL_NS = 5000000,
  GRACE_SECONDS = 10, /* for what is under way at the end: more than the retransmissions of a pause of 3 s need */
  CONNECT_SECONDS = 15,
  RECONNECT_SECONDS = 1,
};
static const double GAP_MIN_SECONDS = 0.025; /* shorter ones are this machine's scheduling */
static const uint64_t FAREWELL = UINT64_MAX;

struct record {
  uint64_t number; /* FAREWELL: `sent_ns` is the records sent, `filling[0]` the records that came back */
  uint64_t sent_ns;
  uint64_t filling[6];
};

struct gap {
  double at_seconds, seconds;
};

struct session {
  const char *mode;
  int socket;
  char peer[32];
  int connected, reset, damaged, finished;
  char error[64];
  uint64_t sent, received; /* whole records */
  struct record out, in;
  size_t out_left, in_filled; /* bytes */
  struct record farewell;
  double started_at, connect_seconds, last_arrival, round_trip_min, round_trip_max, round_trip_total, idle_answer;
  uint64_t round_trips;
  struct gap longest;
  int gap_count, gaps_left_out;
  struct gap gaps[GAPS_MAX]; /* last: a new attempt does not write to all of it */
};

static struct session sessions[SESSIONS_MAX];
static int session_count;
static volatile sig_atomic_t ending, use_now;

static double clock_seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t monotonic_ns(void) { return (uint64_t)(clock_seconds(CLOCK_MONOTONIC) * 1e9); }

static void fill(struct record *record, uint64_t number) {
  record->number = number;
  record->sent_ns = monotonic_ns();
  for (int i = 0; i < 6; i++) record->filling[i] = (number + 1) * 0x9e3779b97f4a7c15ull + (uint64_t)i;
}

static int is_damaged(const struct record *record, uint64_t number) {
  struct record expected;
  fill(&expected, number);
  return record->number != number || memcmp(record->filling, expected.filling, sizeof expected.filling) != 0;
}

/* ---- what is measured ---- */

static void note_gap(struct session *session, double seconds, double now) {
  struct gap gap = {clock_seconds(CLOCK_REALTIME) - (clock_seconds(CLOCK_MONOTONIC) - now) - seconds, seconds};
  if (seconds > session->longest.seconds) session->longest = gap;
  if (seconds < GAP_MIN_SECONDS) return;
  if (session->gap_count < GAPS_MAX)
    session->gaps[session->gap_count++] = gap;
  else
    session->gaps_left_out++;
}

static void note_arrival(struct session *session) {
  double now = clock_seconds(CLOCK_MONOTONIC);
  if (session->last_arrival > 0) note_gap(session, now - session->last_arrival, now);
  session->last_arrival = now;
}

static void note_round_trip(struct session *session, uint64_t sent_ns) {
  double seconds = (double)(monotonic_ns() - sent_ns) / 1e9;
  if (!session->round_trips || seconds < session->round_trip_min) session->round_trip_min = seconds;
  if (seconds > session->round_trip_max) session->round_trip_max = seconds;
  session->round_trip_total += seconds;
  session->round_trips++;
}

static void take_record(struct session *session) {
  struct record *record = &session->in;
  if (record->number == FAREWELL) {
    session->farewell = *record;
    return;
  }
  session->damaged |= is_damaged(record, session->received);
  session->received++;
  if (session->mode[0] == 'c' || session->mode[0] == 'i') note_round_trip(session, record->sent_ns);
  if (session->mode[0] != 'i') note_arrival(session);
}

static void print_session(const struct session *s) {
  int listens = s->mode[0] == 'l', known = !listens || s->farewell.number == FAREWELL;
  uint64_t sent = listens ? s->farewell.sent_ns : s->sent;
  printf("{\"mode\":\"%s\",\"peer\":\"%s\",\"connected\":%s,\"connectSeconds\":%.6f,\"startedAtSeconds\":%.6f,"
         "\"endedAtSeconds\":%.6f,\"arrivedBytes\":%lu,\"damaged\":%s,\"reset\":%s,",
         s->mode, s->peer, s->connected ? "true" : "false", s->connect_seconds, s->started_at, clock_seconds(CLOCK_REALTIME),
         s->received * RECORD_BYTES, s->damaged ? "true" : "false", s->reset ? "true" : "false");
  if (known)
    printf("\"sentBytes\":%lu,\"lostBytes\":%ld,", sent * RECORD_BYTES, ((long)sent - (long)s->received) * RECORD_BYTES);
  else
    printf("\"sentBytes\":null,\"lostBytes\":null,"); /* no farewell: what the other end had sent is not known */
  printf(s->error[0] ? "\"error\":\"%s\"," : "\"error\":null,", s->error);
  if (listens && known) printf("\"echoedBytes\":%lu,", s->farewell.filling[0] * RECORD_BYTES);
  if (s->idle_answer > 0) printf("\"idleAnswerSeconds\":%.6f,", s->idle_answer);
  if (s->round_trips)
    printf("\"roundTripSeconds\":{\"min\":%.6f,\"mean\":%.6f,\"max\":%.6f},", s->round_trip_min,
           s->round_trip_total / (double)s->round_trips, s->round_trip_max);
  printf("\"longestGap\":{\"atSeconds\":%.6f,\"seconds\":%.6f},\"gapsLeftOut\":%d,\"gaps\":[", s->longest.at_seconds,
         s->longest.seconds, s->gaps_left_out);
  for (int i = 0; i < s->gap_count; i++)
    printf("%s{\"atSeconds\":%.6f,\"seconds\":%.6f}", i ? "," : "", s->gaps[i].at_seconds, s->gaps[i].seconds);
  printf("]}\n");
  fflush(stdout);
}

/* ---- the stream ---- */

static void break_session(struct session *session, int error) {
  session->reset |= error == ECONNRESET || error == EPIPE;
  snprintf(session->error, sizeof session->error, "%s", strerror(error));
  session->finished = 1;
}

/* Sends the rest of the record in `out`; true when nothing of it is left. */
static int flush_out(struct session *session) {
  while (session->out_left) {
    ssize_t done = send(session->socket, (char *)&session->out + RECORD_BYTES - session->out_left, session->out_left, MSG_NOSIGNAL);
    if (done < 0 && errno == EAGAIN) return 0;
    if (done < 0) {
      break_session(session, errno);
      return 0;
    }
    session->out_left -= (size_t)done;
  }
  return 1;
}

/* False when the record before has not left yet; the next one is then sent when it has. */
static int send_record(struct session *session, const struct record *record) {
  if (!flush_out(session)) return 0;
  session->out = *record;
  session->out_left = RECORD_BYTES;
  flush_out(session);
  return 1;
}

static int send_next(struct session *session) {
  struct record record;
  fill(&record, session->sent);
  if (!send_record(session, &record)) return 0;
  session->sent++;
  return 1;
}

static void say_farewell(struct session *session) {
  struct record record = {.number = FAREWELL, .sent_ns = session->sent, .filling = {session->received}};
  if (send_record(session, &record)) shutdown(session->socket, SHUT_WR);
  session->finished = 1;
}

static void receive(struct session *session) {
  int listens = session->mode[0] == 'l';
  for (;;) {
    if (listens && !flush_out(session)) return; /* an echo still waits: let TCP hold the sender back */
    ssize_t got = recv(session->socket, (char *)&session->in + session->in_filled, RECORD_BYTES - session->in_filled, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) return break_session(session, errno);
    if (got == 0) {
      if (!listens && !ending) say_farewell(session);
      session->finished = 1;
      return;
    }
    session->in_filled += (size_t)got;
    if (session->in_filled < RECORD_BYTES) continue;
    session->in_filled = 0;
    take_record(session);
    if (listens && session->in.number != FAREWELL && !ending) send_record(session, &session->in);
  }
}

static void prepare(struct session *session) {
  int one = 1;
  setsockopt(session->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(session->socket, F_SETFL, O_NONBLOCK);
  session->connected = 1;
  session->started_at = clock_seconds(CLOCK_REALTIME);
  printf("{\"mode\":\"%s\",\"peer\":\"%s\",\"ready\":true}\n", session->mode, session->peer);
  fflush(stdout);
}

/* ---- modes ---- */

static void open_session(struct session *session, const char *address, const char *port) {
  struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  struct timeval limit = {CONNECT_SECONDS, 0};
  snprintf(session->peer, sizeof session->peer, "%s:%s", address, port);
  session->socket = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(session->socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  double before = clock_seconds(CLOCK_MONOTONIC);
  int failed = inet_pton(AF_INET, address, &target.sin_addr) != 1 ? EINVAL
               : connect(session->socket, (void *)&target, sizeof target) ? errno : 0;
  session->connect_seconds = clock_seconds(CLOCK_MONOTONIC) - before;
  if (failed) {
    break_session(session, failed == EINPROGRESS ? ETIMEDOUT : failed);
    close(session->socket);
    return;
  }
  prepare(session);
}

static void wait_for(struct session *session, int64_t until_ns) {
  int64_t wait = until_ns - (int64_t)monotonic_ns();
  if (wait < 0) wait = 0;
  struct timespec timeout = {wait / 1000000000, wait % 1000000000};
  struct pollfd watched = {.fd = session->socket, .events = (short)(POLLIN | (session->out_left ? POLLOUT : 0))};
  if (ppoll(&watched, 1, &timeout, NULL) > 0) {
    flush_out(session);
    receive(session);
  }
}

static void drain(struct session *session) {
  int64_t deadline = (int64_t)monotonic_ns() + (int64_t)GRACE_SECONDS * 1000000000;
  while (!session->finished && session->received < session->sent && (int64_t)monotonic_ns() < deadline)
    wait_for(session, deadline);
}

static void run_connect(struct session *session) {
  int64_t next = (int64_t)monotonic_ns();
  while (!ending && !session->finished) {
    for (; next <= (int64_t)monotonic_ns() && !session->finished && send_next(session); next += INTERVAL_NS) continue;
    wait_for(session, session->out_left ? next + INTERVAL_NS : next);
  }
  drain(session);
}

static void run_idle(struct session *session) {
  send_next(session);
  drain(session);
  while (!ending && !session->finished && !use_now) wait_for(session, (int64_t)monotonic_ns() + 200000000);
  if (!use_now || session->finished) return;
  double before = clock_seconds(CLOCK_MONOTONIC);
  send_next(session);
  drain(session);
  if (session->received == session->sent) session->idle_answer = clock_seconds(CLOCK_MONOTONIC) - before;
}

static void accept_session(int listener) {
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  int socket = accept(listener, (void *)&from, &size);
  if (socket < 0) return;
  if (session_count == SESSIONS_MAX) {
    close(socket);
    return;
  }
  struct session *session = &sessions[session_count++];
  *session = (struct session){.mode = "listen", .socket = socket};
  snprintf(session->peer, sizeof session->peer, "%s:%d", inet_ntoa(from.sin_addr), ntohs(from.sin_port));
  prepare(session);
}

static void serve_sessions(int listener, int timeout_ms) {
  struct pollfd watched[SESSIONS_MAX + 1] = {{.fd = listener, .events = POLLIN}};
  for (int i = 0; i < session_count; i++)
    watched[i + 1] = (struct pollfd){.fd = sessions[i].finished ? -1 : sessions[i].socket,
                                     .events = (short)(sessions[i].out_left ? POLLOUT : POLLIN)};
  int count = session_count;
  if (poll(watched, (nfds_t)count + 1, timeout_ms) <= 0) return;
  for (int i = 0; i < count; i++) {
    if (!watched[i + 1].revents || sessions[i].finished) continue;
    receive(&sessions[i]);
    if (sessions[i].finished) print_session(&sessions[i]);
  }
  if (watched[0].revents) accept_session(listener);
}

static int has_open_sessions(void) {
  for (int i = 0; i < session_count; i++)
    if (!sessions[i].finished) return 1;
  return 0;
}

static int run_listen(const char *port) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (void *)&any, sizeof any) || listen(listener, SESSIONS_MAX)) {
    perror("session: listen");
    return 1;
  }
  while (!ending) serve_sessions(listener, 200);
  for (int i = 0; i < session_count; i++)
    if (!sessions[i].finished) shutdown(sessions[i].socket, SHUT_WR);
  double deadline = clock_seconds(CLOCK_MONOTONIC) + GRACE_SECONDS;
  while (has_open_sessions() && clock_seconds(CLOCK_MONOTONIC) < deadline) serve_sessions(listener, 200);
  for (int i = 0; i < session_count; i++)
    if (!sessions[i].finished) print_session(&sessions[i]);
  return 0;
}

static void on_signal(int signal) {
  if (signal == SIGUSR1)
    use_now = 1;
  else
    ending = 1;
}

/* In one process: a guest without accelerator that starts programs answers nobody meanwhile. */
static int reconnect(const char *address, const char *port) {
  while (!ending) {
    struct session *session = &sessions[0];
    memset(session, 0, offsetof(struct session, gaps));
    session->mode = "connect";
    open_session(session, address, port);
    if (session->connected) {
      run_connect(session);
      print_session(session);
      close(session->socket);
    }
    if (!ending) sleep(RECONNECT_SECONDS);
  }
  return 0;
}

static int run_once(const char *mode, const char *address, const char *port) {
  struct session *session = &sessions[session_count++];
  session->mode = mode;
  open_session(session, address, port);
  if (session->connected) (mode[0] == 'i' ? run_idle : run_connect)(session);
  print_session(session);
  return session->error[0] ? 1 : 0;
}

int main(int argc, char **argv) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  const char *mode = argc > 1 ? argv[1] : "";
  if (argc == 3 && !strcmp(mode, "listen")) return run_listen(argv[2]);
  if (argc == 4 && !strcmp(mode, "reconnect")) return reconnect(argv[2], argv[3]);
  if (argc == 4 && (!strcmp(mode, "connect") || !strcmp(mode, "idle"))) return run_once(mode, argv[2], argv[3]);
  fprintf(stderr, "usage: session connect|reconnect|idle ADDRESS PORT | session listen PORT\n");
  return 2;
}
