//! P4: a first sync beside the slowest of its parts; P13: what it costs to find out that nothing is new.

use crate::pair::{Measured, filled, synced};
use crate::relay::Relay;
use crate::report::{Goal, Report, median};
use crate::{Options, Trouble};
use grid_node::event::Event;
use grid_node::store::Store;
use grid_protocol::authority::Authority;
use grid_protocol::control::ControlSet;
use grid_protocol::limits::MAX_FRAME;
use grid_protocol::record::Registry;
use grid_protocol::replica::{Documents, Identity};
use grid_protocol::run::{Run, VerifiedRun};
use grid_protocol::storage::Storage as _;
use grid_protocol::sync::{Response, pack};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Silence after which an exchange counts as over.
const QUIET: Duration = Duration::from_millis(500);

/// The parts of a first sync, each on its own, in seconds.
struct Parts {
    transfer: f64,
    verify: f64,
    store: f64,
    materialise: f64,
    packed: u64,
}

pub(crate) async fn first_sync(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    let records = options.records;
    let (mut writer, _) = filled(options, records).await?;
    let (mut times, mut ratios, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let mut reader = Measured::join(&writer.invite().await?).await?;
        let address = writer.address().await?;
        let start = Instant::now();
        reader.fetch(&address, records).await?;
        let time = start.elapsed().as_secs_f64();
        reader.stop().await;
        let identity = writer.node()?.identity();
        writer.stop().await;
        let part = measure_parts(&writer.path(), identity, writer.registry())?;
        writer.start().await?;
        ratios.push(time / part.transfer.max(part.verify).max(part.store).max(part.materialise));
        times.push(time);
        parts.push(part);
    }
    let reader = Measured::join(&writer.invite().await?).await?;
    let relay = Relay::before(&writer.address().await?).await?;
    let mut events = reader.handle()?.events();
    reader.fetch(&relay.address, records).await?;
    synced(&mut events).await?;
    settle(&relay).await;
    let per_record = relay.bytes() as f64 / f64::from(records);
    let part = |of: fn(&Parts) -> f64| median(&parts.iter().map(of).collect::<Vec<_>>());
    report.ratio("P4", "first sync: time / slowest part", median(&ratios), Goal::AtMost(1.5));
    report.ratio(
        "P4",
        "first sync: bytes / packed entries",
        relay.bytes() as f64 / part(|parts| parts.packed as f64),
        Goal::None,
    );
    report.note("P4", "first sync, dial to readable", median(&times), "s", Goal::None);
    report.note("P4", "first sync, bytes of a record both ways", per_record, "B", Goal::None);
    report.note("P4", "part: raw transfer", part(|parts| parts.transfer), "s", Goal::None);
    report.note("P4", "part: hash and verify, one core", part(|parts| parts.verify), "s", Goal::None);
    report.note("P4", "part: store in order", part(|parts| parts.store), "s", Goal::None);
    report.note("P4", "part: materialise, all cores", part(|parts| parts.materialise), "s", Goal::None);
    Ok(())
}

pub(crate) async fn nothing_new(options: &Options, report: &mut Report) -> Result<(), Trouble> {
    for records in [options.records / 10, options.records] {
        let (writer, _) = filled(options, records).await?;
        let reader = Measured::join(&writer.invite().await?).await?;
        let relay = Relay::before(&writer.address().await?).await?;
        let mut events = reader.handle()?.events();
        reader.fetch(&relay.address, records).await?;
        synced(&mut events).await?;
        settle(&relay).await;
        let (mut bytes, mut times) = (Vec::new(), Vec::new());
        for _ in 0..options.runs {
            let handle = reader.handle()?;
            let mut events = handle.events();
            handle.hang_up().await?;
            while !matches!(crate::pair::next(&mut events).await?, Some(Event::PeerGone)) {}
            settle(&relay).await;
            let before = relay.bytes();
            let start = Instant::now();
            handle.dial(relay.address.clone()).await?;
            synced(&mut events).await?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            settle(&relay).await;
            bytes.push((relay.bytes() - before) as f64 / 1e3);
        }
        report.note("P13", &format!("nothing new, {records} records: bytes"), median(&bytes), "kB", Goal::AtMost(57.0));
        report.note("P13", &format!("nothing new, {records} records: time"), median(&times), "ms", Goal::None);
    }
    Ok(())
}

/// Waits until nothing has passed for a while.
async fn settle(relay: &Relay) {
    let mut last = relay.bytes();
    loop {
        tokio::time::sleep(QUIET).await;
        match relay.bytes() {
            same if same == last => return,
            more => last = more,
        }
    }
}

fn measure_parts(home: &Path, identity: Identity, registry: &Arc<Registry>) -> Result<Parts, Trouble> {
    let (store, _) = Store::open(home, identity.coalition)?;
    let mut control = ControlSet::new(identity.coalition);
    for record in store.records()? {
        control.offer(record);
    }
    let authority = Authority::evaluate(&control);
    let runs = runs(&store, &identity)?;
    let packed: Vec<Vec<u8>> = runs.iter().map(|run| pack(&Response::Runs(vec![run.clone()]))).collect();
    let start = Instant::now();
    transfer(&packed)?;
    let transfer = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let verified: Vec<VerifiedRun> =
        runs.into_iter().map(|run| run.verify(&identity.coalition)).collect::<Result<_, _>>()?;
    let verify = start.elapsed().as_secs_f64();
    let folder = tempfile::tempdir()?;
    let (mut fresh, _) = Store::open(folder.path(), identity.coalition)?;
    let start = Instant::now();
    for run in &verified {
        fresh.append(std::slice::from_ref(run))?;
    }
    fresh.flush()?;
    let stored = start.elapsed().as_secs_f64();
    let mut documents = Documents::new(identity.coalition, registry.clone());
    let start = Instant::now();
    for run in &verified {
        documents.take(run.entries(), &fresh, &authority)?;
    }
    let materialise = start.elapsed().as_secs_f64();
    let packed = packed.iter().map(|frame| frame.len() as u64).sum();
    Ok(Parts { transfer, verify, store: stored, materialise, packed })
}

/// The writer's log in pieces as they travel.
fn runs(store: &Store, identity: &Identity) -> Result<Vec<Run>, Trouble> {
    let (mut runs, mut first) = (Vec::new(), 0);
    while let Some(run) = store.run(&identity.device, first, MAX_FRAME - MAX_FRAME / 8)? {
        first += run.entries.len() as u64;
        runs.push(run);
    }
    Ok(runs)
}

/// Sends frames through a loopback connection and waits until they have arrived.
fn transfer(frames: &[Vec<u8>]) -> Result<(), Trouble> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || far.read_to_end(&mut Vec::new()));
        let sent = frames.iter().try_for_each(|frame| near.write_all(frame));
        drop(near);
        reader.join().map_err(|_| "the reader panicked")??;
        Ok(sent?)
    })
}
