// The naive engine stands in the product, where `daymill verify` uses it. Tests see it through this kit.
@_exported public import DaymillNaive

/// An input file that lives in memory.
package typealias TestFile = NaiveFile
/// How the files of a source are written, and what its columns are.
package typealias TestDialect = NaiveDialect
