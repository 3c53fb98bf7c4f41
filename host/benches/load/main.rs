//! What the host does under load: how much it adds to a web server, how late it stops a bot, and what a tenant
//! feels of another. All is measured in one run and told as ratios, with the goal for each and whether it was met;
//! a machine that does other work too moves the times, and the ratios less. `-- --quick` shows that it runs.

#![expect(clippy::print_stdout, reason = "this is what a benchmark gives")]

#[path = "../turn/bare.rs"]
#[expect(
    clippy::disallowed_types,
    reason = "the bare engine runs under the real clock"
)]
mod bare;
mod callers;
mod fairness;
mod floor;
mod goal;
mod never_returning;
mod overrun;
mod stage;
mod throughput;
mod times;
mod wasmtime_serve;
mod watched;

use std::path::Path;

use retort::cli::attack::load::{Clients, Control};
use retort::cli::build;

use times::Times;

/// Who measures: the callers, on a thread of their own, and a thread that does nothing.
struct Bench {
    times: Times,
    clients: Clients,
    control: Control,
    echo: Vec<u8>,
}

fn main() -> anyhow::Result<()> {
    let echo =
        build::build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/echo"))?.component;
    let _log = stage::log()?;
    let bench = Bench {
        times: Times::asked_for(std::env::args()),
        clients: Clients::start()?,
        control: Control::start()?,
        echo,
    };
    tokio::runtime::Runtime::new()?.block_on(bench.run())
}

impl Bench {
    async fn run(&self) -> anyhow::Result<()> {
        let goals = [
            throughput::measure(self).await?,
            overrun::measure(self).await?,
            never_returning::measure(self).await?,
            fairness::measure(self).await?,
        ];
        println!();
        for goal in goals.iter().flatten() {
            println!("{goal}");
        }
        Ok(())
    }
}
