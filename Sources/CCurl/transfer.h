// What a transfer is made of, and what libcurl calls while it is performed.
#ifndef DAYMILL_CCURL_TRANSFER_H
#define DAYMILL_CCURL_TRANSFER_H

#include "buffer.h"
#include "ccurl.h"
#include "library.h"
#include <stdatomic.h>

struct dm_stop {
    atomic_int is_set;
};

struct dm_transfer {
    const dm_library *curl;
    CURL *handle;
    /// The first thing that libcurl did not accept while it was told.
    CURLcode setup;
    struct curl_slist *headers, *recipients;
    char *method;
    dm_buffer body;
    size_t body_taken;
    int has_body, is_mail;
    size_t answer_max;
    dm_stop *stop;
    dm_sink sink;
    void *sink_context;
    dm_source source;
    void *source_context;
    int64_t source_count;
    // What came of it.
    dm_buffer answer, answer_headers, dialogue;
    uint64_t sent;
    int is_too_long, is_stopped, is_given_up, is_handed_over;
    /// When the server took the mail, in milliseconds of the monotonic clock; 0 before.
    int64_t taken_at;
    char problem[CURL_ERROR_SIZE];
};

/// Take the context last, which is the transfer.
size_t dm_take_answer(char *bytes, size_t size, size_t count, void *context);
size_t dm_take_header(char *bytes, size_t size, size_t count, void *context);
size_t dm_give_mail(char *bytes, size_t size, size_t count, void *context);
size_t dm_give_source(char *bytes, size_t size, size_t count, void *context);
int dm_watch(CURL *handle, curl_infotype kind, char *bytes, size_t count, void *context);
int dm_check(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d);

#endif
