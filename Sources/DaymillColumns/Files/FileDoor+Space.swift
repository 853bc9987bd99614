import Glibc

extension FileDoor {
    /// Bytes that this user may still write to the disk that holds a folder.
    ///
    /// - Throws: `DaymillError` `.io`.
    package static func freeBytes(in folder: String) throws -> Int {
        var info = statvfs()
        guard statvfs(folder.isEmpty ? "." : folder, &info) == 0 else { throw failure("cannot look at folder", folder) }
        return Int(info.f_bavail) * Int(info.f_frsize)
    }
}
