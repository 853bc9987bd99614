#define _GNU_SOURCE
#include "cprocess.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

int dm_watches_new(void) {
    int watches = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return watches < 0 ? -errno : watches;
}

int dm_watches_add(int watches, const char *folder, int names_only) {
    uint32_t names = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
    uint32_t writing = names_only ? 0 : IN_CLOSE_WRITE | IN_ATTRIB;
    int watch = inotify_add_watch(watches, folder, names | writing | IN_MASK_ADD | IN_ONLYDIR);
    return watch < 0 ? -errno : watch;
}

void dm_watches_remove(int watches, int folder) {
    if (inotify_rm_watch(watches, folder) < 0) return;  // It is gone already.
}

int dm_watches_read(int watches, char *events, int capacity) {
    ssize_t bytes = read(watches, events, (size_t)capacity);
    return bytes < 0 ? 0 : (int)bytes;
}

int dm_watches_event(const char *events, int place, int *folder, int *kinds, char *name) {
    struct inotify_event event;
    memcpy(&event, events + place, sizeof event);
    *folder = event.wd;
    *kinds = 0;
    if (event.mask & (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB)) *kinds |= DM_THERE;
    if (event.mask & (IN_MOVED_FROM | IN_DELETE)) *kinds |= DM_GONE;
    if (event.mask & IN_ISDIR) *kinds |= DM_FOLDER;
    if (event.mask & (IN_IGNORED | IN_UNMOUNT)) *kinds |= DM_OVER;
    if (event.mask & IN_Q_OVERFLOW) *kinds |= DM_TOO_MANY;
    name[0] = 0;
    if (event.len) strncat(name, events + place + sizeof event, 255);
    return place + (int)sizeof event + (int)event.len;
}

int dm_is_remote(const char *folder) {
    struct statfs info;
    if (statfs(folder, &info) < 0) return 0;
    switch ((uint32_t)info.f_type) {
    case 0x6969:      // NFS
    case 0x517B:      // SMB
    case 0xFE534D42:  // SMB 2
    case 0xFF534D42:  // CIFS
    case 0x65735546:  // FUSE
    case 0x01021997:  // 9P
    case 0x00C36400:  // Ceph
    case 0x5346414F:  // AFS
    case 0x0BD00BD0:  // Lustre
    case 0x47504653:  // GPFS
    case 0x786F4256:  // folders of a VirtualBox host
    case 0x01161970:  // GFS2
    case 0x7461636F:  // OCFS2
        return 1;
    default: return 0;
    }
}
