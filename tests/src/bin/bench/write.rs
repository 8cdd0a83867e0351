//! P7: own writes, each on disk before it is acknowledged, beside appends to a plain file.

use crate::pair::Measured;
use crate::report::{Goal, Report, median};
use crate::{Options, Trouble};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

/// Writes per turn: short turns, so that a slow moment of the disk meets both.
const TURN: u32 = 100;
const TURNS: u32 = 10;

pub(crate) async fn own_writes(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let workload = options.workload()?;
    let (mut ratios, mut speedups, mut singles, mut bares) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let node = Measured::found().await?;
        // The bytes of a record are what the journal grows by.
        let before = journal(&node.path())?;
        node.fill(&workload, 0, TURN, 1).await?;
        let size = usize::try_from(journal(&node.path())?.saturating_sub(before) / u64::from(TURN))?;
        let path = node.path().join("bare");
        let mut file = File::create(&path)?;
        let mut number = TURN;
        for _ in 0..TURNS {
            let bare = bare_appends(&mut file, size)?;
            let start = Instant::now();
            node.fill(&workload, number, TURN, 1).await?;
            let single = start.elapsed().as_secs_f64() / f64::from(TURN);
            number += TURN;
            let start = Instant::now();
            node.fill(&workload, number, 10 * TURN, 64).await?;
            let together = start.elapsed().as_secs_f64() / f64::from(10 * TURN);
            number += 10 * TURN;
            ratios.push(single / bare);
            speedups.push(single / together);
            singles.push(single * 1e3);
            bares.push(bare * 1e3);
        }
        std::fs::remove_file(path)?;
    }
    report.ratio("P7", "one at a time: time / bare fsynced append", median(&ratios), Goal::AtMost(2.0));
    report.ratio("P7", "64 in flight: rate / one at a time", median(&speedups), Goal::AtLeast(3.0));
    report.note("P7", "one durable write", median(&singles), "ms", Goal::None);
    report.note("P7", "one bare fsynced append", median(&bares), "ms", Goal::None);
    Ok(())
}

/// Seconds of one append that is fsynced.
fn bare_appends(file: &mut File, size: usize) -> Result<f64, Trouble> {
    let bytes = vec![7; size];
    let start = Instant::now();
    for _ in 0..TURN {
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    Ok(start.elapsed().as_secs_f64() / f64::from(TURN))
}

/// Bytes that were written to the journal of a home.
fn journal(home: &Path) -> Result<u64, Trouble> {
    // Behind what was written lie zeros.
    let bytes = std::fs::read(grid_node::home::HomePaths::new(home).journal())?;
    Ok(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1))
}
