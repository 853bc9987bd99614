import Testing

/// A place in the tree that breaks a rule.
struct Finding: CustomStringConvertible {
    var path: String
    /// From 1.
    var line: Int
    var what: String

    /// `path:line: what`, as editors jump to it.
    var description: String { "\(path):\(line): \(what)" }
}

/// A file of the tree, or a made-up one.
struct TreeFile {
    /// Relative to the root, with `/`.
    var path: String
    var text: String

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// The folder under `Sources/`; nil for files elsewhere.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// The lines with their numbers.
    var numberedLines: [(number: Int, text: Substring)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ($0.offset + 1, $0.element) }
    }

    func finding(_ line: Int, _ what: String) -> Finding { Finding(path: path, line: line, what: what) }
}

/// Fails with every finding.
func expectNone(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
    let list = findings.map(\.description).joined(separator: "\n")
    #expect(findings.isEmpty, "\(list)", sourceLocation: sourceLocation)
}
