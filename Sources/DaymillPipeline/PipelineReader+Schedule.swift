import DaymillCore

extension PipelineReader {
    /// `schedule: "0 7 * * *"`, or a mapping with `cron`.
    mutating func readSchedule(
        _ field: FileReader.Field?, zone: TimeZoneName?
    ) -> (schedule: Schedule?, zone: TimeZoneName?) {
        guard let field else { return (nil, nil) }
        guard case .mapping = field.value.content else {
            if case .list = field.value.content {
                file.report(
                    "\(field.title) takes one cron line, not a list",
                    hint: "write a list inside a field, as in '0 7,19 * * *'",
                    at: field.value.place)
                return (nil, nil)
            }
            let cron = file.parsed(field, "a cron line such as '0 7 * * *'", CronExpression.parse)
            return (cron.map { Schedule(cron: $0, place: field.place) }, nil)
        }
        let fields = file.fields(of: field.value, .schedule, owner: "the schedule")
        let missed = file.choice(fields["missed"], MissedStarts.self) ?? .latest
        let ownZone = readZone(fields["timezone"], pipelineZone: zone)
        if fields["cron"] == nil {
            file.report("the schedule has no 'cron'", hint: "add for example cron: \"0 7 * * *\"", at: field.place)
        }
        let cron = file.parsed(fields["cron"], "a cron line such as '0 7 * * *'", CronExpression.parse)
        let start = readStart(fields["start"]), end = readStart(fields["end"])
        if let start, let end, end < start, let field = fields["end"] {
            file.report(
                "\(field.title) is \(end), before the start on \(start)", hint: "exchange them", at: field.value.place)
        }
        let gap = file.choice(fields["clock_gap"], ClockGap.self)
        let overlap = file.choice(fields["clock_overlap"], ClockOverlap.self)
        var schedule = cron.map {
            Schedule(
                cron: $0, missed: missed, start: start, end: end, gap: gap, overlap: overlap, place: field.place)
        }
        schedule?.runOverlap = file.choice(fields["overlap"], RunOverlap.self) ?? .queue
        return (schedule, ownZone)
    }

    private mutating func readZone(_ field: FileReader.Field?, pipelineZone: TimeZoneName?) -> TimeZoneName? {
        guard let field, let zone = file.parsed(field, "a time zone", TimeZoneName.parse) else { return nil }
        if let pipelineZone, pipelineZone != zone {
            file.report(
                "the schedule's time zone is '\(zone)', but the pipeline's is '\(pipelineZone)'",
                hint: "keep one of them: it is both the zone of the clock and of the days", at: field.value.place)
        }
        return zone
    }
}
