import DaymillCore
import DaymillSQL

/// The SQL of a step, checked against the sources; `place` gives the place of a byte of the text.
func parseRollup(
    _ sql: String, sources: [String: [Column]], place: (Int) -> SourcePlace
) throws -> Rollup {
    throw DaymillError(.unsupported, at: place(0), "this build has no SQL parser")
}
