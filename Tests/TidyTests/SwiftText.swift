/// Swift source with comments and text blanked out, line by line, so that rules look at code only.
///
/// Knows line and nested block comments, one-line, raw and multi-line strings, and code inside of interpolations.
struct SwiftText {
    /// Lines as they stand in the file.
    let lines: [Substring]
    /// The same lines with spaces for everything that is not code.
    let code: [Substring]

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var blanker = Blanker(text)
        code = blanker.blanked().split(separator: "\n", omittingEmptySubsequences: false)
    }
}

private struct Blanker {
    private let text: [Character]
    private var place = 0
    private var out: [Character] = []

    init(_ text: String) { self.text = Array(text) }

    /// The text with the same line breaks.
    mutating func blanked() -> String {
        code(until: nil)
        return String(out)
    }

    /// Copies code, up to a closing parenthesis of an interpolation when one is awaited.
    private mutating func code(until end: Character?) {
        var depth = 0
        while place < text.count {
            if starts(with: "//") {
                while place < text.count, text[place] != "\n" { blank() }
            } else if starts(with: "/*") {
                blockComment()
            } else if let hashes = hashesBeforeQuote() {
                string(hashes: hashes)
            } else {
                if text[place] == "(" { depth += 1 }
                if text[place] == ")" { depth -= 1 }
                copy()
                if end != nil, depth < 0 { return }
            }
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                blank(2)
            } else if starts(with: "*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && place < text.count
    }

    private mutating func string(hashes: Int) {
        let raw = String(repeating: "#", count: hashes)
        blank(hashes)
        let quote = starts(with: "\"\"\"") ? "\"\"\"" : "\""
        blank(quote.count)
        while place < text.count {
            if starts(with: quote + raw) {
                blank(quote.count + hashes)
                return
            } else if starts(with: "\\" + raw + "(") {
                blank(hashes + 2)
                code(until: ")")
            } else if starts(with: "\\" + raw) {
                blank(hashes + 2)
            } else if text[place] == "\n", quote == "\"" {
                return
            } else {
                blank()
            }
        }
    }

    /// How many `#` stand before a quote that begins here; nil when no string begins here.
    private func hashesBeforeQuote() -> Int? {
        var end = place
        while end < text.count, text[end] == "#" { end += 1 }
        return end < text.count && text[end] == "\"" ? end - place : nil
    }

    private func starts(with prefix: String) -> Bool { text[place...].starts(with: prefix) }

    private mutating func copy() {
        out.append(text[place])
        place += 1
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where place < text.count {
            out.append(text[place] == "\n" ? "\n" : " ")
            place += 1
        }
    }
}
