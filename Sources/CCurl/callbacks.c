// What is kept of a transfer while libcurl performs it, and what ends it early.
#include "transfer.h"
#include <time.h>

enum {
    /// Bounds of what is kept beside the answer's body.
    headers_max = 256 << 10,
    dialogue_max = 256 << 10,
    /// A server that has taken a mail may take this long to say goodbye.
    goodbye_milliseconds = 2000,
};

static int64_t now_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

size_t dm_take_answer(char *bytes, size_t size, size_t count, void *context) {
    dm_transfer *transfer = context;
    if (transfer->sink) {
        int taken = transfer->sink(transfer->sink_context, (const uint8_t *)bytes, size * count);
        if (taken > 0) return size * count;
        if (taken < 0) {
            transfer->is_given_up = 1;
            return 0;
        }
    }
    if (dm_buffer_append(&transfer->answer, bytes, size * count, transfer->answer_max)) return size * count;
    transfer->is_too_long = 1;
    return 0;
}

size_t dm_take_header(char *bytes, size_t size, size_t count, void *context) {
    dm_transfer *transfer = context;
    // SMTP's replies come here too; the dialogue has them.
    if (transfer->is_mail) return size * count;
    // A status line starts the headers anew: after a redirection, after "100 Continue".
    if (size * count >= 5 && memcmp(bytes, "HTTP/", 5) == 0) transfer->answer_headers.count = 0;
    if (dm_buffer_append(&transfer->answer_headers, bytes, size * count, headers_max)) return size * count;
    transfer->is_too_long = 1;
    return 0;
}

static void note(dm_transfer *transfer, const char *mark, const char *text, size_t count) {
    while (count && (text[count - 1] == '\r' || text[count - 1] == '\n')) count--;
    if (transfer->dialogue.count + count + 3 > dialogue_max) return;
    dm_buffer_append(&transfer->dialogue, mark, 2, dialogue_max);
    dm_buffer_append(&transfer->dialogue, text, count, dialogue_max);
    dm_buffer_append(&transfer->dialogue, "\n", 1, dialogue_max);
}

size_t dm_give_mail(char *bytes, size_t size, size_t count, void *context) {
    dm_transfer *transfer = context;
    size_t left = transfer->body.count - transfer->body_taken;
    size_t given = left < size * count ? left : size * count;
    if (given) memcpy(bytes, transfer->body.bytes + transfer->body_taken, given);
    transfer->body_taken += given;
    if (transfer->body_taken == transfer->body.count && !transfer->is_handed_over) {
        transfer->is_handed_over = 1;
        note(transfer, "> ", ".", 1);
    }
    return given;
}

size_t dm_give_source(char *bytes, size_t size, size_t count, void *context) {
    dm_transfer *transfer = context;
    ptrdiff_t given = transfer->source(transfer->source_context, (uint8_t *)bytes, size * count);
    if (given >= 0) return (size_t)given;
    transfer->is_given_up = 1;
    return CURL_READFUNC_ABORT;
}

// Only verbs that are known: what else a login sends is secret.
static void note_command(dm_transfer *transfer, const char *text, size_t count) {
    static const char *const verbs[] = {"EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "DATA", "QUIT", "RSET", "NOOP"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t length = strlen(verbs[i]);
        if (count < length + 1 || memcmp(text, verbs[i], length) != 0) continue;
        if (text[length] != ' ' && text[length] != '\r') continue;
        note(transfer, "> ", text, strcmp(verbs[i], "RCPT") == 0 ? count : length);
        return;
    }
    note(transfer, "> ", "AUTH", 4);
}

int dm_watch(CURL *handle, curl_infotype kind, char *bytes, size_t count, void *context) {
    dm_transfer *transfer = context;
    (void)handle;
    if (kind == CURLINFO_HEADER_OUT || kind == CURLINFO_DATA_OUT) {
        // What opens a way through a proxy does not reach the server.
        int is_tunnel = kind == CURLINFO_HEADER_OUT && count >= 8 && memcmp(bytes, "CONNECT ", 8) == 0;
        if (!is_tunnel) transfer->sent += count;
    }
    if (!transfer->is_mail) return 0;
    if (kind == CURLINFO_HEADER_OUT) note_command(transfer, bytes, count);
    if (kind == CURLINFO_HEADER_IN) {
        note(transfer, "< ", bytes, count);
        int is_taken = transfer->is_handed_over && count >= 3 && bytes[0] == '2';
        if (is_taken && !transfer->taken_at) transfer->taken_at = now_milliseconds();
    }
    return 0;
}

int dm_check(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    dm_transfer *transfer = context;
    (void)a, (void)b, (void)c, (void)d;
    if (transfer->stop && atomic_load(&transfer->stop->is_set)) {
        transfer->is_stopped = 1;
        return 1;
    }
    return transfer->taken_at && now_milliseconds() - transfer->taken_at > goodbye_milliseconds;
}

// MARK: The flag

dm_stop *dm_stop_new(void) {
    dm_stop *stop = malloc(sizeof *stop);
    if (!stop) abort();
    atomic_init(&stop->is_set, 0);
    return stop;
}

void dm_stop_free(dm_stop *stop) { free(stop); }

void dm_stop_set(dm_stop *stop) { atomic_store(&stop->is_set, 1); }
