/// Text from anywhere made fit for messages: no control characters, and one kind of line break.
package enum CleanText {
    /// Lines that end with `\n`, whatever they ended with; a control character other than tab becomes U+FFFD.
    package static func paragraphs(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\r": out.append("\n")
            case "\n": if previous != "\r" { out.append("\n") }
            case "\t": out.append(scalar)
            default: out.append(isControl(scalar) ? "\u{FFFD}" : scalar)
            }
            previous = scalar
        }
        return String(out)
    }

    /// One line without white space at its ends: line breaks and tabs become spaces.
    package static func line(_ text: String) -> String {
        let spaced = paragraphs(text).unicodeScalars.map { $0 == "\n" || $0 == "\t" ? " " : $0 }
        return String(String.UnicodeScalarView(spaced)).trimmed
    }

    /// At most some characters, with a mark where something is missing.
    package static func clipped(_ text: String, _ charactersMax: Int) -> String {
        text.count <= charactersMax ? text : text.prefix(charactersMax - 1) + "…"
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 32 || (127...159).contains(scalar.value)
    }
}

extension StringProtocol {
    /// Without white space at its ends.
    package var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)])
    }
}
