/*
 * echo: what clients talk to.
 *
 *   echo PORT PATH_PORT
 *
 * TCP and UDP on PORT: every byte comes back. TCP on PATH_PORT: one line about how the connection's SYN came,
 * `ttl=62 from=192.0.2.129:40000 to=10.1.0.50:8`, then the end. The TTL tells by which way it came: each router on it
 * took one off.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16384, EVENTS_MAX = 64 };

struct connection {
  int socket;
  size_t start, end; /* of what is still to be sent back */
  char buffer[BUFFER_BYTES];
};

static int epoll;

static void watch(int socket, uint32_t events, void *data, int operation) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(epoll, operation, socket, &event)) perror("echo: epoll");
}

static int bound_socket(int type, uint16_t port) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
  int one = 1, socket_ = socket(AF_INET, type | SOCK_NONBLOCK, 0);
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (type == SOCK_STREAM) setsockopt(socket_, IPPROTO_TCP, TCP_SAVE_SYN, &one, sizeof one);
  if (bind(socket_, (void *)&any, sizeof any) || (type == SOCK_STREAM && listen(socket_, 128))) {
    perror("echo: bind");
    exit(1);
  }
  return socket_;
}

static void close_connection(struct connection *connection) {
  close(connection->socket);
  free(connection);
}

/* Sends back what is there and reads more; never reads while something is still to be sent. */
static void serve(struct connection *connection) {
  for (;;) {
    if (connection->start == connection->end) {
      ssize_t got = read(connection->socket, connection->buffer, BUFFER_BYTES);
      if (got < 0 && errno == EAGAIN) break;
      if (got <= 0) return close_connection(connection);
      connection->start = 0;
      connection->end = (size_t)got;
    }
    ssize_t sent = write(connection->socket, connection->buffer + connection->start, connection->end - connection->start);
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) return close_connection(connection);
    connection->start += (size_t)sent;
  }
  uint32_t events = connection->start == connection->end ? EPOLLIN : EPOLLOUT;
  watch(connection->socket, events, connection, EPOLL_CTL_MOD);
}

static void accept_echo(int listener) {
  int one = 1, socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (socket < 0) return;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  struct connection *connection = calloc(1, sizeof *connection);
  if (!connection) {
    close(socket);
    return;
  }
  connection->socket = socket;
  watch(socket, EPOLLIN, connection, EPOLL_CTL_ADD);
}

static void address_text(const struct sockaddr_in *address, char *text, size_t size) {
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
  snprintf(text, size, "%s:%d", host, ntohs(address->sin_port));
}

static void answer_path(int listener) {
  struct sockaddr_in from, to;
  socklen_t from_size = sizeof from, to_size = sizeof to;
  uint8_t syn[128];
  socklen_t syn_size = sizeof syn;
  char from_text[32], to_text[32], line[128];
  int socket = accept4(listener, (void *)&from, &from_size, SOCK_NONBLOCK);
  if (socket < 0) return;
  int saved = !getsockopt(socket, IPPROTO_TCP, TCP_SAVED_SYN, syn, &syn_size) && syn_size >= 20;
  if (!getsockname(socket, (void *)&to, &to_size)) {
    address_text(&from, from_text, sizeof from_text);
    address_text(&to, to_text, sizeof to_text);
    int length = snprintf(line, sizeof line, "ttl=%d from=%s to=%s\n", saved ? syn[8] : 0, from_text, to_text);
    if (write(socket, line, (size_t)length) < 0) perror("echo: path");
  }
  shutdown(socket, SHUT_WR);
  close(socket);
}

static void echo_datagram(int udp) {
  char datagram[2048];
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  ssize_t got = recvfrom(udp, datagram, sizeof datagram, 0, (void *)&from, &size);
  if (got >= 0) sendto(udp, datagram, (size_t)got, 0, (void *)&from, size);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: echo PORT PATH_PORT\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  int listener = bound_socket(SOCK_STREAM, (uint16_t)atoi(argv[1])), udp = bound_socket(SOCK_DGRAM, (uint16_t)atoi(argv[1]));
  int path = bound_socket(SOCK_STREAM, (uint16_t)atoi(argv[2]));
  epoll = epoll_create1(0);
  watch(listener, EPOLLIN, &listener, EPOLL_CTL_ADD);
  watch(udp, EPOLLIN, &udp, EPOLL_CTL_ADD);
  watch(path, EPOLLIN, &path, EPOLL_CTL_ADD);
  printf("ECHO ready\n");
  fflush(stdout);
  for (struct epoll_event events[EVENTS_MAX];;) {
    int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < count; i++) {
      void *data = events[i].data.ptr;
      if (data == &listener) accept_echo(listener);
      else if (data == &udp) echo_datagram(udp);
      else if (data == &path) answer_path(path);
      else serve(data);
    }
  }
}
