/* The bench's load generator: thousands of WebSocket clients on one epoll loop, frames without JSON.
 *
 *   load PLAN OUT
 *
 * PLAN holds lines "name value"; each "hello TEXT" is one client and its first message. In raw mode,
 * for servers that only push, it is a binary one (with the byte 1 for each CR LF), or none for "-". Clients open `joins` a second; once all have their
 * snapshot, vote i leaves at t0 + i / rate, whatever came back before (an open loop), by client
 * order[i % clients], each person once per question. It ends once every vote is answered and shown to all,
 * or `grace` seconds after the last answer. OUT gets one struct vote for each vote, OUT.joins
 * one double for each client. Times are seconds of CLOCK_MONOTONIC. The last line printed is JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTING, UPGRADING, GREETING, IN, GONE };
enum { BUFFER = 32 << 20, TO = 48, CODES = 32 };

struct vote { double intended, sent, acked, seen; int32_t client, question, votes, refused; };
struct client { int fd, state, told; char *hello, *rest; size_t have, room; double intended, in; };
struct told { char to[TO]; double first, last; int reached; };  /* one delta, over all clients */
struct tally { int told, votes; };
struct question { struct tally *list; int count, room; };

static char host[64], path[512], head[2048], hostname[256], origin[256];
static int port, raw, rate, warm, seconds, joins, questions, settle = 1, grace = 5;
static struct client *clients;
static int count, in, gone, failed, poll_fd, *order;
static struct vote *votes;
static long planned, sent, acked, refusals;
static struct told *tolds;
static int told_count, told_room;
static struct question *asked;
static char buffer[BUFFER], codes[CODES][32];
static long code_counts[CODES], frames, frame_bytes, late_frames;
static double t0, window_from, window_to, join_from, join_to;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *why) { fprintf(stderr, "load: %s: %s\n", why, strerror(errno)); exit(1); }

static void *grown(void *list, int *room, size_t size) {
  *room = *room ? *room * 2 : 64;
  if (!(list = realloc(list, *room * size))) die("memory");
  return list;
}

static void read_plan(const char *name) {
  FILE *file = fopen(name, "r");
  char *line = NULL;
  size_t size = 0;
  int room = 0;
  if (!file) die(name);
  while (getline(&line, &size, file) > 0) {
    line[strcspn(line, "\n")] = 0;
    char *value = strchr(line, ' ');
    if (!value) continue;
    *value++ = 0;
    struct { const char *name; int *at; } numbers[] = {
      {"port", &port}, {"raw", &raw}, {"rate", &rate}, {"warm", &warm}, {"seconds", &seconds},
      {"joins", &joins}, {"questions", &questions}, {"settle", &settle}, {"grace", &grace}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
      if (!strcmp(line, numbers[i].name)) *numbers[i].at = atoi(value);
    struct { const char *name; char *at; size_t size; } words[] = {
      {"host", host, sizeof host}, {"path", path, sizeof path},
      {"hosthdr", hostname, sizeof hostname}, {"origin", origin, sizeof origin}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
      if (!strcmp(line, words[i].name)) snprintf(words[i].at, words[i].size, "%s", value);
    if (!strcmp(line, "hello")) {
      if (count == room) clients = grown(clients, &room, sizeof *clients);
      char *hello = malloc(2 * strlen(value) + 1), *to = hello;
      if (!hello) die("memory");
      for (char *from = value; *from; from++)
        if (*from == 1) { *to++ = '\r'; *to++ = '\n'; } else *to++ = *from;
      *to = 0;
      clients[count++] = (struct client){.fd = -1, .told = -1, .hello = hello};
    }
  }
  fclose(file);
  free(line);
}

/* A masked client frame with the key 0: the payload stays as it is. */
static void send_frame(struct client *c, int opcode, const char *payload, size_t size) {
  static char frame[1 << 16];
  size_t at = 2;
  frame[0] = 0x80 | opcode;
  if (size < 126) frame[1] = 0x80 | size;
  else { frame[1] = (char)(0x80 | 126); frame[2] = size >> 8; frame[3] = size; at = 4; }
  memset(frame + at, 0, 4);
  memcpy(frame + at + 4, payload, size);
  if (send(c->fd, frame, at + 4 + size, MSG_NOSIGNAL) != (ssize_t)(at + 4 + size)) failed++;
}

static void drop(struct client *c) {
  if (c->state == GONE) return;
  if (c->state == IN) in--;
  c->state = GONE;
  gone++;
  close(c->fd);
}

static long field(const char *text, size_t size, const char *name) {
  const char *found = memmem(text, size, name, strlen(name));
  return found ? strtol(found + strlen(name), NULL, 10) : -1;
}

static void tally_all(const char *text, size_t size, int told) {
  const char *at = memmem(text, size, "\"tallies\":[", 11);
  if (!at) return;
  for (at += 11; *at == '[';) {
    char *next;
    long n = strtol(at + 1, &next, 10), tally = strtol(next + 1, &next, 10);
    struct question *q = n >= 1 && n <= questions ? &asked[n - 1] : NULL;
    /* A total that comes after a higher one shows nothing that was not shown before. */
    if (q && (!q->count || q->list[q->count - 1].votes < tally)) {
      if (q->count == q->room) q->list = grown(q->list, &q->room, sizeof *q->list);
      q->list[q->count++] = (struct tally){told, (int)tally};
    }
    at = next + 1;
    if (*at == ',') at++;
  }
}

/* Which delta this is: usually the newest known; its numbers are read once, by the first client. */
static void delta(struct client *c, const char *text, size_t size, double t) {
  const char *to = memmem(text, size < 256 ? size : 256, "\"to\":\"", 6);
  if (!to) return;
  size_t length = strcspn(to += 6, "\"");
  if (length >= TO) return;
  int at = told_count - 1;
  while (at > c->told && (strncmp(tolds[at].to, to, length) || tolds[at].to[length])) at--;
  if (at <= c->told) {
    if (told_count == told_room) tolds = grown(tolds, &told_room, sizeof *tolds);
    at = told_count++;
    tolds[at] = (struct told){.first = t};
    memcpy(tolds[at].to, to, length);
    tally_all(text, size, at);
  }
  for (int i = c->told + 1; i <= at; i++) { tolds[i].reached++; tolds[i].last = t; }
  c->told = at;
}

static void refused(const char *text, size_t size, long r) {
  const char *code = memmem(text, size, "\"code\":\"", 8);
  int i = 0, length = code ? (int)strcspn(code += 8, "\"") : 0;
  if (length > 31) length = 31;
  while (i < CODES - 1 && codes[i][0] && (strncmp(codes[i], code, length) || codes[i][length])) i++;
  memcpy(codes[i], code ? code : "none", code ? length : 4);
  code_counts[i]++;
  refusals++;
  if (r >= 0 && r < planned) votes[r].refused = i + 1;
}

static void text_frame(struct client *c, const char *text, size_t size, double t) {
  if (raw) return;
  if (size > 10 && !memcmp(text, "{\"t\":\"ack\"", 10)) {
    long r = field(text, size, "\"r\":");
    if (r < 0 || r >= planned) return;
    votes[r].acked = t;
    votes[r].votes = field(text, size, "\"votes\":");
    acked++;
  } else if (size > 12 && !memcmp(text, "{\"t\":\"delta\"", 12)) {
    delta(c, text, size, t);
  } else if (size > 15 && !memcmp(text, "{\"t\":\"snapshot\"", 15)) {
    if (c->state == GREETING) { c->state = IN; c->in = t; in++; }
    if (t0 && c->told < told_count - 1) c->told = told_count - 1, late_frames++;
  } else if (size > 14 && !memcmp(text, "{\"t\":\"refused\"", 14)) {
    refused(text, size, field(text, size, "\"r\":"));
  }
}

static size_t consume(struct client *c, char *data, size_t size, double t) {
  size_t at = 0;
  while (c->state != GONE) {
    if (size - at < 2) break;
    size_t length = data[at + 1] & 127, start = at + 2;
    if (length == 126) {
      if (size - at < 4) break;
      length = (size_t)(uint8_t)data[at + 2] << 8 | (uint8_t)data[at + 3];
      start = at + 4;
    } else if (length == 127) {
      if (size - at < 10) break;
      for (int i = length = 0; i < 8; i++) length = length << 8 | (uint8_t)data[at + 2 + i];
      start = at + 10;
    }
    if (size - start < length || size < start) break;
    int opcode = data[at] & 15;
    if (opcode == 1 || opcode == 2) {
      if (t >= window_from && t < window_to) { frames++; frame_bytes += start - at + length; }
      text_frame(c, data + start, length, t);
    } else if (opcode == 9) send_frame(c, 10, data + start, length);
    else if (opcode == 8) drop(c);
    at = start + length;
  }
  return at;
}

static void upgraded(struct client *c, double t) {
  c->state = GREETING;
  if (raw) {
    c->state = IN; c->in = t; in++;
    if (strcmp(c->hello, "-")) send_frame(c, 2, c->hello, strlen(c->hello));
  } else send_frame(c, 1, c->hello, strlen(c->hello));
}

static void readable(struct client *c) {
  memcpy(buffer, c->rest, c->have);
  ssize_t got = recv(c->fd, buffer + c->have, BUFFER - 1 - c->have, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) { drop(c); return; }
  size_t size = c->have + got, at = 0;
  double t = now();
  buffer[size] = 0;
  if (c->state == UPGRADING) {
    char *end = strstr(buffer, "\r\n\r\n");
    if (end && strncmp(buffer, "HTTP/1.1 101", 12)) { drop(c); return; }
    if (end) { at = end + 4 - buffer; upgraded(c, t); }
  }
  if (c->state != UPGRADING) at += consume(c, buffer + at, size - at, t);
  if (c->state == GONE) return;
  c->have = size - at;
  if (c->have > c->room) {
    c->room = c->have * 2;
    if (!(c->rest = realloc(c->rest, c->room))) die("memory");
  } else if (!c->have && c->room) { free(c->rest); c->rest = NULL; c->room = 0; }
  memcpy(c->rest, buffer + at, c->have);
}

static void open_client(struct client *c) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
  int one = 1;
  inet_pton(AF_INET, host, &to.sin_addr);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) die("socket");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) die("connect");
  if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event)) die("epoll");
}

static void writable(struct client *c) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) { drop(c); return; }
  epoll_ctl(poll_fd, EPOLL_CTL_MOD, c->fd, &event);
  c->state = UPGRADING;
  if (send(c->fd, head, strlen(head), MSG_NOSIGNAL) < 0) drop(c);
}

static void turn(int wait_ms) {
  static struct epoll_event events[1024];
  int ready = epoll_wait(poll_fd, events, 1024, wait_ms);
  for (int i = 0; i < ready; i++) {
    struct client *c = events[i].data.ptr;
    if (c->state == GONE) continue;
    if (c->state == CONNECTING) writable(c);
    else readable(c);
  }
}

static void join_all(void) {
  double start = join_from = now(), deadline;
  for (int opened = 0; in + gone < count;) {
    double t = now();
    for (; opened < count && start + (double)opened / joins <= t; opened++) {
      clients[opened].intended = start + (double)opened / joins;
      open_client(&clients[opened]);
    }
    deadline = start + (double)count / joins + 30;
    if (t > deadline) break;
    turn(1);
  }
  join_to = now();
}

static void send_vote(long i) {
  struct client *c = &clients[order[i % count]];
  int who = order[i % count], question = (int)((who + i / count) % questions);
  char text[160];
  votes[i] = (struct vote){.intended = t0 + (double)i / rate, .client = who, .question = question + 1};
  if (c->state != IN) return;
  int size = snprintf(text, sizeof text, "{\"t\":\"vote\",\"n\":%d,\"on\":true,\"c\":%ld,\"r\":%ld}",
                      question + 1, i / count + 1, i);
  send_frame(c, 1, text, size);
  votes[i].sent = now();
}

static double cpu(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
         (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void find_seen(void) {
  for (long i = 0; i < planned; i++) {
    if (!votes[i].acked) continue;
    struct question *q = &asked[votes[i].question - 1];
    int low = 0, high = q->count;
    while (low < high) {
      int middle = (low + high) / 2;
      if (q->list[middle].votes >= votes[i].votes) high = middle;
      else low = middle + 1;
    }
    if (low < q->count && tolds[q->list[low].told].reached >= in)
      votes[i].seen = tolds[q->list[low].told].last;
  }
}

/* Nothing is on its way any more: each vote has its answer, each counted one was shown to all. */
static int all_told(void) {
  if (acked + refusals < sent) return 0;
  find_seen();
  for (long i = 0; i < planned; i++)
    if (votes[i].acked && !votes[i].seen) return 0;
  return 1;
}

static double own_cpu;

static void load_all(void) {
  double end = t0 + warm + seconds, cpu_from = 0, look = end;
  long last = -1;
  while (1) {
    double t = now();
    if (t >= window_from && !cpu_from) { cpu_from = cpu(); printf("window-start\n"); fflush(stdout); }
    if (t >= window_to && !own_cpu) { own_cpu = cpu() - cpu_from; printf("window-end\n"); fflush(stdout); }
    while (sent < planned && t0 + (double)sent / rate <= t) send_vote(sent++);
    if (t >= end && sent >= planned) {
      if (last != acked + refusals) last = acked + refusals, end = t;   /* still draining */
      if (t > end + grace || t > t0 + warm + seconds + 60) break;
      if (sent && t > look) {
        if (all_told()) break;
        look = t + 0.25;
      }
    }
    turn(1);
  }
}

static void write_out(const char *name) {
  char joined[4096];
  FILE *file = fopen(name, "wb");
  if (!file || fwrite(votes, sizeof *votes, planned, file) != (size_t)planned) die(name);
  fclose(file);
  snprintf(joined, sizeof joined, "%s.joins", name);
  if (!(file = fopen(joined, "wb"))) die(joined);
  for (int i = 0; i < count; i++) {
    double took = clients[i].in ? clients[i].in - clients[i].intended : -1;
    fwrite(&took, sizeof took, 1, file);
  }
  fclose(file);
}

int main(int argc, char **argv) {
  if (argc != 3) { fprintf(stderr, "usage: load PLAN OUT\n"); return 2; }
  read_plan(argv[1]);
  planned = (long)rate * (warm + seconds);
  votes = calloc(planned ? planned : 1, sizeof *votes);
  asked = calloc(questions ? questions : 1, sizeof *asked);
  order = malloc((count ? count : 1) * sizeof *order);
  if (!votes || !asked || !order) die("memory");
  srandom(1);
  for (int i = 0; i < count; i++) {
    int j = random() % (i + 1);
    order[i] = order[j];
    order[j] = i;
  }
  snprintf(head, sizeof head,
           "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
           path, hostname, origin);
  if ((poll_fd = epoll_create1(0)) < 0) die("epoll");
  join_all();
  int joined = in;
  printf("joined %d\n", joined);
  fflush(stdout);
  for (double until = now() + settle; now() < until;) turn(1);
  t0 = now() + 0.01;
  window_from = t0 + warm;
  window_to = window_from + seconds;
  load_all();
  find_seen();
  write_out(argv[2]);
  printf("{\"clients\":%d,\"joined\":%d,\"gone\":%d,\"send_failed\":%d,\"planned\":%ld,\"acked\":%ld,"
         "\"refused\":%ld,\"frames\":%ld,\"frame_bytes\":%ld,\"deltas\":%d,\"resnapshots\":%ld,"
         "\"join_from\":%.6f,\"join_to\":%.6f,\"window_from\":%.6f,\"window_to\":%.6f,\"cpu\":%.3f,\"codes\":{",
         count, joined, gone, failed, planned, acked, refusals, frames, frame_bytes, told_count,
         late_frames, join_from, join_to, window_from, window_to, own_cpu);
  for (int i = 0; i < CODES && codes[i][0]; i++)
    printf("%s\"%s\":%ld", i ? "," : "", codes[i], code_counts[i]);
  printf("}}\n");
  return 0;
}
