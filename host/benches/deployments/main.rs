//! What many deployments cost, and how soon a new one answers: how long a host with ten thousand of them takes to
//! start, what each holds in memory, what a turn and a change cost among them, of few artifacts and of as many lambdas; and
//! the time from `retort deploy` to the first answer, of a component beside that of compiling alone. All is measured in one run, each figure with its goal and whether it was
//! met. `-- --quick` shows in seconds that it runs.

#![expect(clippy::print_stdout, reason = "this is what a benchmark gives")]

mod artifacts;
mod first_answer;
mod given;
#[path = "../turn/lambda.rs"]
mod lambda;
mod many;
mod served;

use std::path::Path;

use given::Artifacts;
use retort::cli::build;

fn main() -> anyhow::Result<()> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let echo =
        build::build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/echo"))?.component;
    let (deployments, times) = if quick { (200, 1) } else { (10_000, 7) };
    tokio::runtime::Runtime::new()?.block_on(async {
        many::measure(deployments, Artifacts::Shared).await?;
        many::measure(deployments, Artifacts::Lambdas).await?;
        first_answer::measure(&echo, times).await?;
        first_answer::of_a_lambda(times).await
    })
}

/// A figure, with its goal.
fn tell(what: &str, figure: impl std::fmt::Display, goal: &str, is_met: bool) {
    let met = if is_met { "met" } else { "NOT MET" };
    println!("{what}: {figure}; goal {goal}: {met}");
}
