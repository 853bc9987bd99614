/// An expression has no value for a row or a group.
package struct EvaluationFailure: Error, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable {
        case overflow
        case divisionByZero = "division by zero"
        /// Text that is no such value, or a number that does not fit.
        case badCast = "bad cast"
        /// An argument outside what the function is defined for.
        case badArgument = "bad argument"
        /// The expression breaks what `Expression` promises: a bug in whoever built it.
        case malformed
    }

    package var kind: Kind
    package var what: String

    package init(_ kind: Kind, _ what: String) {
        self.kind = kind
        self.what = what
    }

    package var description: String { "\(kind.rawValue): \(what)" }
}
