//! `grid node`: the node of a group, in the foreground.

use crate::{
    config::Flags,
    context::Context,
    failure::{Exit, Failure},
    kept,
    output::Output,
    passphrase::{PassphraseFlag, note_unprotected},
};
use clap::Args;
use grid_node::{
    Protection,
    handle::OwnStanding,
    http::HttpError,
    network::NetworkError,
    node::StartError,
    passphrase::protection,
    serve::{ServeConfig, ServeError, Serving},
    threats::{self, Reviewed},
};
use std::{path::Path, time::Duration};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

/// Run your group's node, in this window, until Ctrl-C
#[derive(Clone, Debug, Args)]
pub(crate) struct Node {
    /// Where to listen for other nodes; may be given several times
    #[arg(long, value_name = "MULTIADDR")]
    listen: Vec<String>,
    /// Where others reach this node, if not where it listens: behind a router that forwards a port, say
    #[arg(long, value_name = "MULTIADDR")]
    announce: Vec<String>,
    /// A network in which many groups share one address, such as 10.0.0.0/8; may be given several times
    #[arg(long = "shared-network", value_name = "NETWORK")]
    shared_networks: Vec<String>,
    /// Where programs on this computer reach the node
    #[arg(long, value_name = "ADDR")]
    http: Option<String>,
    /// What to log: error, warn, info, debug, trace, or a filter of tracing
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    #[command(flatten)]
    passphrase: PassphraseFlag,
    /// Stop when the pipe on stdin ends: whoever started the node is gone then
    #[arg(long, hide = true)]
    with_parent: bool,
}

/// A node that was told to stop gets this long for its goodbyes.
const GOODBYE: Duration = Duration::from_secs(5);

impl Node {
    pub(crate) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let passphrase_file = self.passphrase.path();
        let flags = Flags {
            listen: self.listen,
            announce: self.announce,
            shared_networks: self.shared_networks,
            http: self.http,
            log: self.log,
            passphrase_file,
        };
        let settings = context.config(&flags)?.settings;
        log_to_stderr(&settings.log)?;
        let http = settings.http.parse().map_err(|_| {
            Failure::usage(format!("--http: expected an address and port, found {:?}", settings.http))
                .hint("for example 127.0.0.1:8080, or 127.0.0.1:0 for a free port")
        })?;
        let passphrase = self.passphrase.of_home(context)?;
        let home = context.home()?.to_owned();
        if matches!(protection(&home), Ok(Protection::Unprotected)) {
            note_unprotected(context);
        }
        let config = ServeConfig {
            listen: settings.listen,
            announce: settings.announce,
            shared_networks: settings.shared_networks,
            http: Some(http),
            registry: None,
            passphrase,
        };
        let ends = if self.with_parent { Ends::WithParent } else { Ends::OnSignal };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::io("start the node", &error))?;
        let outcome = runtime.block_on(serve(&home, config, ends, context.out));
        // Work that did not end in time does not hold up the end.
        runtime.shutdown_background();
        outcome
    }
}

async fn serve(home: &Path, config: ServeConfig, ends: Ends, out: &mut Output) -> Result<(), Failure> {
    let mut signals = Signals::new(ends)?;
    let serving = tokio::select! {
        started = Serving::start(home, config) => started.map_err(|error| not_started(&error))?,
        () = signals.next() => return Ok(()),
    };
    say_ready(out, home, &serving).await;
    let (stop, stopped) = oneshot::channel();
    let running = serving.until(async {
        // A sender that is gone means the same.
        let _ = stopped.await;
    });
    tokio::pin!(running);
    tokio::select! {
        () = &mut running => {
            out.note("The node was told to stop, and has stopped.");
            return Ok(());
        }
        () = signals.next() => {}
    }
    out.note("Stopping: saying goodbye to the others.");
    let _ = stop.send(());
    let at_once = "nothing is lost: what was acknowledged is on disk";
    tokio::select! {
        ended = tokio::time::timeout(GOODBYE, &mut running) => {
            ended.map_err(|_| Failure::new(Exit::Failed, "the node did not stop in time and was ended").hint(at_once))
        }
        () = signals.next() => Err(Failure::new(Exit::Failed, "ended at once").hint(at_once)),
    }
}

fn not_started(error: &ServeError) -> Failure {
    let (exit, code) = match error {
        ServeError::Start(StartError::Local(error)) => kept::local(error),
        ServeError::Start(StartError::Network(NetworkError::BadAddress { .. } | NetworkError::BadAnnounced { .. })) => {
            (Exit::Usage, "bad_address")
        }
        ServeError::Start(StartError::Network(NetworkError::AddressInUse { .. }))
        | ServeError::Http(HttpError::PortTaken { .. }) => (Exit::Failed, "address_in_use"),
        ServeError::Http(HttpError::NotLoopback { .. }) => (Exit::Usage, "not_loopback"),
        _ => (Exit::Failed, "not_started"),
    };
    Failure::caused(exit, error).code(code).hint(error.hint())
}

/// Ctrl-C and SIGTERM.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// The window is closed.
    hangup: tokio::signal::unix::Signal,
    parent: Option<oneshot::Receiver<()>>,
}

/// What ends a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    /// Ctrl-C and SIGTERM.
    OnSignal,
    /// Also the end of stdin.
    WithParent,
}

impl Signals {
    fn new(ends: Ends) -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).map_err(|error| Failure::io("listen for signals", &error));
        let parent = (ends == Ends::WithParent).then(end_of_stdin);
        let (interrupt, terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, hangup: listen(SignalKind::hangup())?, parent })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
            _ = async {
                match self.parent.as_mut() {
                    Some(parent) => drop(parent.await),
                    None => std::future::pending().await,
                }
            } => self.parent = None,
        }
    }
}

/// Says when stdin has ended. The thread that reads it ends with the process.
fn end_of_stdin() -> oneshot::Receiver<()> {
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        // Whatever comes is ignored; an error is an end too.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = ended.send(());
    });
    end
}

async fn say_ready(out: &mut Output, home: &Path, serving: &Serving) {
    for trouble in serving.report() {
        out.note(&format!("{}\nHint: {}", trouble.what, trouble.hint));
    }
    // A node that ends at once says so below.
    let Ok(status) = serving.handle().status().await else { return };
    out.page(|page| {
        let coalition = status.coalition_name.as_deref().unwrap_or("your coalition");
        match status.standing {
            OwnStanding::Pairing(_) => page
                .heading("This computer is not on the grid yet: it waits for your group's other computer, whose node has to run."),
            _ => page.heading(&format!("{} is on the grid of {coalition}.", status.group_name)),
        }
        status.listen.iter().for_each(|address| page.field("Listens on", address));
        if let Some(http) = serving.http() {
            page.field("API", &format!("http://{http}"));
        }
        page.field("Home", &home.display().to_string());
        if matches!(serving.handle().look(threats::reviewed), Reviewed::NotYet | Reviewed::Missed) {
            page.line("Nobody here has thought about threats yet. Ten minutes, best before others are met: `grid review start`");
        }
        if status.peers.is_empty() {
            page.line("Saved on this computer. No other groups yet. This is normal.");
        }
        page.line("Leave this window open. Ctrl-C stops the node.");
    });
}

fn log_to_stderr(filter: &str) -> Result<(), Failure> {
    // What a library says of connections that come and go is no news for an operator; whoever wants it names it.
    let filter = EnvFilter::try_new(format!("libp2p=error,{filter}"))
        .map_err(|error| Failure::usage(format!("--log: {error}")).hint("take error, warn, info, debug or trace"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init()
        .map_err(|error| Failure::new(Exit::Failed, format!("could not start logging: {error}")))
}
