/* A program whose own loop is poll(2): it reads lines from standard input, sends each as a record, and prints where it
   was stored. The client's private loop is one more descriptor to wait for. cc -std=c11 -D_POSIX_C_SOURCE=200809L
   poll.c $(pkg-config --cflags --libs uvkafka)
   ./a.out 127.0.0.1:9092 orders < lines */
#include <kafka/kafka.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  kafka_session* session;
  kafka_producer* producer;
  kafka_topic* topic;
  char buffer[65536]; /* of input */
  size_t filled;
  uint64_t sent, reported;
  int full;  /* the producer's queue: input waits until it has room */
  int ended; /* the input */
  int closed;
  int failed;
} program_t;

static void on_reports(void* user, const kafka_report* reports, size_t count, size_t stride) {
  program_t* program = (program_t*)user;
  for (size_t k = 0; k < count; ++k) {
    const kafka_report* report = (const kafka_report*)((const char*)reports + k * stride);
    if (report->error == NULL) {
      printf("line %llu: partition %d, offset %lld\n", (unsigned long long)report->token, (int)report->partition,
             (long long)report->offset);
    } else {
      fprintf(stderr, "line %llu: %s\n", (unsigned long long)report->token, kafka_error_message(report->error));
      program->failed = 1;
    }
  }
  program->reported += count;
}

static void on_room(void* user) { ((program_t*)user)->full = 0; }
static void on_closed(void* user) { ((program_t*)user)->closed = 1; }

/* Sends the whole lines of the buffer, as far as the producer takes them. */
static void send_lines(program_t* program) {
  char* at = program->buffer;
  char* const end = program->buffer + program->filled;
  for (char* line; !program->full && (line = memchr(at, '\n', (size_t)(end - at))) != NULL; at = line + 1) {
    const int code =
        kafka_topic_send(program->producer, program->topic, -1, NULL, 0, at, (size_t)(line - at), program->sent + 1);
    if (code == KAFKA_QUEUE_FULL) {
      program->full = 1;
      kafka_producer_on_drain(program->producer, on_room, program);
      break;
    }
    if (code != 0) {
      fprintf(stderr, "%s\n", kafka_error_message(kafka_last_error()));
      program->failed = 1;
      continue;
    }
    ++program->sent;
  }
  program->filled = (size_t)(end - at);
  memmove(program->buffer, at, program->filled);
}

static void read_input(program_t* program) {
  const size_t room = sizeof(program->buffer) - program->filled;
  const ssize_t got = room == 0 ? 0 : read(STDIN_FILENO, program->buffer + program->filled, room);
  if (got <= 0) {
    program->ended = 1;
    return;
  }
  program->filled += (size_t)got;
}

static void run(program_t* program, kafka_loop* loop) {
  int closing = 0;
  while (!program->closed) {
    send_lines(program);
    if (program->ended && !program->full && !closing) {
      closing = 1;
      kafka_session_close(program->session, -1, on_closed, program);
    }
    /* While the producer is full, the input has to wait: so back-pressure reaches the program that writes. */
    struct pollfd fds[2] = {{kafka_loop_fd(loop), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    const int reading = !program->ended && !program->full;
    poll(fds, reading ? 2 : 1, kafka_loop_timeout(loop));
    kafka_loop_run_once(loop);
    if (reading && fds[1].revents != 0) read_input(program);
  }
}

int main(int count, char** arguments) {
  static program_t program;
  if (count < 3) {
    fprintf(stderr, "usage: poll BROKERS TOPIC < lines\n");
    return 2;
  }
  kafka_loop* loop = kafka_loop_new();
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  kafka_options_set(options, "bootstrap.servers", arguments[1]);
  program.session = kafka_session_new(kafka_loop_uv(loop), options);
  kafka_options_free(options);
  program.producer = kafka_producer_new(program.session, NULL);
  kafka_producer_on_reports(program.producer, on_reports, &program);
  program.topic = kafka_producer_topic(program.producer, arguments[2]);
  run(&program, loop);
  kafka_topic_free(program.topic);
  kafka_producer_free(program.producer);
  kafka_session_free(program.session);
  kafka_loop_free(loop);
  return program.failed || program.reported != program.sent;
}
