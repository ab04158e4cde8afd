/*
 * newcomers: clients that come new, one after the other, and say by which way they came.
 *
 *   newcomers NAME PORT INTERVAL_MS SERVER...
 *
 * Every interval it asks the next of the name servers (authoritative, port 53) for NAME's address, connects to PORT
 * there, where the guest's echo.c tells how the SYN came, and prints one line of JSON: when, which server, the address it
 * said, the times of lookup and handshake, and the TTL of the SYN at the guest. Runs until SIGTERM or SIGINT.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LOOKUP_SECONDS = 2, CONNECT_SECONDS = 3, MESSAGE_MAX = 512, TYPE_A = 1 };

static volatile sig_atomic_t ending;

static double clock_seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void limit_time(int socket, int seconds) {
  struct timeval limit = {seconds, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/* A question for the A records of a name (RFC 1035 §4.1); its length, or 0 when the name does not fit. */
static size_t write_question(uint8_t *message, uint16_t id, const char *name) {
  static const uint8_t header[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  size_t length = sizeof header;
  memcpy(message, header, length);
  message[0] = (uint8_t)(id >> 8);
  message[1] = (uint8_t)id;
  while (*name) {
    size_t label = strcspn(name, ".");
    if (label == 0 || label > 63 || length + label + 6 > MESSAGE_MAX) return 0;
    message[length++] = (uint8_t)label;
    memcpy(message + length, name, label);
    length += label;
    name += label + (name[label] == '.');
  }
  memcpy(message + length, (uint8_t[]){0, 0, TYPE_A, 0, 1}, 5);
  return length + 5;
}

static size_t skip_name(const uint8_t *message, size_t at, size_t length) {
  while (at < length && message[at] && (message[at] & 0xc0) != 0xc0) at += 1u + message[at];
  return at + (at < length && message[at] ? 2 : 1);
}

/* The first A record of an answer. */
static int read_answer(const uint8_t *message, size_t length, uint16_t id, struct in_addr *address) {
  if (length < 12 || message[0] != id >> 8 || message[1] != (id & 255) || message[3] & 15) return 0;
  int answers = message[6] << 8 | message[7];
  size_t at = skip_name(message, 12, length) + 4;
  for (; answers--; ) {
    at = skip_name(message, at, length);
    if (at + 10 > length) return 0;
    size_t size = (size_t)(message[at + 8] << 8 | message[at + 9]);
    if (at + 10 + size > length) return 0;
    if (message[at] == 0 && message[at + 1] == TYPE_A && size == 4) return memcpy(address, message + at + 10, 4) != NULL;
    at += 10 + size;
  }
  return 0;
}

static const char *look_up(const char *name, const char *server, struct in_addr *address) {
  static uint16_t id;
  uint8_t message[MESSAGE_MAX];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
  size_t length = write_question(message, ++id, name);
  if (!length || inet_pton(AF_INET, server, &to.sin_addr) != 1) return "bad name or server";
  int udp = socket(AF_INET, SOCK_DGRAM, 0);
  limit_time(udp, LOOKUP_SECONDS);
  ssize_t got = sendto(udp, message, length, 0, (void *)&to, sizeof to) < 0 ? -1 : recv(udp, message, sizeof message, 0);
  close(udp);
  if (got < 0) return "the name server does not answer";
  return read_answer(message, (size_t)got, id, address) ? NULL : "the name server knows no address";
}

/* Connects and reads the guest's line; NULL when it came. */
static const char *ask_path(struct in_addr address, uint16_t port, double *handshake, char *line, size_t size) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
  int tcp = socket(AF_INET, SOCK_STREAM, 0);
  size_t filled = 0;
  limit_time(tcp, CONNECT_SECONDS);
  double before = clock_seconds(CLOCK_MONOTONIC);
  int failed = connect(tcp, (void *)&to, sizeof to) ? errno : 0;
  *handshake = clock_seconds(CLOCK_MONOTONIC) - before;
  for (ssize_t got; !failed && filled < size - 1 && (got = recv(tcp, line + filled, size - 1 - filled, 0)) > 0;) filled += (size_t)got;
  close(tcp);
  line[filled] = 0;
  if (failed) return failed == EINPROGRESS || failed == EAGAIN ? "no connection in time" : strerror(failed);
  return strncmp(line, "ttl=", 4) ? "no answer on the connection" : NULL;
}

static void come(const char *name, uint16_t port, const char *server) {
  struct in_addr address = {0};
  double at = clock_seconds(CLOCK_REALTIME), before = clock_seconds(CLOCK_MONOTONIC), handshake = 0;
  char line[256] = "";
  const char *error = look_up(name, server, &address);
  double lookup = clock_seconds(CLOCK_MONOTONIC) - before;
  int resolved = !error;
  if (resolved) error = ask_path(address, port, &handshake, line, sizeof line);
  if (error && ending) return; /* interrupted by the end, not turned away */
  printf("{\"atSeconds\":%.6f,\"server\":\"%s\",\"address\":", at, server);
  printf(resolved ? "\"%s\"" : "null", inet_ntoa(address));
  printf(",\"lookupSeconds\":%.6f,\"connectSeconds\":%.6f,\"ttl\":%d,\"error\":", lookup, handshake, error ? 0 : atoi(line + 4));
  printf(error ? "\"%s\"}\n" : "null}\n", error);
  fflush(stdout);
}

static void on_signal(int signal) {
  (void)signal;
  ending = 1;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: newcomers NAME PORT INTERVAL_MS SERVER...\n");
    return 2;
  }
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  int64_t interval = atoll(argv[3]);
  int servers = argc - 4;
  for (int turn = 0; !ending; turn++) {
    double next = clock_seconds(CLOCK_MONOTONIC) + (double)interval / 1e3;
    come(argv[1], (uint16_t)atoi(argv[2]), argv[4 + turn % servers]);
    double left = next - clock_seconds(CLOCK_MONOTONIC);
    if (left > 0 && !ending) nanosleep(&(struct timespec){(time_t)left, (long)((left - (double)(time_t)left) * 1e9)}, NULL);
  }
  return 0;
}
