package import DaymillColumns
package import DaymillSQL

/// How values of a type lie in a vector.
package func vectorForm(of type: SQLType) -> Vector.Form {
    switch type {
    case .text: .text
    case .integer, .date, .timestamp, .interval: .int64
    case .decimal: .int128
    case .double: .double
    case .boolean: .bool
    }
}
