// Opens libcurl on first use.
#include "library.h"
#include "ccurl.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#ifdef __APPLE__
static const char name[] = "libcurl.4.dylib";
#else
static const char name[] = "libcurl.so.4";
#endif

static dm_library library;
static char problem[512];
static int is_open;
static pthread_once_t once = PTHREAD_ONCE_INIT;

typedef struct {
    const char *name;
    void *place;
} wanted_function;

static int find_functions(void *handle) {
    const wanted_function wanted[] = {
        {"curl_global_init", &library.global_init}, {"curl_easy_init", &library.init},
        {"curl_easy_setopt", &library.setopt},      {"curl_easy_perform", &library.perform},
        {"curl_easy_getinfo", &library.getinfo},    {"curl_easy_cleanup", &library.cleanup},
        {"curl_easy_reset", &library.reset},
        {"curl_slist_append", &library.append},     {"curl_slist_free_all", &library.free_list},
        {"curl_easy_strerror", &library.words},     {"curl_version", &library.version},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *function = dlsym(handle, wanted[i].name);
        if (!function) {
            snprintf(problem, sizeof problem, "%s has no %s", name, wanted[i].name);
            return 0;
        }
        *(void **)wanted[i].place = function;
    }
    return 1;
}

// The library stays open: closing what has threads and exit handlers of its own is not safe.
static void open_library(void) {
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        snprintf(problem, sizeof problem, "cannot load %s: %s", name, why ? why : "unknown reason");
        return;
    }
    if (!find_functions(handle)) return;
    CURLcode code = library.global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        snprintf(problem, sizeof problem, "%s does not start: %s", name, library.words(code));
        return;
    }
    is_open = 1;
}

const dm_library *dm_library_open(void) {
    pthread_once(&once, open_library);
    return is_open ? &library : NULL;
}

const char *dm_curl_version(void) {
    const dm_library *curl = dm_library_open();
    return curl ? curl->version() : NULL;
}

const char *dm_curl_missing(void) { return dm_library_open() ? NULL : problem; }
