//! P12: a command against a running node, from the start of its process to its end.

use crate::report::{Goal, Report, median, percentile};
use crate::{Options, Trouble};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CALLS: usize = 50;

pub(crate) async fn start_to_exit(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let Some(grid) = &options.grid else {
        println!("P12 is left out: it needs --grid PROGRAM\n");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    let statement = folder.path().join("statement.txt");
    std::fs::write(&statement, "We are measured.\n")?;
    let made = call(grid, &home)
        .args(["init", "--coalition", "Measured", "--group", "Writer", "--no-input", "--json", "--statement"])
        .arg(&statement)
        .status()?;
    if !made.success() {
        return Err("`grid init` failed".into());
    }
    let mut node =
        call(grid, &home).args(["node", "--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0"]).spawn()?;
    let timed = statuses(grid, &home).await;
    // Nothing of the home is needed any more, so that no goodbye is.
    node.kill()?;
    node.wait()?;
    let (times, floors) = timed?;
    report.ratio(
        "P12",
        "`grid status`, start to exit / a process that does nothing",
        median(&times) / median(&floors),
        Goal::None,
    );
    report.note("P12", "`grid status`, start to exit, p50", median(&times), "ms", Goal::AtMost(20.0));
    report.note("P12", "`grid status`, start to exit, p99", percentile(&times, 0.99), "ms", Goal::None);
    Ok(())
}

async fn statuses(grid: &Path, home: &Path) -> Result<(Vec<f64>, Vec<f64>), Trouble> {
    let status = || call(grid, home).args(["status", "--json"]).status();
    let begun = Instant::now();
    while !status()?.success() {
        if begun.elapsed() > Duration::from_secs(20) {
            return Err("the node did not start".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (mut times, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        let start = Instant::now();
        status()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        Command::new("true").status()?;
        floors.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok((times, floors))
}

fn call(grid: &Path, home: &Path) -> Command {
    let mut command = Command::new(grid);
    command.arg("--home").arg(home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
