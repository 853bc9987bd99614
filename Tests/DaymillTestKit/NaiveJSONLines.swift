package import DaymillCore
package import DaymillSQL

/// The rows of a file of JSON Lines as typed values.
///
/// - A line is one object; lines of nothing but white space are passed over.
/// - A value is where its path leads; of a key that comes twice the last counts. No key there, or null: NULL.
/// - A text is decoded, a number stays as it is spelt, true and false are their words: what comes out is read as a field
///   of CSV would be. An object or array is its own text, for text columns only.
/// - The whole line must be JSON, but for the inside of strings that nobody uses.
package struct NaiveJSONLines {
    /// A column and where it stands.
    package struct Wanted: Sendable {
        package var column: Column
        package var path: JSONPath

        package init(_ name: String, _ type: SQLType, _ path: String? = nil) {
            column = Column(name, type)
            self.path = path.map { try! JSONPath.parse($0) } ?? JSONPath(key: name)
        }
    }

    /// A row, and where its line begins.
    package struct Row: Hashable {
        package var offset: Int
        package var values: [Value]

        package init(offset: Int, values: [Value]) {
            self.offset = offset
            self.values = values
        }
    }

    package private(set) var rows: [Row] = []
    /// Where the lines of bad rows begin.
    package private(set) var bad: [Int] = []
    private let wanted: [Wanted]
    private let nullWords: [String]
    private let fillsMissing: Bool

    package init(_ bytes: [UInt8], _ wanted: [Wanted], nullWords: [String] = [], fillsMissing: Bool = true) {
        self.wanted = wanted
        self.nullWords = nullWords
        self.fillsMissing = fillsMissing
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        for line in bytes[start...].split(separator: 0x0A, omittingEmptySubsequences: false) {
            read(Array(line), at: start)
            start += line.count + 1
        }
    }

    private struct Unfit: Error {}

    private mutating func read(_ line: [UInt8], at offset: Int) {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return }
        do {
            let object = try NaiveJSON.parse(line)
            guard case .object = object else { throw Unfit() }
            try checkKeys(object, wanted.map { $0.path.steps[...] })
            rows.append(Row(offset: offset, values: try wanted.map { try value($0, object) }))
        } catch { bad.append(offset) }
    }

    /// Keys that are compared with some path must be right.
    private func checkKeys(_ value: NaiveJSON, _ paths: [ArraySlice<JSONPath.Step>]) throws {
        switch value {
        case .object(let members, _):
            guard paths.contains(where: { if case .key = $0.first { true } else { false } }) else { return }
            for member in members {
                guard let key = NaiveJSON.decode(member.key) else { throw Unfit() }
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

    private func value(_ wanted: Wanted, _ object: NaiveJSON) throws -> Value {
        guard let found = NaiveJSONLines.find(wanted.path.steps[...], object) else {
            if !fillsMissing { throw Unfit() }
            return .null
        }
        let type = wanted.column.type
        let text: [UInt8]
        switch found {
        case .null: return .null
        case .boolean(let truth): text = Array((truth ? "true" : "false").utf8)
        case .number(let digits): text = digits
        case .string(let raw):
            guard let decoded = NaiveJSON.decode(raw) else { throw Unfit() }
            if nullWords.contains(where: { Array($0.utf8) == decoded }) { return .null }
            text = decoded
        case .array(_, let raw), .object(_, let raw):
            guard type == .text else { throw Unfit() }
            text = raw
        }
        guard let value = NaiveText.value(of: text, as: type) else { throw Unfit() }
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
