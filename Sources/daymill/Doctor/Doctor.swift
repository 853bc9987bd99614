import DaymillCore
import DaymillPipeline

/// Looks at one thing after another, and keeps what it finds.
struct Doctor {
    let project: Project
    let environment: [String: String]
    let clock: WallClock
    /// Told of each finding.
    var tell: (DoctorFinding) throws -> Void = { _ in }
    private(set) var findings: [DoctorFinding] = []
    private var failure: (any Error)?

    init(project: Project, environment: [String: String], clock: WallClock) {
        (self.project, self.environment, self.clock) = (project, environment, clock)
    }

    /// What is said of a thing that is not wrong.
    enum Answer {
        case ok(String)
        case doubtful(String, String)
    }

    /// Looks at everything.
    ///
    /// - Parameter sends: whether each channel gets a message.
    /// - Throws: what `tell` throws.
    mutating func lookAtAll(sends: Bool) throws {
        lookAtVersions()
        lookAtClock()
        lookAtZones()
        lookAtLimits()
        lookAtHistory()
        let pipelines = lookAtPipelines()
        lookAtDisks(pipelines)
        lookAtConnections()
        lookAtChannels(sends: sends)
        if let failure { throw failure }
    }

    mutating func add(_ what: String, _ state: DoctorFinding.State, _ found: String, remedy: String = "") {
        add(DoctorFinding(what, state, found, remedy: remedy))
    }

    /// Looks at a thing; what is thrown is what is wrong with it.
    mutating func look(_ what: String, _ look: (Doctor) throws -> Answer) {
        do {
            switch try look(self) {
            case .ok(let found): add(what, .ok, found)
            case .doubtful(let found, let remedy): add(what, .doubtful, found, remedy: remedy)
            }
        } catch {
            for problem in Failure(error).errors { add(DoctorFinding(what, wrong: problem)) }
        }
    }

    private mutating func add(_ finding: DoctorFinding) {
        findings.append(finding)
        guard failure == nil else { return }
        do { try tell(finding) } catch { failure = error }
    }
}
