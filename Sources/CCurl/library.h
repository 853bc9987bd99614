// The functions of libcurl that a transfer needs, found at run time.
#ifndef DAYMILL_CCURL_LIBRARY_H
#define DAYMILL_CCURL_LIBRARY_H

// Types and numbers only: calls go through the table below. Older names work with every version that is about.
#define CURL_DISABLE_DEPRECATION
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

typedef struct {
    CURLcode (*global_init)(long flags);
    CURL *(*init)(void);
    CURLcode (*setopt)(CURL *handle, CURLoption option, ...);
    CURLcode (*perform)(CURL *handle);
    CURLcode (*getinfo)(CURL *handle, CURLINFO info, ...);
    void (*reset)(CURL *handle);
    void (*cleanup)(CURL *handle);
    struct curl_slist *(*append)(struct curl_slist *list, const char *text);
    void (*free_list)(struct curl_slist *list);
    const char *(*words)(CURLcode code);
    char *(*version)(void);
} dm_library;

/// The table; null when the library cannot be used. Opens it on the first call, whichever thread makes it.
const dm_library *dm_library_open(void);

#endif
