import Glibc

extension FileDoor {
    /// Bytes of the disk that the files below a folder take, holes not counted. Links are not followed, and what is gone meanwhile
    /// takes nothing. O(files).
    package static func diskBytes(below folder: String) -> Int {
        var info = Glibc.stat()
        guard fstatat(AT_FDCWD, folder, &info, AT_SYMLINK_NOFOLLOW) == 0 else { return 0 }
        let own = Int(info.st_blocks) * 512
        guard info.st_mode & S_IFMT == S_IFDIR else { return own }
        let names = (try? names(in: folder)) ?? []
        return names.reduce(own) { $0 + diskBytes(below: "\(folder)/\($1)") }
    }
}
