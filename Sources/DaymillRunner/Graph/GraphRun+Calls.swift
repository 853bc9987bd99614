import DaymillCore
import DaymillPipeline

extension GraphRun {
    func call(_ work: CallWork, _ attempt: Attempt) -> AttemptResult {
        .failure(.unsupported, "calls are not there yet")
    }
}
