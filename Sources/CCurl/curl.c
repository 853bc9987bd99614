// A transfer: how libcurl is told what is filled in, and how it ended.
#define _GNU_SOURCE
#include "transfer.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#define SET(option, value)                                                                    \
    do {                                                                                      \
        CURLcode code = transfer->curl->setopt(transfer->handle, (option), (value));          \
        if (transfer->setup == CURLE_OK) transfer->setup = code;                              \
    } while (0)

static void configure(dm_transfer *transfer) {
    SET(CURLOPT_ERRORBUFFER, transfer->problem);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_FRESH_CONNECT, 1L);
    // Says goodbye while this transfer's limits count.
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_WRITEFUNCTION, dm_take_answer);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_HEADERFUNCTION, dm_take_header);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_VERBOSE, 1L);
    SET(CURLOPT_DEBUGFUNCTION, dm_watch);
    SET(CURLOPT_DEBUGDATA, transfer);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, dm_check);
    SET(CURLOPT_XFERINFODATA, transfer);
}

dm_transfer *dm_transfer_new(void) {
    const dm_library *curl = dm_library_open();
    if (!curl) return NULL;
    dm_transfer *transfer = calloc(1, sizeof *transfer);
    CURL *handle = curl->init();
    if (!transfer || !handle) abort();
    transfer->curl = curl;
    transfer->handle = handle;
    configure(transfer);
    return transfer;
}

static void release(dm_transfer *transfer) {
    transfer->curl->free_list(transfer->headers);
    transfer->curl->free_list(transfer->recipients);
    free(transfer->method);
    free(transfer->body.bytes);
    free(transfer->answer.bytes);
    free(transfer->answer_headers.bytes);
    free(transfer->dialogue.bytes);
}

void dm_transfer_reset(dm_transfer *transfer) {
    const dm_library *curl = transfer->curl;
    CURL *handle = transfer->handle;
    curl->reset(handle);
    release(transfer);
    *transfer = (dm_transfer){.curl = curl, .handle = handle};
    configure(transfer);
}

void dm_transfer_free(dm_transfer *transfer) {
    transfer->curl->cleanup(transfer->handle);
    release(transfer);
    free(transfer);
}

static void append(dm_transfer *transfer, struct curl_slist **list, const char *text) {
    struct curl_slist *grown = transfer->curl->append(*list, text);
    if (!grown) abort();
    *list = grown;
}

void dm_transfer_set_text(dm_transfer *transfer, dm_text what, const char *text) {
    switch (what) {
    case dm_text_url: SET(CURLOPT_URL, text); break;
    case dm_text_method:
        free(transfer->method);
        transfer->method = strdup(text);
        break;
    case dm_text_header: append(transfer, &transfer->headers, text); break;
    case dm_text_certificates:
        SET(CURLOPT_CAINFO, text);
        SET(CURLOPT_CAPATH, NULL);
        break;
    case dm_text_user: SET(CURLOPT_USERNAME, text); break;
    case dm_text_password: SET(CURLOPT_PASSWORD, text); break;
    case dm_text_mail_from:
        transfer->is_mail = 1;
        SET(CURLOPT_MAIL_FROM, text);
        break;
    case dm_text_mail_to: append(transfer, &transfer->recipients, text); break;
    }
}

void dm_transfer_set_body(dm_transfer *transfer, const uint8_t *bytes, size_t count) {
    transfer->has_body = 1;
    transfer->body.count = 0;
    if (!dm_buffer_append(&transfer->body, bytes, count, SIZE_MAX / 4)) abort();
}

void dm_transfer_set_limits(dm_transfer *transfer, long milliseconds, long connect_milliseconds,
                            size_t answer_bytes_max) {
    transfer->answer_max = answer_bytes_max;
    SET(CURLOPT_TIMEOUT_MS, milliseconds);
    SET(CURLOPT_CONNECTTIMEOUT_MS, connect_milliseconds);
    // How long a reply of a server may take; the whole limit counts anyway, but for goodbyes.
    SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (milliseconds + 999) / 1000);
}

void dm_transfer_set_idle_limit(dm_transfer *transfer, long seconds) {
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, seconds);
}

void dm_transfer_set_keeps_connection(dm_transfer *transfer) {
    SET(CURLOPT_FRESH_CONNECT, 0L);
    SET(CURLOPT_FORBID_REUSE, 0L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
}

void dm_transfer_set_no_proxy(dm_transfer *transfer) { SET(CURLOPT_PROXY, ""); }

void dm_transfer_set_sink(dm_transfer *transfer, dm_sink sink, void *context) {
    transfer->sink = sink;
    transfer->sink_context = context;
}

void dm_transfer_set_source(dm_transfer *transfer, dm_source source, void *context, int64_t count) {
    transfer->source = source;
    transfer->source_context = context;
    transfer->source_count = count;
}

void dm_transfer_set_needs_tls(dm_transfer *transfer, int needs_tls) {
    SET(CURLOPT_USE_SSL, (long)(needs_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
}

void dm_transfer_set_stop(dm_transfer *transfer, dm_stop *stop) { transfer->stop = stop; }

// MARK: Performing

static void configure_mail(dm_transfer *transfer) {
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
    // Straight to the server: proxies of the environment are for the web.
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_MAIL_RCPT, transfer->recipients);
    // One refused recipient must not keep the mail from the others.
    SET(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_READFUNCTION, dm_give_mail);
    SET(CURLOPT_READDATA, transfer);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->body.count);
}

static void configure_http(dm_transfer *transfer) {
    const char *method = transfer->method ? transfer->method : "GET";
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTPHEADER, transfer->headers);
    if (transfer->source) {
        // As libcurl's PUT, whatever the method: it gives the count, or chunks where nobody knows it.
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_READFUNCTION, dm_give_source);
        SET(CURLOPT_READDATA, transfer);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)(transfer->source_count < 0 ? -1 : transfer->source_count));
        if (strcmp(method, "PUT") != 0) SET(CURLOPT_CUSTOMREQUEST, method);
    } else if (transfer->has_body || strcmp(method, "POST") == 0) {
        // libcurl asks for a body before it knows that there is none.
        SET(CURLOPT_POSTFIELDS, transfer->body.count ? (const char *)transfer->body.bytes : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.count);
        if (strcmp(method, "POST") != 0) SET(CURLOPT_CUSTOMREQUEST, method);
    } else if (strcmp(method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (strcmp(method, "GET") != 0) {
        SET(CURLOPT_CUSTOMREQUEST, method);
    }
}

static int broke_while_shaking_hands(const dm_transfer *transfer) {
    long system_error = 0;
    transfer->curl->getinfo(transfer->handle, CURLINFO_OS_ERRNO, &system_error);
    return system_error == ECONNRESET || system_error == EPIPE || strstr(transfer->problem, "SYSCALL") != NULL ||
           strstr(transfer->problem, "unexpected eof") != NULL;
}

static dm_end ending(const dm_transfer *transfer, CURLcode code) {
    if (transfer->is_too_long) return dm_end_too_long;
    if (transfer->is_stopped) return dm_end_stopped;
    if (transfer->is_given_up) return dm_end_given_up;
    switch (code) {
    case CURLE_OK: return dm_end_done;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_FUNCTION_ARGUMENT: return dm_end_invalid;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return dm_end_no_host;
    case CURLE_COULDNT_CONNECT: return dm_end_no_connection;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE: return dm_end_untrusted;
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER: return dm_end_no_tls;
    case CURLE_SSL_CONNECT_ERROR: return broke_while_shaking_hands(transfer) ? dm_end_cut : dm_end_no_tls;
    case CURLE_LOGIN_DENIED: return dm_end_login_denied;
    case CURLE_OPERATION_TIMEDOUT: return dm_end_timed_out;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE: return dm_end_cut;
    default: return dm_end_other;
    }
}

// A connection that breaks while it is written to must not end the program, whatever libraries lie beneath.
static CURLcode perform_without_pipe_signal(dm_transfer *transfer) {
    sigset_t pipe_only, pending, before;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    CURLcode code = transfer->curl->perform(transfer->handle);
#ifndef __APPLE__
    const struct timespec at_once = {0, 0};
    if (!sigismember(&pending, SIGPIPE)) sigtimedwait(&pipe_only, NULL, &at_once);
#endif
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

dm_end dm_transfer_perform(dm_transfer *transfer) {
    if (transfer->is_mail) configure_mail(transfer);
    else configure_http(transfer);
    CURLcode code = transfer->setup;
    if (code == CURLE_OK) code = perform_without_pipe_signal(transfer);
    if (code != CURLE_OK && !transfer->problem[0]) {
        strncpy(transfer->problem, transfer->curl->words(code), sizeof transfer->problem - 1);
    }
    return ending(transfer, code);
}

// MARK: What came of it

long dm_transfer_status(const dm_transfer *transfer) {
    long status = 0;
    transfer->curl->getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

uint64_t dm_transfer_sent(const dm_transfer *transfer) { return transfer->sent; }

static dm_bytes bytes_of(const dm_buffer *buffer) { return (dm_bytes){buffer->bytes, buffer->count}; }

dm_bytes dm_transfer_result(const dm_transfer *transfer, dm_result what) {
    switch (what) {
    case dm_result_answer: return bytes_of(&transfer->answer);
    case dm_result_headers: return bytes_of(&transfer->answer_headers);
    case dm_result_dialogue: return bytes_of(&transfer->dialogue);
    case dm_result_problem: return (dm_bytes){(const uint8_t *)transfer->problem, strlen(transfer->problem)};
    }
    return (dm_bytes){NULL, 0};
}
