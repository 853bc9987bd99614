/// The file systems of this machine, by where they are mounted.
struct MountTable {
    private let mounts: [(point: String, type: String)]

    /// - Parameter text: of `/proc/self/mountinfo`.
    init(_ text: String) {
        mounts = text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            // Between the point, the fifth word, and the type lie options and a hyphen.
            guard let hyphen = words.firstIndex(of: "-"), words.count > hyphen + 1, words.count > 4 else { return nil }
            return (MountTable.plain(words[4]), String(words[hyphen + 1]))
        }
    }

    /// The kind of file system on which a path lies, such as `ext4`; nil where nobody knows.
    ///
    /// - Parameter path: absolute, without links.
    func type(of path: String) -> String? {
        let holds = mounts.filter { mount in
            mount.point == "/" || path == mount.point || path.hasPrefix(mount.point + "/")
        }
        // Of two at one point the later one is on top.
        return holds.reversed().max { $0.point.utf8.count < $1.point.utf8.count }?.type
    }

    /// Spaces and the like stand there as `\040`.
    private static func plain(_ word: Substring) -> String {
        var bytes: [UInt8] = [], rest = Array(word.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(code)
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What is doubtful about a kind of file system for a store; nil: nothing.
    static func doubt(_ type: String) -> (found: String, remedy: String)? {
        let remote = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "vboxsf"]
        if remote.contains(type) || type.hasPrefix("fuse") {
            return (
                "lies on \(type), where locks and what is synced are not to be relied on",
                "let 'store' be a folder of a local disk"
            )
        }
        if type == "tmpfs" || type == "ramfs" {
            return ("lies on \(type), and is lost with the machine", "let 'store' be a folder of a disk")
        }
        return nil
    }
}
