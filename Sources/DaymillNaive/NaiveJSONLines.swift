import DaymillCore
import DaymillSQL

/// The rows of a file of JSON Lines as typed values.
///
/// - A line is one object; lines of nothing but white space are passed over.
/// - A value is where its path leads; of a key that comes twice the last counts. No key there, or null: NULL.
/// - A text is decoded, a number stays as it is spelt, true and false are their words: what comes out is read as a field
///   of CSV would be. An object or array is its own text, for text columns only.
/// - The whole line must be JSON, but for the inside of strings that nobody uses.
struct NaiveJSONLines {
    private let name: String
    private let dialect: NaiveDialect
    private let used: [Int]
    private let paths: [JSONPath]
    private let pieces: () throws -> [UInt8]?
    /// Bytes that have been read and not yet used.
    private var ahead: ArraySlice<UInt8> = []
    private var isAtEnd = false
    private var line = 0
    private var offset = 0

    /// - Parameter used: the columns that are converted.
    init(_ name: String, dialect: NaiveDialect, used: [Int], pieces: @escaping () throws -> [UInt8]?) {
        self.name = name
        self.dialect = dialect
        self.used = used
        self.pieces = pieces
        paths = dialect.paths ?? []
    }

    /// The next row; nil at the end.
    mutating func next() throws -> NaiveRows.Row? {
        while let found = try nextLine() {
            if found.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            do { return .good(try values(found.bytes)) } catch let unfit as Unfit {
                return .bad(BadRow(file: name, line: line, offset: found.offset, reason: unfit.reason))
            } catch is NaiveJSON.Malformed {
                return .bad(BadRow(file: name, line: line, offset: found.offset, reason: "the line is no JSON"))
            }
        }
        return nil
    }

    private mutating func nextLine() throws -> (bytes: [UInt8], offset: Int)? {
        while true {
            if let end = ahead.firstIndex(of: 0x0A) { return take(upTo: end, afterwards: 1) }
            guard !isAtEnd, let more = try pieces() else {
                isAtEnd = true
                return ahead.isEmpty ? nil : take(upTo: ahead.endIndex, afterwards: 0)
            }
            ahead = Array(ahead + more)[...]
        }
    }

    private mutating func take(upTo end: Int, afterwards: Int) -> (bytes: [UInt8], offset: Int) {
        var bytes = Array(ahead[..<end]), start = offset
        offset += bytes.count + afterwards
        ahead = ahead[(end + afterwards)...]
        if line == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            bytes.removeFirst(3)
            start += 3
        }
        line += 1
        return (bytes, start)
    }

    private struct Unfit: Error {
        var reason: String
    }

    private func values(_ line: [UInt8]) throws -> [Value] {
        let object = try NaiveJSON.parse(line)
        guard case .object = object else { throw Unfit(reason: "the line is no object") }
        try checkKeys(object, used.map { paths[$0].steps[...] })
        var row = [Value](repeating: .null, count: dialect.columns.count)
        for column in used {
            row[column] = try value(column, object)
            if row[column] == .null, dialect.columns[column].name == dialect.eventTime {
                throw Unfit(reason: "the event time is NULL")
            }
        }
        return row
    }

    /// Keys that are compared with some path must be right.
    private func checkKeys(_ value: NaiveJSON, _ paths: [ArraySlice<JSONPath.Step>]) throws {
        switch value {
        case .object(let members, _):
            guard paths.contains(where: { if case .key = $0.first { true } else { false } }) else { return }
            for member in members {
                guard let key = NaiveJSON.decode(member.key) else { throw Unfit(reason: "a key is no text") }
                try checkKeys(member.value, NaiveJSONLines.below(paths, key: key))
            }
        case .array(let elements, _):
            for (i, element) in elements.enumerated() {
                try checkKeys(element, paths.filter { $0.first == .element(i) }.map { $0.dropFirst() })
            }
        default: break
        }
    }

    private static func below(_ paths: [ArraySlice<JSONPath.Step>], key: [UInt8]) -> [ArraySlice<JSONPath.Step>] {
        paths.filter { path in
            if case .key(let name) = path.first { Array(name.utf8) == key } else { false }
        }.map { $0.dropFirst() }
    }

    private func value(_ column: Int, _ object: NaiveJSON) throws -> Value {
        let type = dialect.columns[column].type, name = dialect.columns[column].name
        guard let found = NaiveJSONLines.find(paths[column].steps[...], object) else {
            if !dialect.fillsMissingFields { throw Unfit(reason: "there is no '\(name)'") }
            return .null
        }
        let text: [UInt8]
        switch found {
        case .null: return .null
        case .boolean(let truth): text = Array((truth ? "true" : "false").utf8)
        case .number(let digits): text = digits
        case .string(let raw):
            guard let decoded = NaiveJSON.decode(raw) else { throw Unfit(reason: "column '\(name)' is no text") }
            if dialect.nullWords.contains(where: { Array($0.utf8) == decoded }) { return .null }
            text = decoded
        case .array(_, let raw), .object(_, let raw):
            guard type == .text else { throw Unfit(reason: "column '\(name)' is no \(type)") }
            text = raw
        }
        let clock = dialect.clocks[name]
        guard let value = clock.map({ $0.value(of: text) }) ?? NaiveText.value(of: text, as: type) else {
            throw Unfit(reason: "column '\(name)' is no \(type)")
        }
        return value
    }

    private static func find(_ path: ArraySlice<JSONPath.Step>, _ value: NaiveJSON) -> NaiveJSON? {
        switch (path.first, value) {
        case (nil, _): value
        case (.key(let key), .object(let members, _)):
            members.last { NaiveJSON.decode($0.key) == Array(key.utf8) }.flatMap { find(path.dropFirst(), $0.value) }
        case (.element(let i), .array(let elements, _)):
            i < elements.count ? find(path.dropFirst(), elements[i]) : nil
        default: nil
        }
    }
}
