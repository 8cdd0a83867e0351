//! P5: how long after a write its record is readable at the other node.

use crate::pair::{Measured, next, synced};
use crate::report::{Goal, Report, median, percentile};
use crate::{Options, Trouble};
use grid_node::event::Event;
use grid_protocol::id::DocumentId;
use grid_tests::workload::KIND;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const WRITES: u32 = 200;
const GAP: Duration = Duration::from_millis(20);

pub(crate) async fn latency(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let (mut after, mut from_call, mut floors) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let (writer, workload) = crate::pair::filled(options, 1_000).await?;
        let reader = Measured::join(&writer.invite().await?).await?;
        let mut events = reader.handle()?.events();
        reader.fetch(&writer.address().await?, 1_000).await?;
        synced(&mut events).await?;
        // Gossip is there once the peers have said that they listen, which they do within a heartbeat.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let mut events = reader.handle()?.events();
        let seen = tokio::spawn(async move {
            let mut seen: HashMap<DocumentId, Instant> = HashMap::new();
            while seen.len() < WRITES as usize {
                if let Some(Event::RecordChanged { kind, id, .. }) = next(&mut events).await?
                    && kind == KIND
                {
                    seen.entry(id).or_insert_with(Instant::now);
                }
            }
            Ok::<_, Trouble>(seen)
        });
        let mut written = Vec::new();
        let mut ticks = tokio::time::interval(GAP);
        for number in 0..WRITES {
            ticks.tick().await;
            let start = Instant::now();
            let record = writer.write(&workload, 1_000 + number).await?;
            written.push((record, start, Instant::now()));
        }
        let seen = seen.await??;
        for (record, start, end) in written {
            let at = seen.get(&record).ok_or("a record never came")?;
            // Readable before the writer's call has returned counts as at once.
            after.push(milliseconds(at.saturating_duration_since(end)));
            from_call.push(milliseconds(at.duration_since(start)));
        }
        floors.push(floor(&writer)?);
    }
    let least = median(&floors);
    report.ratio(
        "P5",
        "from call to readable, p50 / (one fsynced append + one loopback hop)",
        median(&from_call) / least,
        Goal::None,
    );
    report.note("P5", "write returned to readable, p50", median(&after), "ms", Goal::None);
    report.note("P5", "write returned to readable, p99", percentile(&after, 0.99), "ms", Goal::None);
    report.note("P5", "write called to readable, fsync included, p50", median(&from_call), "ms", Goal::AtMost(3.0));
    report.note("P5", "write called to readable, fsync included, p99", percentile(&from_call, 0.99), "ms", Goal::None);
    Ok(())
}

/// What one fsynced append and one message over loopback cost here, in milliseconds.
fn floor(writer: &Measured) -> Result<f64, Trouble> {
    let path = writer.path().join("bare");
    let mut file = File::create(&path)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    let echo = std::thread::spawn(move || {
        let mut bytes = [0; 800];
        while far.read_exact(&mut bytes).is_ok() && far.write_all(&[1]).is_ok() {}
    });
    let mut times = Vec::new();
    for _ in 0..WRITES {
        let start = Instant::now();
        file.write_all(&[7; 800])?;
        file.sync_data()?;
        let saved = start.elapsed();
        let start = Instant::now();
        near.write_all(&[7; 800])?;
        near.read_exact(&mut [0])?;
        times.push(milliseconds(saved + start.elapsed() / 2));
    }
    drop(near);
    let _ = echo.join();
    std::fs::remove_file(path)?;
    Ok(median(&times))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
