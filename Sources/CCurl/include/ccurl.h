// libcurl as one coarse call: fill in a transfer, perform it, read what came back.
//
// The library is opened with dlopen when the first transfer is made and never linked: it brings some 25 other
// libraries, which a program that sends nothing must not wait for. Nothing of libcurl's own header shows here.
//
// A transfer belongs to one thread at a time; different transfers may run on different threads.
#ifndef DAYMILL_CCURL_H
#define DAYMILL_CCURL_H

#include <stddef.h>
#include <stdint.h>

/// One exchange with a server: an HTTP call, or a mail handed to an SMTP server.
typedef struct dm_transfer dm_transfer;

/// A flag that ends transfers from another thread.
typedef struct dm_stop dm_stop;

/// How a transfer ended.
typedef enum __attribute__((enum_extensibility(closed))) {
    /// The server answered.
    dm_end_done,
    /// It cannot be sent as it is: a malformed URL, a protocol that is not allowed.
    dm_end_invalid,
    /// The name of the server or of the proxy has no address.
    dm_end_no_host,
    /// Nobody accepts the connection.
    dm_end_no_connection,
    /// The server's certificate is not trusted, or the file with certificates is no good.
    dm_end_untrusted,
    /// No agreement about TLS.
    dm_end_no_tls,
    /// The server refused the login.
    dm_end_login_denied,
    dm_end_timed_out,
    /// The connection broke.
    dm_end_cut,
    /// The answer is longer than allowed.
    dm_end_too_long,
    /// Somebody set the flag.
    dm_end_stopped,
    /// The sink or the source wants no more of it.
    dm_end_given_up,
    /// What libcurl's words say.
    dm_end_other,
} dm_end;

/// The texts of a transfer. Each must be free of line breaks; they are copied.
typedef enum __attribute__((enum_extensibility(closed))) {
    /// http, https, smtp or smtps.
    dm_text_url,
    dm_text_method,
    /// `Name: value`, or `Name;` for an empty value; again for each header.
    dm_text_header,
    /// A file of certificates to trust in place of the system's.
    dm_text_certificates,
    dm_text_user,
    dm_text_password,
    /// The envelope of a mail: the address of the sender.
    dm_text_mail_from,
    /// The address of a recipient; again for each.
    dm_text_mail_to,
} dm_text;

/// What a transfer leaves behind.
typedef enum __attribute__((enum_extensibility(closed))) {
    /// The body of the answer.
    dm_result_answer,
    /// Status line and headers of the last answer.
    dm_result_headers,
    /// The SMTP dialogue without secrets and without the mail: lines that start with "> " (the verb of a command; with
    /// its address for RCPT; "AUTH" for everything of a login; "." once the whole mail was handed over) or "< "
    /// (replies).
    dm_result_dialogue,
    /// libcurl's words about a failure.
    dm_result_problem,
} dm_result;

/// Bytes that belong to a transfer: valid until it is freed.
typedef struct {
    const uint8_t *bytes;
    size_t count;
} dm_bytes;

/// Why libcurl cannot be used; null when it can. Opens it.
const char *dm_curl_missing(void);

/// libcurl and what it is built on, as in `libcurl/8.5.0 OpenSSL/3.0.13 zlib/1.3`; null when it cannot be used. Opens it.
const char *dm_curl_version(void);

/// A transfer with nothing filled in; null when libcurl cannot be used.
dm_transfer *dm_transfer_new(void);
/// Makes it one with nothing filled in again. Connections that were kept stay open.
void dm_transfer_reset(dm_transfer *transfer);
void dm_transfer_free(dm_transfer *transfer);

void dm_transfer_set_text(dm_transfer *transfer, dm_text what, const char *text);
/// The body of a call or the bytes of a mail; copied. Without it a call has no body, which is not an empty one.
void dm_transfer_set_body(dm_transfer *transfer, const uint8_t *bytes, size_t count);
/// How long it may take in all and until there is a connection; how long the answer may be.
void dm_transfer_set_limits(dm_transfer *transfer, long milliseconds, long connect_milliseconds,
                            size_t answer_bytes_max);
/// Ends it when nothing has moved for so long.
void dm_transfer_set_idle_limit(dm_transfer *transfer, long seconds);
/// Uses a connection that an earlier exchange of this transfer left open, and leaves its own open. libcurl sends again
/// what a server does not answer that had closed the connection, so this is for calls that may be repeated.
void dm_transfer_set_keeps_connection(dm_transfer *transfer);
/// Goes straight to the server, whatever proxies the environment names.
void dm_transfer_set_no_proxy(dm_transfer *transfer);
/// Where bytes of the answer's body go as they come: 1 when they were taken, 0 when they are to be kept with the
/// transfer, below 0 when it is to end.
typedef int (*dm_sink)(void *context, const uint8_t *bytes, size_t count);
void dm_transfer_set_sink(dm_transfer *transfer, dm_sink sink, void *context);
/// Where the body comes from: fills in up to `room` bytes and returns how many; 0 at the end, below 0 when it is to end.
typedef ptrdiff_t (*dm_source)(void *context, uint8_t *bytes, size_t room);
/// - count: of all bytes; below 0 when it is not known.
void dm_transfer_set_source(dm_transfer *transfer, dm_source source, void *context, int64_t count);
/// For smtp: turns to TLS by STARTTLS or sends nothing.
void dm_transfer_set_needs_tls(dm_transfer *transfer, int needs_tls);
/// The flag must outlive the transfer.
void dm_transfer_set_stop(dm_transfer *transfer, dm_stop *stop);

/// Blocks until it is over, within the limits.
dm_end dm_transfer_perform(dm_transfer *transfer);

/// The status of an HTTP answer; 0 when there was none.
long dm_transfer_status(const dm_transfer *transfer);
/// Bytes of the request that left for the server, beyond what makes a connection; when 0, it has surely seen nothing.
uint64_t dm_transfer_sent(const dm_transfer *transfer);
dm_bytes dm_transfer_result(const dm_transfer *transfer, dm_result what);

dm_stop *dm_stop_new(void);
void dm_stop_free(dm_stop *stop);
/// Ends every transfer with this flag within about a second.
void dm_stop_set(dm_stop *stop);

#endif
