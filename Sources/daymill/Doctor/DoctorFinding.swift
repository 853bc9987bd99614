import DaymillCore

/// What the doctor says about one thing.
struct DoctorFinding: Encodable {
    enum State: String, Encodable {
        case ok
        /// It works, and may not always.
        case doubtful
        case wrong
    }
    var what: String
    var state: State
    var found: String
    /// What to do; empty where nothing is to be done.
    var remedy: String

    init(_ what: String, _ state: State, _ found: String, remedy: String = "") {
        (self.what, self.state, self.found, self.remedy) = (what, state, found, remedy)
    }

    /// A problem of a thing.
    init(_ what: String, wrong error: DaymillError) {
        let place = error.place.map { "\($0): " } ?? ""
        self.init(what, .wrong, place + error.message, remedy: error.hint)
    }

    /// `✓ clock    2026-11-22 02:00`, `✗ disk    full; make room`.
    func line(width: Int) -> String {
        let mark =
            switch state {
            case .ok: "✓"
            case .doubtful: "!"
            case .wrong: "✗"
            }
        let label = what + String(repeating: " ", count: max(0, width - what.count))
        return "\(mark) \(label)  \(found)\(remedy.isEmpty ? "" : "; \(remedy)")"
    }
}
