/*
 * A bad network between two TUN devices, for kernels without netem. Usage: impaired-link <device a> <device b> <seed>
 *
 * Both directions are impaired alike and independently: loss (alone or in bursts, after Gilbert 1960), a bottleneck with
 * a drop-tail queue, delay, jitter that keeps the order, and packets that are overtaken. Commands, one a line on the
 * standard input, each answered by one line:
 *   set <delay ms> <loss 0..1> <mean burst, packets> <rate bit/s, 0: unlimited> <queue ms> <jitter ms>
 *       <share overtaken 0..1> <by ms> <1: carries nothing> <1: carries no UDP>
 *   count      packets and bytes that came in and went out since the start, each direction, a to b first
 * It ends with its standard input.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define WAITING_MAX 16384
#define PACKET_MAX 2048
#define PROTOCOL_UDP 17

struct packet {
  int64_t due;
  int length;
  unsigned char bytes[PACKET_MAX];
};

/* Packets in the order of their due time. */
struct direction {
  struct packet *waiting[WAITING_MAX];
  int count;
  int64_t bottleneck_free;
  int64_t last_due;
  int in_burst;
  long packets_in, packets_out, bytes_in, bytes_out;
};

static struct direction directions[2];
static double delay_ms, loss, burst = 1, rate, queue_ms = 200, jitter_ms, overtaken, overtaken_ms;
static int carries_nothing, no_udp;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int open_device(const char *name) {
  int file = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (file < 0 || ioctl(file, TUNSETIFF, &request) < 0) {
    perror("/dev/net/tun");
    exit(1);
  }
  return file;
}

/* Gilbert's two states: in a burst everything is lost, and a burst lasts `burst` packets in the mean. */
static int is_lost(struct direction *way) {
  if (loss <= 0) return 0;
  if (burst <= 1) return drand48() < loss;
  if (way->in_burst) way->in_burst = drand48() >= 1 / burst;
  else way->in_burst = drand48() < loss / (burst * (1 - loss));
  return way->in_burst;
}

static int is_udp(const unsigned char *bytes, int length) {
  int version = length > 0 ? bytes[0] >> 4 : 0;
  return (version == 4 && length > 9 && bytes[9] == PROTOCOL_UDP) || (version == 6 && length > 6 && bytes[6] == PROTOCOL_UDP);
}

static void accept_packet(struct direction *way, const unsigned char *bytes, int length, int64_t time) {
  way->packets_in++;
  way->bytes_in += length;
  if (carries_nothing || (no_udp && is_udp(bytes, length)) || is_lost(way) || way->count == WAITING_MAX) return;
  int64_t due = time;
  if (rate > 0) {
    if (way->bottleneck_free > due) due = way->bottleneck_free;
    if (due - time > queue_ms * 1e6) return;
    due += (int64_t)(length * 8 / rate * 1e9);
    way->bottleneck_free = due;
  }
  due += (int64_t)(delay_ms * 1e6 + drand48() * jitter_ms * 1e6);
  if (due < way->last_due) due = way->last_due;
  if (drand48() < overtaken) due += (int64_t)(overtaken_ms * 1e6);
  else way->last_due = due;
  struct packet *packet = malloc(sizeof *packet);
  packet->due = due;
  packet->length = length;
  memcpy(packet->bytes, bytes, length);
  int place = way->count++;
  for (; place > 0 && way->waiting[place - 1]->due > due; place--) way->waiting[place] = way->waiting[place - 1];
  way->waiting[place] = packet;
}

/* The time of the next packet, or `latest`. */
static int64_t release_due(struct direction *way, int file, int64_t time, int64_t latest) {
  int done = 0;
  for (; done < way->count && way->waiting[done]->due <= time; done++) {
    struct packet *packet = way->waiting[done];
    if (!carries_nothing && write(file, packet->bytes, packet->length) == packet->length) {
      way->packets_out++;
      way->bytes_out += packet->length;
    }
    free(packet);
  }
  way->count -= done;
  memmove(way->waiting, way->waiting + done, way->count * sizeof *way->waiting);
  return way->count > 0 && way->waiting[0]->due < latest ? way->waiting[0]->due : latest;
}

static void obey(const char *line) {
  if (sscanf(line, "set %lf %lf %lf %lf %lf %lf %lf %lf %d %d", &delay_ms, &loss, &burst, &rate, &queue_ms, &jitter_ms,
             &overtaken, &overtaken_ms, &carries_nothing, &no_udp) == 10) {
    printf("set\n");
  } else if (strncmp(line, "count", 5) == 0) {
    for (int i = 0; i < 2; i++) {
      struct direction *way = &directions[i];
      printf("%s%ld %ld %ld %ld", i > 0 ? " " : "", way->packets_in, way->packets_out, way->bytes_in, way->bytes_out);
    }
    printf("\n");
  } else {
    printf("unknown\n");
  }
  fflush(stdout);
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  int files[2] = {open_device(arguments[1]), open_device(arguments[2])};
  srand48(atol(arguments[3]));
  char line[256];
  int filled = 0;
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int64_t time = now();
    int64_t next = time + 100000000LL;
    for (int i = 0; i < 2; i++) next = release_due(&directions[i], files[!i], time, next);
    struct pollfd polled[3] = {{files[0], POLLIN, 0}, {files[1], POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    int64_t wait = next - now();
    if (wait < 0) wait = 0;
    struct timespec timeout = {wait / 1000000000LL, wait % 1000000000LL};
    ppoll(polled, 3, &timeout, NULL);
    for (int i = 0; i < 2; i++) {
      unsigned char bytes[PACKET_MAX];
      int length;
      for (int k = 0; (polled[i].revents & POLLIN) && k < 64 && (length = read(files[i], bytes, sizeof bytes)) > 0; k++)
        accept_packet(&directions[i], bytes, length, now());
    }
    if (polled[2].revents) {
      int got = read(STDIN_FILENO, line + filled, sizeof line - 1 - filled);
      if (got <= 0) return 0;
      filled += got;
      line[filled] = 0;
      for (char *end; (end = strchr(line, '\n')); filled = strlen(line)) {
        *end = 0;
        obey(line);
        memmove(line, end + 1, strlen(end + 1) + 1);
      }
    }
  }
}
