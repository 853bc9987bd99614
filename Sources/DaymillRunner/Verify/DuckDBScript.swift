import DaymillConnect
import DaymillCore
import DaymillNaive
import DaymillPipeline
import DaymillSQL

/// The text of what DuckDB is asked: the raw files as text, our rules for values, the rollup, its rows as CSV.
struct DuckDBScript {
    /// Files that are read in one call.
    private struct Layout: Hashable {
        var compression: FileCompression
        var hasHeader: Bool
        var width: Int
        var places: [Int?]
        var newline: InputLook.Newline
        /// Where duplicates are removed by the path's day.
        var day: Day?
    }

    private let request: VerifyRequest
    private let needed: [Int]
    private let layouts: [(layout: Layout, paths: [String])]

    /// - Parameter looks: at the inputs, in their order.
    init(_ request: VerifyRequest, _ looks: [InputLook]) {
        self.request = request
        let source = request.source
        needed = request.rollup.usedColumns.union(source.distinctOn).union(source.eventTime.map { [$0] } ?? []).sorted()
        var layouts: [Layout: [String]] = [:]
        for (input, look) in zip(request.inputs, looks) {
            let layout = Layout(
                compression: look.compression, hasHeader: look.hasHeader, width: look.width, places: look.places,
                newline: look.newline, day: source.distinctOn.isEmpty ? nil : input.day)
            layouts[layout, default: []].append(input.file.realPath)
        }
        self.layouts = layouts.map { (layout: $0, paths: $1.sorted()) }.sorted { $0.paths[0] < $1.paths[0] }
    }

    /// - Parameter folder: where DuckDB may put what does not fit its memory.
    func text(_ options: VerifyOptions, folder: String) -> String {
        """
        SET memory_limit = '\(options.memory.bytes)B';
        SET temp_directory = \(quoted(folder));
        SET threads = \(options.threads);
        SET preserve_insertion_order = false;
        SET autoinstall_known_extensions = false;
        CREATE TEMP VIEW \(identifier(Self.table)) AS
        \(rows);
        COPY (
        \(request.rollup.duckDBText(from: Self.table))
        ) TO '/dev/stdout' (FORMAT csv, HEADER false, FORCE_QUOTE *, NULLSTR '');

        """
    }

    private static let table = "rows of the window"
    private static let pathDay = "day of the path"

    // MARK: Rows

    private var rows: String {
        // Without a file there is nothing to read, and still there are columns.
        let none = "SELECT \(columns(nil)) WHERE false"
        let files = layouts.map { "SELECT \(columns($0.layout)) FROM \(reading($0.layout, $0.paths))" }
        let all = "SELECT * FROM (\n\(([none] + files).joined(separator: "\nUNION ALL\n"))\n)"
        return all + window + distinct
    }

    /// The needed columns by name and type, and the day of the path.
    private func columns(_ layout: Layout?) -> String {
        let values = needed.map { column in
            let declared = request.source.columns[column]
            let field = layout?.places[column].map { "f\($0)" } ?? "CAST(NULL AS VARCHAR)"
            return "\(DuckDBValues.converted(field, declared.type)) AS \(identifier(declared.name))"
        }
        let day = layout?.day.map { "'\($0)'" } ?? "NULL"
        return (values + ["CAST(\(day) AS DATE) AS \(identifier(Self.pathDay))"]).joined(separator: ", ")
    }

    private func reading(_ layout: Layout, _ paths: [String]) -> String {
        let source = request.source
        let fields = (0..<layout.width).map { "'f\($0)': 'VARCHAR'" }.joined(separator: ", ")
        let quote = source.quote.map { quoted(Self.text(of: $0)) } ?? "''"
        // Told of '\r\n' DuckDB 1.5 reads nonsense; told nothing it finds them.
        let newline = layout.newline == .newline ? "new_line = '\\n', " : ""
        return
            "read_csv([\(paths.map(quoted).joined(separator: ", "))], auto_detect = false, header = \(layout.hasHeader), "
            + "delim = \(quoted(Self.text(of: source.delimiter))), quote = \(quote), escape = \(quote), "
            + "\(newline)nullstr = [\(source.nullWords.map(quoted).joined(separator: ", "))], "
            + "allow_quoted_nulls = false, strict_mode = true, compression = '\(layout.compression.rawValue)', "
            + "columns = {\(fields)})"
    }

    private var eventDay: String? {
        request.source.eventTime.map { "CAST(\(identifier(request.source.columns[$0].name)) AS DATE)" }
    }

    /// Files of other days are not among the inputs, rows of other days may be.
    private var window: String {
        guard let eventDay, let days = request.days else { return "" }
        return "\nWHERE \(eventDay) BETWEEN DATE '\(days.lowerBound)' AND DATE '\(days.upperBound)'"
    }

    /// Of the rows of a day that are equal in some columns the least is kept, NULL being the largest.
    private var distinct: String {
        guard !request.source.distinctOn.isEmpty else { return "" }
        func names(_ columns: [Int]) -> [String] { columns.map { identifier(request.source.columns[$0].name) } }
        let group = [eventDay ?? identifier(Self.pathDay)] + names(request.source.distinctOn)
        let order = names(request.rollup.usedColumns.sorted()).map { "\($0) ASC NULLS LAST" }
        return "\nQUALIFY row_number() OVER (PARTITION BY \(group.joined(separator: ", ")) "
            + "ORDER BY \((order + ["1"]).joined(separator: ", "))) = 1"
    }

    // MARK: Words

    private static func text(of byte: UInt8) -> String { String(UnicodeScalar(byte)) }

    private func quoted(_ text: String) -> String { NaiveText.quoted(text, by: "'") }

    private func identifier(_ name: String) -> String { NaiveText.quoted(name, by: "\"") }
}

/// Text to values by our rules, in DuckDB's words: its own casts take more spellings.
enum DuckDBValues {
    static func converted(_ field: String, _ type: SQLType) -> String {
        let word = "trim(\(field), ' ' || chr(9))"
        switch type {
        case .text: return field
        case .integer, .interval: return checked(field, word, "[+-]?[0-9]+", "BIGINT")
        case .decimal(let scale): return checked(field, word, decimal(scale), "DECIMAL(38,\(scale))")
        case .double: return checked(field, word, "(?i)" + double, "DOUBLE")
        case .boolean: return boolean(field, word)
        case .date: return checked(field, word, date, "DATE")
        case .timestamp: return checked(field, word, "\(date)([ T]\(time))?", "TIMESTAMP")
        }
    }

    private static let date = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    private static let time = "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?"
    private static let double = "([+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?|[+-]?inf(inity)?|nan)"

    /// What comes after the scale must be zeros.
    private static func decimal(_ scale: Int) -> String {
        let digits = scale == 0 ? "0+" : "[0-9]{1,\(scale)}0*"
        return "[+-]?([0-9]+[.]?|[0-9]*[.]\(digits))"
    }

    private static func checked(_ field: String, _ word: String, _ pattern: String, _ type: String) -> String {
        "CASE WHEN \(field) IS NULL THEN NULL WHEN regexp_full_match(\(word), '\(pattern)') "
            + "THEN CAST(\(word) AS \(type)) ELSE error('a field is no \(type)') END"
    }

    private static func boolean(_ field: String, _ word: String) -> String {
        "CASE WHEN \(field) IS NULL THEN NULL "
            + "WHEN lower(\(word)) IN ('true', 't', 'yes', 'y', 'on', '1') THEN true "
            + "WHEN lower(\(word)) IN ('false', 'f', 'no', 'n', 'off', '0') THEN false "
            + "ELSE error('a field is no BOOLEAN') END"
    }
}
