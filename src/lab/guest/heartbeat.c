/*
 * heartbeat: a counter that shows that the guest lives and was never restarted.
 *
 *   heartbeat INTERVAL_MS [ADDRESS PORT UDP_INTERVAL_MS]
 *
 * Prints `TICK n` on standard output (the serial line) every interval; sends its own count as text in one UDP datagram
 * every UDP interval to the address, when one is given.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(int64_t milliseconds) {
  nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

int main(int argc, char **argv) {
  int64_t interval = argc > 1 ? atoll(argv[1]) : 0, udp_interval = argc == 5 ? atoll(argv[4]) : 0;
  if ((argc != 2 && argc != 5) || interval <= 0 || (argc == 5 && udp_interval <= 0)) {
    fprintf(stderr, "usage: heartbeat INTERVAL_MS [ADDRESS PORT UDP_INTERVAL_MS]\n");
    return 2;
  }
  setpriority(PRIO_PROCESS, 0, 10); /* what serves goes before it */
  struct sockaddr_in target = {.sin_family = AF_INET};
  int udp = -1;
  if (udp_interval) {
    target.sin_port = htons((uint16_t)atoi(argv[3]));
    if (inet_pton(AF_INET, argv[2], &target.sin_addr) != 1) return 2;
    udp = socket(AF_INET, SOCK_DGRAM, 0);
  }
  int64_t start = now_ms(), ticks = 0, beats = 0;
  for (;;) {
    int64_t elapsed = now_ms() - start;
    while (ticks * interval <= elapsed) printf("TICK %lld\n", (long long)++ticks);
    fflush(stdout);
    for (char text[32]; udp >= 0 && beats * udp_interval <= elapsed;) {
      snprintf(text, sizeof text, "%lld\n", (long long)++beats);
      sendto(udp, text, strlen(text), MSG_DONTWAIT, (void *)&target, sizeof target);
    }
    int64_t next = ticks * interval, next_beat = beats * udp_interval;
    if (udp >= 0 && next_beat < next) next = next_beat;
    elapsed = now_ms() - start;
    if (next > elapsed) sleep_ms(next - elapsed);
  }
}
