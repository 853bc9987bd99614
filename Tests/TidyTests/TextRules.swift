import Foundation

/// Rules about all text of ours, Swift or not.
enum TextRules {
    /// Nineteen in twenty files are far below; see STYLE.md 10.
    static let linesMax = 900

    // Spelled in parts, so that this file does not find itself.
    static let leftOverWords = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
    static let machinePathParts = ["/wo" + "rk/", "/tm" + "p/h/", "/ro" + "ot/", "/opt/" + "swift"]

    /// Work is finished or it is not there; what is left stands in an issue.
    static func leftOvers(_ file: TreeFile) -> [Finding] {
        file.numberedLines.flatMap { number, text in
            leftOverWords.filter { word in text.split { !$0.isLetter }.contains { $0 == word } }
                .map { file.finding(number, "\($0) is left here") }
        }
    }

    /// Paths of a developer's machine mean nothing on another.
    static func machinePaths(_ file: TreeFile) -> [Finding] {
        file.numberedLines.flatMap { number, text in
            machinePathParts.filter { text.contains($0) }
                .map { file.finding(number, "'\($0)' is a path of one machine") }
        }
    }

    /// A file is something that one can read in one go.
    static func longFile(_ file: TreeFile) -> [Finding] {
        let count = file.numberedLines.count
        return count > linesMax ? [file.finding(count, "\(count) lines; split it, at most \(linesMax)")] : []
    }

    /// A link to a file leads to a file.
    ///
    /// - Parameter exists: Whether a path relative to the root is there.
    static func brokenLinks(_ file: TreeFile, exists: (String) -> Bool) -> [Finding] {
        guard file.path.hasSuffix(".md") else { return [] }
        return file.numberedLines.flatMap { number, text in
            text.matches(of: #/\]\(([^)\s]+)\)/#).compactMap { match -> Finding? in
                guard let path = path(ofLink: String(match.1), in: file.path), !exists(path) else { return nil }
                return file.finding(number, "the link leads nowhere: \(match.1)")
            }
        }
    }

    /// The path that a relative link means, from the root; nil for addresses and places in the same file.
    private static func path(ofLink link: String, in page: String) -> String? {
        let target = link.prefix { $0 != "#" }
        guard !target.isEmpty, !link.contains("://"), !link.hasPrefix("mailto:") else { return nil }
        let folder = page.split(separator: "/").dropLast().map(String.init)
        let parts = target.split(separator: "/").map(String.init).reduce(into: folder) { parts, part in
            switch part {
            case ".": break
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}
