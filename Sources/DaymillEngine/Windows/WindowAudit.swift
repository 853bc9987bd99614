package import DaymillColumns

/// Comparing windows with their days, a range of hashes at a time.
package enum WindowAudit {
    /// The groups of days, as records of a window.
    ///
    /// - Parameters:
    ///   - days: as `RollForward.changes` gives them.
    ///   - layouts: of the sections of days.
    /// - Throws: `.storeDamaged`, `.io`.
    package static func sum(
        _ days: [SegmentMerge.Input], _ layouts: [StateLayout], hashes: ClosedRange<UInt64>, threads: Int
    ) throws -> RecordSum {
        try layouts.indices.reduce(into: RecordSum()) { sum, section in
            sum.add(
                try RecordSum.of(
                    days, layouts[section].countingDays, section: section, hashes: hashes, threads: threads))
        }
    }

    /// The groups of a window in the order of hashes.
    ///
    /// - Parameter layouts: of the window's sections.
    /// - Throws: `.storeDamaged`, `.io`.
    package static func sum(
        of window: SegmentReader, _ layouts: [StateLayout], hashes: ClosedRange<UInt64>, threads: Int
    ) throws -> RecordSum {
        try layouts.indices.reduce(into: RecordSum()) { sum, section in
            sum.add(
                try RecordSum.of(
                    [SegmentMerge.Input(window, days: nil)], layouts[section], section: section, hashes: hashes,
                    threads: threads))
        }
    }
}
