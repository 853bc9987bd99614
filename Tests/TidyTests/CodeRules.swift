/// Rules about Swift code: STYLE.md 4, 18, 20, 21. Each is a function over files, so that it can be tried on a few lines.
enum CodeRules {
    /// System libraries of ours to door, each with one file that may import it.
    static let libraryDoors = ["CPgQuery", "CZlib", "CZstd", "CProcess", "CCurl"]
    /// Where unsafe code may stand beside DaymillColumns and the files that import a C library: nowhere so far.
    static let unsafeFiles: Set<String> = []
    /// The one place that asks what time it is.
    static let clockFile = "Sources/DaymillCore/WallClock.swift"

    /// A C library is imported by one file only: its door.
    static func doubleDoors(_ files: [TreeFile]) -> [Finding] {
        libraryDoors.flatMap { library in
            let importers = files.filter { imports(in: $0).contains { $0.module == library } }
            return importers.dropFirst().map {
                $0.finding(1, "imports \(library), whose door is \(importers[0].path)")
            }
        }
    }

    /// Unsafe code stands in DaymillColumns and the doors only.
    static func unsafeOutsideDoors(_ file: TreeFile) -> [Finding] {
        let isDoor = imports(in: file).contains { libraryDoors.contains($0.module) }
        guard file.target != "DaymillColumns", !isDoor, !unsafeFiles.contains(file.path) else { return [] }
        return matches(
            in: file, #/(?:^|[^(\w])unsafe\b|\b(?:with)?Unsafe\w+|\bunsafe[A-Z]\w+/#,
            what: "unsafe code belongs into DaymillColumns or the door of a C library")
    }

    /// Only the clock asks for the time; everybody else is told.
    static func timeOutsideClock(_ file: TreeFile) -> [Finding] {
        guard file.path != clockFile else { return [] }
        let pattern = #/\bDate\(\)|\bDate\.now\b|\bDate\(timeIntervalSinceNow|\bclock_gettime\(|\bgettimeofday\(/#
        return matches(in: file, pattern, what: "the time is an argument; only \(clockFile) asks for it")
    }

    /// What the compiler is told not to check says why that is right.
    static func unexplainedUnchecked(_ file: TreeFile) -> [Finding] {
        let text = SwiftText(file.text)
        let what = "needs a comment starting with \"Unchecked because\""
        return matches(in: file, #/@unchecked\s+Sendable|nonisolated\(unsafe\)/#, text, what: what).filter { finding in
            !comments(at: finding.line, text).contains { $0.hasPrefix("Unchecked because") }
        }
    }

    /// Work outside of a task group says why.
    static func unexplainedTasks(_ file: TreeFile) -> [Finding] {
        let text = SwiftText(file.text)
        let pattern = #/\bTask\s*(?:\([^)]*\))?\s*\{|\bTask\.(?:detached|immediate)\b/#
        return matches(in: file, pattern, text, what: "a task outside of a task group needs a comment that says why")
            .filter { comments(at: $0.line, text).isEmpty }
    }

    // MARK: Shared

    private static func matches(
        in file: TreeFile, _ pattern: Regex<Substring>, _ text: SwiftText? = nil, what: String
    ) -> [Finding] {
        // Unicode's own word boundaries see none in `a.b`.
        let pattern = pattern.wordBoundaryKind(.simple)
        return (text ?? SwiftText(file.text)).code.enumerated().compactMap { index, code in
            code.contains(pattern) ? file.finding(index + 1, what) : nil
        }
    }

    /// The comment at the end of a line, and those directly above it; attributes may stand between.
    private static func comments(at number: Int, _ text: SwiftText) -> [String] {
        var found: [String] = []
        var index = number - 1
        repeat {
            if let comment = comment(at: index, text) { found.append(comment) }
            index -= 1
        } while index >= 0 && isCommentOrAttribute(text.lines[index])
        return found
    }

    private static func comment(at index: Int, _ text: SwiftText) -> String? {
        // A comment is what the line has beyond its code.
        let code = text.code[index].reversed().drop(while: \.isWhitespace).count
        let rest = text.lines[index].dropFirst(code).drop(while: \.isWhitespace)
        guard rest.hasPrefix("//") else { return nil }
        return String(rest.drop { $0 == "/" }.drop(while: \.isWhitespace))
    }

    private static func isCommentOrAttribute(_ line: Substring) -> Bool {
        let line = line.drop(while: \.isWhitespace)
        return line.hasPrefix("//") || line.hasPrefix("@")
    }
}

/// An `import` line.
struct Import {
    var module: String
    var line: Int
}

/// The modules that a Swift file imports.
func imports(in file: TreeFile) -> [Import] {
    let pattern =
        #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/#
    return SwiftText(file.text).code.enumerated().compactMap { index, code in
        code.firstMatch(of: pattern).map { Import(module: String($0.1), line: index + 1) }
    }
}
