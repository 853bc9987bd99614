/// How the bytes of a file are packed. The raw values are the words of pipeline files.
package enum FileCompression: String, Sendable, CaseIterable {
    /// Found out for each file.
    case auto
    case none
    case gzip
    case zstd

    /// What the first bytes of a file say, four when it has them: `.gzip`, `.zstd` or `.none`.
    package static func detect(firstBytes: [UInt8]) -> FileCompression {
        if firstBytes.starts(with: [0x1f, 0x8b]) { return .gzip }
        if firstBytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return .zstd }
        // A frame to be skipped, which pzstd puts before each frame with data.
        let isSkippable = firstBytes.count >= 4 && firstBytes[0] & 0xf0 == 0x50
        return isSkippable && firstBytes[1...3] == [0x2a, 0x4d, 0x18] ? .zstd : .none
    }

    /// What the ending of a file's name says: `.gzip`, `.zstd` or `.none`.
    package static func named(_ path: String) -> FileCompression {
        let name = path.lowercased()
        if name.hasSuffix(".gz") || name.hasSuffix(".gzip") { return .gzip }
        return name.hasSuffix(".zst") || name.hasSuffix(".zstd") ? .zstd : .none
    }

    /// What it is for one file. Its bytes decide; where they say nothing its name does, so that an empty or cut
    /// `.gz` file is an error and not a file without rows.
    func resolved(firstBytes: [UInt8], path: String) -> FileCompression {
        guard self == .auto else { return self }
        let found = FileCompression.detect(firstBytes: firstBytes)
        return found == .none ? FileCompression.named(path) : found
    }
}
