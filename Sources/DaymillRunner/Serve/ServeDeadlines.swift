import DaymillCore
import DaymillPipeline
import DaymillState

/// Tells people of runs that have not succeeded by the moment that their pipeline names.
struct ServeDeadlines {
    private let setting: ServeLoop.Setting
    /// The moments at which runs have to have succeeded.
    private var machine = ServeMachine(maxRuns: 1)
    private var pipelines: [String: Pipeline] = [:]

    init(_ setting: ServeLoop.Setting) { self.setting = setting }

    /// Seconds since 1970 at which one is due next.
    var nextWake: Int64? { machine.nextWake }

    private static func name(_ pipeline: Pipeline) -> String { "\(pipeline.name) deadline" }

    /// The deadlines of these pipelines, instead of those that there were.
    mutating func load(_ all: ServePipelines, now: Int64) throws {
        pipelines = all.all.filter { $0.value.deadline != nil }
        let lines = pipelines.values.compactMap { pipeline in
            pipeline.deadline.map { (Self.name(pipeline), "\($0) \(pipeline.timezone)") }
        }
        let decided = try setting.state.decided(Dictionary(uniqueKeysWithValues: lines), now: now)
        machine.serve(
            pipelines.values.sorted { $0.name < $1.name }.compactMap { pipeline in
                guard let minute = pipeline.deadline, let schedule = pipeline.schedule,
                    let rules = try? pipeline.timezone.rules(),
                    let cron = try? CronExpression.parse("\(minute % 60) \(minute / 60) * * *")
                else { return nil }
                let name = Self.name(pipeline)
                let daily = Schedule(
                    cron: cron, missed: .latest, start: schedule.start, end: schedule.end, place: schedule.place)
                return ServeMachine.Served(
                    name, daily, rules, overlap: .queue, pause: nil, decided: decided[name] ?? now)
            })
    }

    /// Queues messages about what is late.
    mutating func look(_ now: Int64) throws {
        let due = machine.due(now)
        guard !due.isEmpty else { return }
        var notices: [NoticeRecord] = []
        for decision in due where decision.verdict == .ran {
            let name = String(decision.pipeline.dropLast(" deadline".count)), date = decision.firing.date
            guard let pipeline = pipelines[name], let schedule = pipeline.schedule, let minute = pipeline.deadline,
                let rules = try? pipeline.timezone.rules(), !schedule.firings(on: date...date, rules).isEmpty
            else { continue }
            let runs = try setting.state.runs(of: name, date: date.description, limit: 20)
            guard !runs.contains(where: { $0.state == .succeeded }) else { continue }
            let state = runs.first.map { "run \($0.id) is \($0.state.rawValue)" } ?? "it has not started"
            let time = "\(zeroPadded(minute / 60, 2)):\(zeroPadded(minute % 60, 2)) \(pipeline.timezone)"
            notices += NoticeWriter.late(
                pipeline, date: date, deadline: time, state: state, now: setting.clock.nowMicroseconds)
            setting.say(.late(pipeline: name, date: date, state))
        }
        try setting.state.add(notices)
        let decided = Dictionary(due.map { ($0.pipeline, now) }, uniquingKeysWith: { $1 })
        _ = try setting.state.note([], decided: decided)
    }
}
