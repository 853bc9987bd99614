import DaymillTestKit
import Testing

/// Records an issue for every seed on which an engine and the naive engine differ, with the smallest case that shows it.
///
///     try assertNativeMatchesNaive(NativeEngine(threads: 2, chunkBytes: 17), seeds: 0..<500)
func assertNativeMatchesNaive(
    _ engine: some EngineUnderTest, seeds: Range<UInt64>, _ family: GeneratedQuery.Family = .safe,
    size: GeneratedTable.Size = .small, isAnyLimitRight: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let driver = DifferentialDriver(engine)
    for seed in seeds {
        if let difference = try driver.difference(seed: seed, family, size: size) {
            // What needs all values of a window in memory is refused where these do not fit: docs/LIMITS.md.
            if isAnyLimitRight, "\(difference)".contains("the different values for percentiles") { continue }
            Issue.record("\(difference)", sourceLocation: sourceLocation)
        }
    }
}
