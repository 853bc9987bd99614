package import DaymillColumns
import DaymillCore
import DaymillEngine
import DaymillPipeline

/// How the groups of a window are put together.
package enum WindowOperator: String, Sendable, CaseIterable {
    /// What reads and writes the least.
    case automatic
    /// All days, whatever else is there.
    case plain
    /// From a kept window, or else from all days; the window is kept.
    case rollForward = "roll-forward"
    /// From spans of days; those that are missing are merged first.
    case tiers
    /// One merge for all dates, even for a single one.
    case sweep
}

extension StepDefinition {
    /// What identifies the partials of windows, which count the days that hold a group, and their order.
    package var windowState: ContentID {
        ContentID.of(words: [scan.counting.isInKeyOrder ? 7 : 5, dayState.high, dayState.low])
    }

    /// What identifies the partials of spans of days.
    package var tierState: ContentID { ContentID.of(words: [6, dayState.high, dayState.low]) }

    /// Whether days only come to a window as dates go on.
    var windowGrows: Bool {
        switch step.window {
        case nil, .toDate?, .thisUnit?: true
        default: false
        }
    }
}
