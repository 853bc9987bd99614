import DaymillCore
import DaymillPipeline
import Testing

/// A text is written into a YAML file in every style; then each visible character of the value must be found where it
/// stands in the file.
@Suite struct ScalarMapTests {
    enum Style: String, CaseIterable {
        case literal, folded, plain, singleQuoted, doubleQuoted
    }

    /// SplitMix64.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// Words over lines, some indented, some lines empty; what every style can hold.
    static func text(_ generator: inout Generator) -> String {
        let words = [
            "SELECT", "é", "count(*)", "it''s", "'a'", "n", "日本", "x.y", "=", "\u{1F600}", "--", "\\d", "\"q\"",
        ]
        var lines: [String] = []
        for _ in 0..<Int.random(in: 1...5, using: &generator) {
            let line = (0..<Int.random(in: 1...4, using: &generator)).map { _ in words.randomElement(using: &generator)!
            }
            lines.append(line.joined(separator: " "))
            if Bool.random(using: &generator) { lines.append("") }
        }
        return "w " + lines.joined(separator: "\n") + " w"
    }

    /// The file, with the text as the value of a key below another.
    static func file(_ text: String, _ style: Style, lineEnd: String, _ generator: inout Generator) -> String {
        let margin = String(repeating: " ", count: Int.random(in: 1...6, using: &generator))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : margin + $0 }
        let body = lines.joined(separator: lineEnd)
        let value: String
        switch style {
        case .literal: value = "|\(lineEnd)\(body)"
        case .folded: value = ">- # folded\(lineEnd)\(body)"
        case .plain: value = String(body.drop { $0 == " " })
        case .singleQuoted:
            value = "'\(body.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
        case .doubleQuoted:
            value =
                "\"" + body.map { $0 == "\\" ? "\\\\" : $0 == "\"" ? "\\\"" : $0 == "é" ? "\\u00e9" : "\($0)" }.joined()
                + "\""
        }
        return "first: 日本\(lineEnd)key: \(value)\(lineEnd)last: z\(lineEnd)"
    }

    @Test(arguments: Style.allCases, ["\n", "\r\n"])
    func everyVisibleCharacterIsFound(style: Style, lineEnd: String) throws {
        let seed: UInt64 = 20_240_916
        var generator = Generator(state: seed)
        for round in 0..<200 {
            let text = Self.text(&generator)
            let file = Self.file(text, style, lineEnd: lineEnd, &generator)
            let root = try #require(try YAMLDocument(YAMLText(file, file: "f")).root)
            guard case .mapping(let entries) = root.content, let value = entries[1].value.text else {
                Issue.record("seed \(seed), round \(round): \(file)")
                return
            }
            #expect(value.filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
            let map = ScalarMap(entries[1].value)
            let wrong = Self.firstWrong(value, map, in: file, style)
            #expect(wrong == nil, "seed \(seed), round \(round): \(file)")
        }
    }

    /// The offset of the first visible character that is not where the map says.
    static func firstWrong(_ value: String, _ map: ScalarMap, in file: String, _ style: Style) -> Int? {
        let lines = file.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(Array.init)
        var offset = 0
        for character in value {
            defer { offset += character.utf8.count }
            if character.isWhitespace { continue }
            let place = map.place(utf8Offset: offset)
            let found = lines[place.line! - 1][place.column! - 1]
            let isEscaped = style == .doubleQuoted && "\\\"é".contains(character)
            if found != (isEscaped ? "\\" : character) { return offset }
        }
        return nil
    }

    @Test func theEndIsRightAfterWhatCanBeSeen() throws {
        let root = try #require(try YAMLDocument(YAMLText("a: |\n  x\n  yz\n\n\nb: c\n", file: "f")).root)
        guard case .mapping(let entries) = root.content else { return }
        let end = SourcePlace(file: "f", line: 3, column: 5)
        #expect(ScalarMap(entries[0].value).place(utf8Offset: 5) == end)
        #expect(ScalarMap(entries[0].value).place(utf8Offset: 500) == end)
        #expect(ScalarMap(entries[1].value).place(character: 0) == SourcePlace(file: "f", line: 6, column: 4))
    }
}

/// Whatever stands in a file, reading it ends with a pipeline or with problems that have places.
@Suite struct MangledFileTests {
    @Test(arguments: PipelineCaseTests.names)
    func mangledFilesAreReadOrRefused(name: String) throws {
        let yaml = try SchemaTests.text("Tests/Cases/pipeline/\(name)/pipeline.yaml")
        guard !yaml.isEmpty, yaml.utf8.count < 2000 else { return }
        var generator = ScalarMapTests.Generator(state: UInt64(yaml.utf8.count))
        for round in 0..<15 {
            let mangled = Self.mangled(Array(yaml.unicodeScalars), &generator)
            do {
                _ = try Pipeline.parse(mangled, file: "m.yaml")
            } catch let errors as DaymillErrors {
                #expect(errors.all.allSatisfy { $0.code != .bug && $0.place != nil }, "round \(round): \(mangled)")
            } catch {
                Issue.record("round \(round): \(error) of \(mangled)")
            }
        }
    }

    /// With pieces dropped, doubled and replaced.
    static func mangled(_ scalars: [Unicode.Scalar], _ generator: inout ScalarMapTests.Generator) -> String {
        let odd: [Unicode.Scalar] = [
            "\t", "\n", "\r", ":", "-", "{", "}", "[", "]", "'", "\"", "|", ">", "&", "*", "!", "#", "%", "@", "?", ",",
            "0",
            "é", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{E000}", "\\", " ",
        ]
        var scalars = scalars
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let at = Int.random(in: 0..<max(1, scalars.count), using: &generator)
            let end = min(scalars.count, at + Int.random(in: 0...12, using: &generator))
            switch Int.random(in: 0...2, using: &generator) {
            case 0: scalars.removeSubrange(min(at, end)..<end)
            case 1: scalars.insert(contentsOf: Array(scalars[min(at, end)..<end]), at: min(at, scalars.count))
            default: scalars.insert(odd.randomElement(using: &generator)!, at: min(at, scalars.count))
            }
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
