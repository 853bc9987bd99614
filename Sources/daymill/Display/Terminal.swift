import Foundation
import Glibc

/// What standard error is connected to.
enum Terminal {
    /// Whether a person watches: a terminal that can move its cursor.
    static var isTerminal: Bool { isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb" }
}
