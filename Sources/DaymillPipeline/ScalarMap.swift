package import DaymillCore

/// Where each byte of a scalar's value stands in the file.
///
/// The value differs from what is written by indentation, folded lines, and escapes. All of these are white space or
/// start with a fixed character, so both texts are walked side by side: exact for every visible character of every
/// style, and for white space wherever it is kept.
package struct ScalarMap {
    private let text: YAMLText
    /// For each UTF-8 byte of the value, and its end: a position in the file's scalars.
    private let positions: [Int]
    private let value: String

    package init(_ node: YAMLNode) {
        text = node.file
        guard case .scalar(let value, let style) = node.content else {
            (self.value, positions) = ("", [node.start])
            return
        }
        self.value = value
        var walk = ScalarWalk(scalars: text.scalars, style: style, index: node.start)
        positions = walk.positions(of: value)
    }

    /// The place of a byte of the value; for white space at its end and beyond, right after what can be seen.
    package func place(utf8Offset: Int) -> SourcePlace {
        guard utf8Offset >= visibleCount, visibleCount > 0 else {
            return text.place(at: positions[min(max(utf8Offset, 0), positions.count - 1)])
        }
        return text.place(at: positions[visibleCount - 1] + 1)
    }

    /// Bytes of the value without the white space at its end.
    private var visibleCount: Int {
        value.unicodeScalars.lastIndex { !$0.properties.isWhitespace }.map { index in
            value.utf8.distance(from: value.startIndex, to: value.unicodeScalars.index(after: index))
        } ?? 0
    }

    /// The place of a character of the value.
    package func place(character offset: Int) -> SourcePlace {
        place(utf8Offset: value.prefix(offset).utf8.count)
    }
}

private struct ScalarWalk {
    let scalars: [Unicode.Scalar]
    let style: YAMLNode.ScalarStyle
    var index: Int

    mutating func positions(of value: String) -> [Int] {
        skipHead()
        var positions: [Int] = []
        for scalar in value.unicodeScalars {
            let position = consume(scalar)
            positions.append(contentsOf: repeatElement(position, count: UTF8.width(scalar)))
        }
        return positions + [min(index, scalars.count)]
    }

    private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    /// Anchor and tag, opening quote, or the line of `|`.
    private mutating func skipHead() {
        while let first = current, first == "&" || first == "!" {
            skip { !$0.properties.isWhitespace }
            skip { $0.properties.isWhitespace }
        }
        switch style {
        case .plain: break
        case .singleQuoted, .doubleQuoted: index += 1
        case .block:
            skip { !YAMLText.isBreak($0) }
            if current == "\r" { index += 1 }
            index += 1
        }
    }

    private mutating func skip(while condition: (Unicode.Scalar) -> Bool) {
        while let scalar = current, condition(scalar) { index += 1 }
    }

    /// Moves past what stands for one scalar of the value, and gives where that starts.
    private mutating func consume(_ scalar: Unicode.Scalar) -> Int {
        skipContinuations()
        if scalar.properties.isWhitespace {
            let position = index
            if current == scalar { index += 1 } else if current == "\\" { index += escapeLength }
            return position
        }
        skip { $0.properties.isWhitespace }
        skipContinuations()
        let position = index
        switch (style, current) {
        case (.doubleQuoted, "\\"?): index += escapeLength
        case (.singleQuoted, "'"?): index += 2
        default: index += 1
        }
        return position
    }

    /// A backslash at the end of a line in double quotes stands for nothing, and hides the indentation of the next
    /// line.
    private mutating func skipContinuations() {
        while style == .doubleQuoted, current == "\\", index + 1 < scalars.count, YAMLText.isBreak(scalars[index + 1]) {
            index += 1
            skip { $0.properties.isWhitespace }
        }
    }

    private var escapeLength: Int {
        guard index + 1 < scalars.count else { return 1 }
        switch scalars[index + 1] {
        case "x": return 4
        case "u": return 6
        case "U": return 10
        default: return 2
        }
    }
}
