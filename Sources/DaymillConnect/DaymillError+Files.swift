import DaymillCore

/// What can be wrong with input files.
extension DaymillError {
    static func changedSinceListed(_ path: String) -> DaymillError {
        DaymillError(
            .inputDamaged, "\(path) changed after it was listed",
            hint: "run again once nobody writes to it; move files into place when they are complete",
            isRetryable: true)
    }

    static func changedWhileRead(_ path: String) -> DaymillError {
        DaymillError(
            .inputDamaged, "\(path) changed while it was read",
            hint: "run again once nobody writes to it; move files into place when they are complete",
            isRetryable: true)
    }

    static func isFolder(_ path: String) -> DaymillError {
        DaymillError(.io, "\(path) is a folder, not a file", hint: "to read the files in it, write '\(path)/*'")
    }

    static func isNoFile(_ path: String) -> DaymillError {
        DaymillError(
            .io, "\(path) is a pipe or a device, not a file",
            hint: "write its content to a file first: it is read twice")
    }

    static func brokenLink(_ path: String) -> DaymillError {
        DaymillError(
            .io, "\(path) is a link to a file that is not there",
            hint: "mend or remove the link; is a volume not mounted?")
    }

    static func unreadableName(_ path: String) -> DaymillError {
        DaymillError(.io, "the name of \(path) is not UTF-8", hint: "rename the file")
    }

    static func tooManyFiles(_ pattern: String, atMost: Int) -> DaymillError {
        DaymillError(
            .limit, "\(pattern) stands for more than \(atMost) files",
            hint: "name the files more narrowly, set the source's 'start', or join small files")
    }
}

/// What can be wrong with compressed data.
extension DaymillError {
    /// - Parameter byte: how many bytes of the file had been read.
    static func endsEarly(_ path: String, _ format: FileCompression, byte: Int) -> DaymillError {
        let what =
            byte == 0 ? "it is empty, which no \(format) file is" : "its \(format) data ends too early, at byte \(byte)"
        return damaged(path, what, hint: "it was written or copied in part only: fetch it again")
    }

    static func damage(
        _ damage: StreamDamage, _ path: String, _ format: FileCompression, byte: Int, parts: Int
    ) -> DaymillError {
        switch damage {
        case .foreign where parts == 0:
            damaged(
                path, "it does not start as \(format) data does",
                hint: "if it is not compressed set 'compression: none', else fetch it again")
        case .foreign:
            damaged(
                path, "near byte \(byte), after the end of its \(format) data, come bytes that are no \(format) data",
                hint: "fetch it again, or cut these bytes off")
        case .checksum:
            damaged(path, "the checksum does not fit its \(format) data, near byte \(byte)", hint: "fetch it again")
        case .broken(let reason):
            damaged(path, "its \(format) data is broken near byte \(byte) (\(reason))", hint: "fetch it again")
        case .tooLarge:
            DaymillError(
                .limit, "\(path) needs more than 128 MiB of memory to decompress",
                hint: "compress it without '--long', or with '--long=27' at most")
        case .dictionary:
            DaymillError(
                .unsupported, "\(path) was compressed with a dictionary", hint: "compress it without one")
        }
    }

    private static func damaged(_ path: String, _ what: String, hint: String) -> DaymillError {
        DaymillError(.inputDamaged, "\(path) is damaged: \(what)", hint: hint)
    }
}
