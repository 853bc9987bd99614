package import DaymillColumns
package import DaymillCore
package import DaymillSQL

/// How a source's files are read: everything about their bytes that can change a result.
package struct ScanFormat: Hashable, Sendable {
    package var records: RecordFormat
    /// How files are packed, as the pipeline says it: the same bytes unpacked another way are other rows.
    package var packing: String
    package var nullWords: [String]
    package var fillsMissingFields: Bool
    /// Bad rows are left out and counted instead of ending the run.
    package var leavesOutBadRows: Bool
    /// Position of the column that says which day a row belongs to; nil: the path says so.
    package var eventTime: Int?
    /// Positions of the columns of which equal rows of a day count once; empty: every row counts.
    package var distinctOn: [Int]
    /// The clock that times are written by, and the pipeline's.
    package var clocks: ClockShift?
    /// Positions of timestamps that are moved from one to the other.
    package var movedColumns: [Int] = []
    /// Those of them whose texts may say a zone.
    package var zonedColumns: [Int] = []

    package init(
        _ records: RecordFormat, packing: String = "auto", nullWords: [String] = [""],
        fillsMissingFields: Bool = false, leavesOutBadRows: Bool = false, eventTime: Int? = nil, distinctOn: [Int] = []
    ) {
        self.records = records
        self.packing = packing
        self.nullWords = nullWords
        self.fillsMissingFields = fillsMissingFields
        self.leavesOutBadRows = leavesOutBadRows
        self.eventTime = eventTime
        self.distinctOn = distinctOn
    }
}

/// What a scan computes: a rollup over files of one format.
package struct ScanPlan: Sendable {
    package let rollup: Rollup
    package let format: ScanFormat
    package let aggregates: AggregatePlan
    /// Positions of the source's columns that are read, ascending.
    package let needed: [Int]

    /// - Parameter onlyDays: rows of other days are left out, and groups do not know their day: for results that are
    ///   published at once and kept nowhere.
    package init(_ rollup: Rollup, _ format: ScanFormat, onlyDays: ClosedRange<Day>? = nil) {
        let isFiltered = format.distinctOn.isEmpty && onlyDays != nil
        self.rollup = isFiltered ? rollup.keeping(days: onlyDays!, of: format.eventTime!) : rollup
        self.format = format
        aggregates = AggregatePlan(rollup)
        let used = Set(rollup.columnsUsed).sorted()
        distinct =
            format.distinctOn.isEmpty
            ? nil : DistinctRows(keys: format.distinctOn, used: used, of: rollup.columns)
        hasDays = format.eventTime != nil && (onlyDays == nil || distinct != nil)
        needed = Set(used + format.distinctOn + (format.eventTime.map { [$0] } ?? [])).sorted()
        self.onlyDays = onlyDays
        isCounting = false
    }

    /// What scans and files' segments collect in place of groups, where equal rows count once.
    package let distinct: DistinctRows?

    /// Whether rows carry their day, so that keys begin with it.
    package let hasDays: Bool

    /// Days outside of which rows are passed over.
    let onlyDays: ClosedRange<Day>?

    /// Whether this plan is about rows of one day whose duplicates are gone.
    private let isCounting: Bool

    /// The plan of what is computed from the rows of a day once duplicates are gone: of day segments, windows and results.
    /// Elsewhere the plan itself.
    package var counting: ScanPlan { distinct == nil ? self : ScanPlan(counting: self) }

    private init(counting plan: ScanPlan) {
        rollup = plan.rollup
        format = plan.format
        aggregates = plan.aggregates
        needed = Set(plan.rollup.columnsUsed).sorted()
        distinct = nil
        hasDays = false
        onlyDays = nil
        isCounting = true
    }

    /// The forms of a group's key columns, the day first where there is one.
    package var keyForms: [Vector.Form] { (hasDays ? [.int64] : []) + keyTypes.map(vectorForm) }

    private var keyTypes: [SQLType] { distinct?.keys.map { rollup.columns[$0].type } ?? rollup.keys.map(\.type) }

    /// How the partials of each section of a segment lie.
    package var layouts: [StateLayout] {
        distinct.map { [$0.layout] } ?? aggregates.layouts
    }

    /// What identifies the partials of a file: the rollup's state, how bytes become values, and this program's layout of
    /// partials. The file's own content is not part of it, nor its name.
    package var stateID: ContentID {
        var words = ["daymill-segment-2"]
        if let distinct {
            let form = distinct.isPacked ? "packed" : "text"
            words.append("rows \(names(distinct.keys)) \(names(distinct.payload)) \(form)")
        } else {
            words.append(rollup.stateIdentity)
        }
        if isCounting { words.append("once for each \(names(format.distinctOn))") }
        words += format.records.identity
        words.append("packing \(format.packing)")
        words.append("nulls \(format.nullWords.map { Array($0.utf8) }) missing \(format.fillsMissingFields)")
        words.append("leaves out \(format.leavesOutBadRows)")
        words.append("columns \(rollup.columns.map { Array($0.name.utf8) })")
        words.append("types \(needed.map { "\($0) \(rollup.columns[$0].type)" })")
        words.append("event time \(format.eventTime ?? -1)")
        words += clockWords
        return ContentID.of(words.joined(separator: "\n"))
    }

    private func names(_ columns: [Int]) -> [[UInt8]] { columns.map { Array(rollup.columns[$0].name.utf8) } }
    /// Nothing where no clock matters, so that other zone data makes new segments only of what it concerns.
    private var clockWords: [String] {
        let moved = needed.filter(format.movedColumns.contains)
        guard let clocks = format.clocks, !moved.isEmpty else { return [] }
        let words = moved.map { "\($0)\(format.zonedColumns.contains($0) ? " with zone" : "")" }
        return ["moved \(words)", "from \(clocks.from.identity)", "to \(clocks.to.identity)"]
    }

    /// The rules for reading records.
    package var rules: CSVRules {
        CSVRules(
            columns: needed.map { column($0) }, nullWords: format.nullWords,
            ignoresExtraFields: format.records.ignoresExtraFields, fillsMissingFields: format.fillsMissingFields)
    }

    private func column(_ i: Int) -> CSVRules.Column {
        let column = rollup.columns[i]
        let moment = format.movedColumns.contains(i) ? format.clocks : nil
        let kind = moment.map { .moment($0, saysZone: format.zonedColumns.contains(i)) } ?? kind(column.type)
        return CSVRules.Column(name: column.name, kind: kind, isRequired: i == format.eventTime)
    }

    private func kind(_ type: SQLType) -> CSVRules.Kind {
        switch type {
        case .text: .text
        case .integer, .interval: .integer
        case .decimal(let scale): .decimal(scale: scale)
        case .double: .double
        case .boolean: .boolean
        case .date: .date
        case .timestamp: .timestamp
        }
    }
}

extension Rollup {
    /// The same over the rows of some days only.
    fileprivate func keeping(days: ClosedRange<Day>, of eventTime: Int) -> Rollup {
        let column = Expression.column(eventTime, columns[eventTime].type)
        let day = column.type == .date ? column : .cast(column, .date)
        func bound(_ function: ScalarFunction, _ limit: Day) -> Expression {
            .call(function, [day, .literal(.date(limit.daysSinceEpoch), .date)], .boolean)
        }
        var conditions = [bound(.greaterOrEqual, days.lowerBound), bound(.lessOrEqual, days.upperBound)]
        if let filter { conditions.append(filter) }
        var result = self
        result.filter = conditions.dropFirst().reduce(conditions[0]) { .call(.and, [$0, $1], .boolean) }
        return result
    }
}
