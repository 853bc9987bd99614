import DaymillColumns
import DaymillCore
import DaymillSQL
import DaymillTestKit
import Testing

/// JSON Lines are read as a simple parser reads them, wherever pieces are cut and whatever the CPU has.
@Suite struct JSONReadingTests {
    static let wanted: [Wanted] = [
        .init("a", .text), .init("b", .integer), .init("whole", .text, "c"), .init("d", .text, "c.d"),
        .init("e", .decimal(scale: 2), "c.e"), .init("f", .double), .init("second", .text, "list[1]"),
        .init("deep", .boolean, "list[0].a"), .init("dotted", .text, "\"x.y\""), .init("twice", .text, "a"),
        .init("none", .text, "\"\""), .init("day", .date, "d"), .init("time", .timestamp, "e"),
    ]

    private func expect(_ reading: JSONReading, _ bytes: [UInt8], _ wanted: [Wanted] = wanted) throws {
        let naive = try reading.naive(bytes, wanted)
        let got = try reading.read(bytes, wanted)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(got.rows.map(\.values) == naive.rows, "\(reading)\n\(text)")
        #expect(got.bad.map(\.offset) == naive.bad, "\(reading)\n\(got.bad)\n\(text)")
        for bad in got.bad {
            #expect(!bad.reason.contains("is not a JSON object"), "a reason is missing: \(bad)\n\(text)")
        }
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func generatedLinesAreReadAsTheNaiveParserDoes(_ seed: UInt64) throws {
        var generator = GeneratedJSON(seed: seed, damage: seed % 3 == 0 ? 0 : 3)
        let bytes = generator.file(lines: 20)
        var reading = JSONReading(level: Int32(seed % 4))
        if seed % 5 == 0 { reading.nullWords = ["", "READ", "12"] }
        reading.fillsMissing = seed % 7 != 0
        try expect(reading, bytes)
        try expect(reading, bytes, Array(Self.wanted.shuffled(seed).prefix(1 + Int(seed % 5))))
        try expect(reading, bytes, [.init("nobody", .integer, "nobody.has.this")])
    }

    @Test(arguments: 1000..<1006 as Range<UInt64>)
    func everyPieceSizeGivesTheSame(_ seed: UInt64) throws {
        var generator = GeneratedJSON(seed: seed)
        let bytes = generator.file(lines: 4)
        let expected = try JSONReading().read(bytes, Self.wanted)
        for chunkBytes in stride(from: 1, through: bytes.count, by: seed == 1000 ? 1 : 7) {
            var reading = JSONReading(
                threads: 1 + chunkBytes % 3, chunkBytes: chunkBytes, level: Int32(chunkBytes / 3 % 4))
            #expect(try reading.read(bytes, Self.wanted) == expected, "\(reading)")
            guard chunkBytes % 16 == 1 else { continue }
            reading.supply = .stream(bytesPerRead: 1 + chunkBytes % 50)
            #expect(try reading.read(bytes, Self.wanted) == expected, "\(reading)")
        }
    }

    @Test(arguments: [2000, 2001] as [UInt64])
    func aFileCutAnywhereIsReadAsTheNaiveParserDoes(_ seed: UInt64) throws {
        var generator = GeneratedJSON(seed: seed, damage: 0)
        let bytes = generator.file(lines: 3)
        for length in 0...bytes.count {
            try expect(JSONReading(level: Int32(length % 4)), Array(bytes[..<length]))
        }
    }

    /// Backslashes, quotes and line ends at every place of a block of 64.
    @Test(arguments: [0, 1, 2, 3] as [Int32])
    func escapesMeanTheSameAtEveryPlaceOfABlock(_ level: Int32) throws {
        let wanted: [Wanted] = [.init("a", .text), .init("b", .text)]
        for length in stride(from: Int(level), to: 136, by: 2) {
            let filler = String(repeating: "x", count: length)
            let lines = (0..<5).map { count in
                let escapes = String(repeating: "\\\\", count: count)
                return #"{"p":"\#(filler)\#(escapes)\"\#(escapes)","a":"\#(filler)\#(escapes)","b":"\#(escapes)\"}"}"#
            }
            try expect(JSONReading(level: level), Array(lines.joined(separator: "\n").utf8), wanted)
        }
    }

    /// More keys than a worker remembers, keys that are too long to remember, and other keys in every line.
    @Test func linesWithManyKeysAreRead() throws {
        var lines = (0..<6).map { line in
            let members = (0..<1500).map { #""k\#(line * 997 + $0 * 7)":\#($0)"# }
            return "{\(members.joined(separator: ",")),\"a\":\(line)}"
        }
        let long = String(repeating: "long", count: 40)
        lines += ["{\"\(long)\":5}", "{\"\(long)\":6,\"a\":7}", "{\"a\":8,\"\(long)\":\"x\"}"]
        let wanted: [Wanted] = [
            .init("a", .integer), .init("l", .text, long), .init("k", .integer, "k994"), .init("z", .integer, "k7"),
        ]
        try expect(JSONReading(), Array(lines.joined(separator: "\n").utf8), wanted)
    }

    @Test func nestingHasABound() throws {
        let levels = Limits.jsonDepthMax
        func line(_ depth: Int) -> String {
            #"{"a":1,"x":\#(String(repeating: "[", count: depth - 1))\#(String(repeating: "]", count: depth - 1))}"#
        }
        let wanted: [Wanted] = [.init("a", .integer)]
        let bytes = Array("\(line(levels))\n\(line(levels + 1))\n\(line(100_000))\n{\"a\":2}".utf8)
        let got = try JSONReading().read(bytes, wanted)
        #expect(got.rows.map(\.values) == [[.integer(1)], [.integer(2)]])
        #expect(
            got.bad.map(\.reason) == Array(repeating: "more than 256 objects and arrays inside each other", count: 2))
        #expect(got.bad[0].at - got.bad[0].offset == 11 + levels - 1)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var line: String
        var column: Int
        var reason: String
        var testDescription: String { line }

        init(_ line: String, _ column: Int, _ reason: String) {
            self.line = line
            self.column = column
            self.reason = reason
        }
    }

    static let faults: [Fault] = [
        Fault(#"[{"a":1}]"#, 1, "a line holds one JSON object, and this one begins with '['"),
        Fault("12", 1, "a line holds one JSON object, and this one begins with '1'"),
        Fault(#"{"a":"x"} {"a":"y"}"#, 11, "'{' stands after the end of the object"),
        Fault(#"{"a":"x""#, 9, "the end of the line stands where ',' or '}' is expected"),
        Fault(#"{"a":"x"#, 6, "a string begins here and never ends"),
        Fault(#"{"a":"x\"}"#, 6, "a string begins here and never ends"),
        Fault(#"{"a" "x"}"#, 6, "'\"' stands where ':' is expected after a key"),
        Fault(#"{a:"x"}"#, 2, "'a' stands where a key in quotes is expected"),
        Fault(#"{"a":"x",}"#, 10, "'}' stands where a key in quotes is expected"),
        Fault(#"{"z":[1,2,]}"#, 11, "']' stands where a value is expected"),
        Fault(#"{"z":[1 2]}"#, 9, "'2' stands where ',' or ']' is expected"),
        Fault(#"{"z":01}"#, 6, "'01' is not a JSON value"),
        Fault(#"{"z":NaN}"#, 6, "'NaN' is not a JSON value"),
        Fault(#"{"z":True}"#, 6, "'True' is not a JSON value"),
        Fault(#"{"z":'x'}"#, 6, "''x'' is not a JSON value"),
        Fault("{\"z\":\"a\tb\"}", 8, "the control character 9 stands in a string and is not escaped"),
        Fault(#"{"a":"\ud83d!"}"#, 7, #"column 'a' has half of a surrogate pair: '\ud83d!'"#),
        Fault(#"{"a":"\x41"}"#, 7, #"column 'a' has an escape that JSON does not have: '\x41'"#),
        Fault(#"{"\ud83d":1}"#, 3, "half of a surrogate pair"),
        Fault(#"{"b":9223372036854775808}"#, 6, "column 'b': '9223372036854775808' is not an integer"),
        Fault(#"{"b":1.5}"#, 6, "column 'b': '1.5' is not an integer"),
        Fault(#"{"a":"x","b":true}"#, 14, "column 'b': 'true' is not an integer"),
        Fault(#"{"b":{"c":1}}"#, 6, #"column 'b' has an object or array: '{"c":1}'"#),
        Fault(#"{"a":"x","b":"\u0031x"}"#, 15, "column 'b': '1x' is not an integer"),
    ]

    @Test(arguments: faults)
    func whatIsWrongIsSaidWithItsPlace(_ fault: Fault) throws {
        let wanted: [Wanted] = [.init("a", .text), .init("b", .integer)]
        let got = try JSONReading().read(Array("{}\n\(fault.line)\n{}".utf8), wanted)
        #expect(got.rows.count == 2)
        #expect(got.bad.map { "\($0.at - 2) \($0.reason)" } == ["\(fault.column) \(fault.reason)"])
    }

    @Test func bytesThatAreNotUTF8CountWhereTheyAreUsed() throws {
        let bytes = Array(#"{"a":"x","z":"?"}"#.utf8).map { $0 == UInt8(ascii: "?") ? 0xFF : $0 }
        let used = try JSONReading().read(bytes, [.init("z", .text)])
        #expect(used.bad.map(\.reason) == ["column 'z' has bytes that are not UTF-8: '\u{FFFD}'"])
        #expect(try JSONReading().read(bytes, [.init("a", .text)]).rows.map(\.values) == [[.text("x")]])
    }
}

extension Array {
    fileprivate func shuffled(_ seed: UInt64) -> Array {
        var random = SeededGenerator(seed: seed)
        return shuffled(using: &random)
    }
}
