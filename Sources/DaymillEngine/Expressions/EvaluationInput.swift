package import DaymillColumns
package import DaymillCore

/// What expressions read: a batch's columns below aggregates; keys and results of aggregates above the GROUP BY.
package struct EvaluationInput {
    /// By position in `Rollup.columns`; nil for columns that no expression names.
    package var columns: [Vector?]
    /// By position in `Rollup.keys`.
    package var keys: [Vector]
    /// By position in `Rollup.aggregates`.
    package var aggregates: [Vector]
    /// Rows in the batch; every vector has as many.
    package var count: Int

    /// What is not given is not read.
    package init(columns: [Vector?] = [], keys: [Vector] = [], aggregates: [Vector] = [], count: Int) {
        self.columns = columns
        self.keys = keys
        self.aggregates = aggregates
        self.count = count
    }
}

/// An expression has no value for a row.
package struct EvaluationFailure: Error, CustomStringConvertible {
    /// The row's number in the batch.
    package var row: Int
    /// What happened, with code `.evaluation`.
    package var error: DaymillError

    /// A failure of one row.
    package init(row: Int, error: DaymillError) {
        self.row = row
        self.error = error
    }

    /// The error in one line.
    package var description: String { error.description }
}
