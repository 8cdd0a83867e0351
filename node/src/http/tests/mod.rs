//! The API as programs meet it: real sockets, and a node that answers from a script.

mod devices;
mod doors;
mod errors;
mod events;
mod feeds;
mod fixed;
mod governing;
mod openapi;
mod records;
mod tables;
mod vouches;

use super::{HttpConfig, Server, serve};
use crate::clock::WallClock;
use crate::event::Event;
use crate::handle::{
    Change, Command, CommandError, Handle, ImportMode, ImportOutcome, Imported, InviteRow, InviteState, Me, NewInvite,
    OwnStanding, Status, Target, Written,
};
use crate::space::{Acquaintance, Amount, GroupSpace, Space};
use crate::view::{SignatureRow, StatementView, Views};
use automerge::transaction::Transactable;
use automerge::{AutoCommit, ROOT};
use axum::body::Bytes;
use axum::http::{Method, Request, Response, StatusCode, header};
use grid_protocol::document::{Opening, WriteRule};
use grid_protocol::id::{ChangeHash, CoalitionId, Digest, DocumentId, GroupId, VersionId};
use grid_protocol::key::{DeviceId, PublicKey};
use grid_protocol::record::{Patch, Presence, Registry, Values};
use grid_protocol::replica::{Contests, Delivery, Past, PastChange, PastOutcome, Row};
use grid_protocol::time::Timestamp;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};
use tokio::sync::{broadcast, mpsc};

const TOKEN: &str = "correct-horse";
const US: GroupId = GroupId([1; 32]);
const THEM: GroupId = GroupId([2; 32]);
const FAR: GroupId = GroupId([3; 32]);
const DEVICE: DeviceId = DeviceId(PublicKey([9; 32]));

const PROFILE: &str = "group";
const PROSPECT: &str = "prospect";

/// What two groups take up, one of which fills the disk.
fn space() -> Space {
    let row = |group, bytes| {
        let amount = Amount { entries: bytes / 1_000, bytes };
        GroupSpace { group: Some(group), name: "They".into(), held: amount, last_day: amount }
    };
    Space::of(vec![row(US, 4_000), row(THEM, 20_000_000)], &US, Acquaintance::Old)
}

type Failure = fn() -> CommandError;

/// A served API, and what was asked of the node behind it.
struct Grid {
    server: Server,
    tcp: SocketAddr,
    socket: PathBuf,
    events: broadcast::Sender<Event>,
    writes: Arc<Mutex<Vec<(Target, Patch)>>>,
    imports: Arc<Mutex<Vec<ImportMode>>>,
    stops: Arc<Mutex<usize>>,
    _home: tempfile::TempDir,
}

/// A record of a kind, owned by a group, its fields given as JSON.
fn row(kind: &str, owner: GroupId, id: [u8; 32], changed: u64, fields: Json) -> Row {
    let kind = Registry::standard().kind(kind).expect("a kind of the grid");
    let mut values: Values = kind.defaults();
    for (name, value) in Patch::from_json(kind, &fields).unwrap().fields() {
        values.set(name.clone(), value.expect("a field with content").clone());
    }
    let name = kind.name.parse().unwrap();
    Row {
        document: DocumentId(id),
        opening: Some(Opening::singleton(owner, name, WriteRule::Owner)),
        values,
        damaged: Vec::new(),
        heads: vec![ChangeHash([7; 32])],
        created: Timestamp(changed),
        changed: Timestamp(changed),
        changed_by: Some(DEVICE),
        latest: Box::default(),
        earlier: Box::default(),
        presence: Presence::Present,
        quarantine: None,
        breaches: Box::default(),
    }
}

/// A document id whose text begins with many of the same letter.
fn id(byte: u8) -> [u8; 32] {
    [byte; 32]
}

fn sample() -> Vec<Row> {
    let mut removed = row("action", US, id(14), 9_000, json!({"title": "Gone"}));
    removed.presence = Presence::Removed;
    // Two ids that begin with the same letters.
    let mut twin = id(12);
    twin[31] = 0;
    vec![
        row("action", US, id(11), 3_000, json!({"title": "River vigil", "tactics": ["Vigil"], "place": "Ford"})),
        row("action", THEM, id(12), 5_000, json!({"title": "=Letter day", "tactics": ["Letter"]})),
        row("action", THEM, twin, 4_000, json!({"title": "March"})),
        row("resource", THEM, id(13), 1_000, json!({"title": "How to knock", "kind": "guide"})),
        row(PROFILE, THEM, id(21), 1_000, json!({"name": "Clean River", "place": "Ford"})),
        row(PROSPECT, US, id(22), 1_000, json!({"name": "Bee Friends", "place": "Hill"})),
        row(PROSPECT, US, id(23), 1_000, json!({"name": "clean river", "place": "Ford"})),
        removed,
    ]
}

fn views(rows: Vec<Row>) -> Views {
    let mut views = Views::new(Arc::new(Registry::standard().clone()), US);
    views.members = vec![US, THEM];
    views.take_rows(rows);
    views.statement = Some(StatementView {
        version: VersionId([5; 32]),
        title: "We stand".into(),
        text: "Together.".into(),
        policies: Vec::new(),
        hash: Digest([6; 32]),
        signatures: vec![SignatureRow {
            group: THEM,
            name: "Clean River".into(),
            key: "aa".into(),
            signature: "bb".into(),
            signed_at: Timestamp(1_000),
        }],
    });
    governing::fill(&mut views);
    views
}

impl Grid {
    async fn start() -> Self {
        Self::with(sample(), None).await
    }

    async fn failing(failure: Failure) -> Self {
        Self::with(sample(), Some(failure)).await
    }

    async fn with(rows: Vec<Row>, failure: Option<Failure>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (commands, asked) = mpsc::channel(16);
        let (events, _) = broadcast::channel(16);
        let handle = Handle::new(commands, Arc::new(RwLock::new(views(rows))), events.clone(), WallClock::default());
        let (writes, imports) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let stops = Arc::new(Mutex::new(0));
        tokio::spawn(node(asked, failure, writes.clone(), imports.clone(), stops.clone()));
        let socket = home.path().join("api.sock");
        let tcp = Some("127.0.0.1:0".parse().unwrap());
        let config = HttpConfig { socket: socket.clone(), tcp, token: TOKEN.into() };
        let server = serve(config, handle).await.unwrap();
        let tcp = server.tcp_address.unwrap();
        Self { server, tcp, socket, events, writes, imports, stops, _home: home }
    }

    /// Sends over the socket.
    async fn send(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let stream = tokio::net::UnixStream::connect(&self.socket).await.unwrap();
        talk(stream, request).await
    }

    /// Sends over TCP, just as it is.
    async fn send_tcp(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let stream = tokio::net::TcpStream::connect(self.tcp).await.unwrap();
        talk(stream, request).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Json>) -> (StatusCode, Json) {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "grid");
        let body = body.map(|body| body.to_string().into_bytes());
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        read(self.send(request.body(Full::from(body.unwrap_or_default())).unwrap()).await).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Json) {
        self.ask(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Json) -> (StatusCode, Json) {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// A request as a program with the token sends it over TCP.
    fn over_tcp(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path).header(header::HOST, self.tcp.to_string());
        request.header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
    }
}

async fn talk<S>(stream: S, request: Request<Full<Bytes>>) -> Response<Incoming>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(request).await.unwrap()
}

fn nothing() -> Full<Bytes> {
    Full::default()
}

async fn bytes(response: Response<Incoming>) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

async fn read(response: Response<Incoming>) -> (StatusCode, Json) {
    let status = response.status();
    let body = bytes(response).await;
    let text = String::from_utf8_lossy(&body).into_owned();
    (status, serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{status}: {error}: {text:?}")))
}

fn code(answer: &(StatusCode, Json)) -> (u16, &str) {
    (answer.0.as_u16(), answer.1["error"]["code"].as_str().unwrap_or("no error"))
}

/// Answers every command from a script, or fails at each.
async fn node(
    mut asked: mpsc::Receiver<Command>,
    failure: Option<Failure>,
    writes: Arc<Mutex<Vec<(Target, Patch)>>>,
    imports: Arc<Mutex<Vec<ImportMode>>>,
    stops: Arc<Mutex<usize>>,
) {
    macro_rules! reply {
        ($answer:expr, $value:expr) => {
            drop($answer.send(failure.map_or_else(|| Ok($value), |failure| Err(failure()))))
        };
    }
    let written = |document, change| Written { document, change, heads: vec![ChangeHash([8; 32])] };
    while let Some(command) = asked.recv().await {
        match command {
            Command::Write { target, patch, answer } => {
                let (document, change) = match &target {
                    Target::Existing(document) => (*document, Change::Changed),
                    _ => (DocumentId(id(30)), Change::Created),
                };
                writes.lock().unwrap().push((target, patch));
                reply!(answer, written(document, change));
            }
            Command::Remove { document, answer } => reply!(answer, written(document, Change::Changed)),
            Command::Import { rows, mode, answer, .. } => {
                imports.lock().unwrap().push(mode);
                let imported = |(place, line)| Imported {
                    line,
                    outcome: match place {
                        0 => ImportOutcome::Done(Change::Created),
                        1 => ImportOutcome::Refused("the record is too large".to_owned()),
                        _ => ImportOutcome::Skipped("it belongs to somebody else".to_owned()),
                    },
                    note: None,
                };
                reply!(answer, rows.iter().map(|row| row.line).enumerate().map(imported).collect());
            }
            Command::Act { answer, .. } => {
                drop(answer.send(Err(CommandError::Refused { why: "signed already".into(), hint: "Rest.".into() })));
            }
            Command::Withdraw { answer } => {
                drop(answer.send(Err(CommandError::Refused { why: "not signed".into(), hint: "Rest.".into() })));
            }
            Command::Invite { count, answer, .. } => reply!(
                answer,
                NewInvite {
                    text: "grid:long".into(),
                    short: "GRID:SHORT".into(),
                    expires: Timestamp(1_000),
                    slots: (0..count).collect(),
                    pages: Vec::new(),
                }
            ),
            Command::Invites { answer } => {
                let row =
                    |(slot, state)| InviteRow { slot, version: VersionId([5; 32]), expires: Timestamp(1_000), state };
                let states = [InviteState::Open, InviteState::Expired, InviteState::Used(THEM), InviteState::Revoked];
                reply!(answer, (0..).zip(states).map(row).collect());
            }
            Command::RevokeInvite { slot, answer, .. } => match slot {
                0 => reply!(answer, ()),
                _ => drop(answer.send(Err(CommandError::NotFound { what: "invite".into(), id: slot.to_string() }))),
            },
            Command::Vouches { answer } => reply!(answer, vouches::vouches()),
            Command::Vouched { answer, .. } => reply!(answer, vouches::vouched()),
            Command::Sheet { answer, .. } => reply!(answer, b"{\"sheet\": true}".to_vec()),
            Command::Me { answer } => {
                let group_name = "Us".to_owned();
                reply!(
                    answer,
                    Me { coalition: CoalitionId([4; 32]), coalition_name: None, group_name, device: DEVICE }
                );
            }
            Command::Status { answer } => reply!(
                answer,
                Status {
                    coalition: CoalitionId([4; 32]),
                    coalition_name: None,
                    group: US,
                    group_name: "We".into(),
                    device: DEVICE,
                    standing: OwnStanding::Refused("the invite was used".into()),
                    state_root: Digest([5; 32]),
                    members: 2,
                    records: 7,
                    pending: 1,
                    peers: fixed::peers(),
                    listen: vec!["/ip4/127.0.0.1/tcp/1/p2p/x".into()],
                    troubles: Vec::new(),
                    needs: Vec::new(),
                    space: space(),
                    findings: fixed::findings(),
                }
            ),
            Command::Past { document, answer } => reply!(answer, past(document)),
            Command::Contests { answer, .. } => reply!(answer, Contests::default()),
            Command::Deliveries { documents, answer } => {
                let delivery = Delivery { received_by: vec![THEM], waiting_for: vec![FAR] };
                reply!(answer, documents.iter().map(|_| Some(delivery.clone())).collect());
            }
            Command::Dial { answer, .. } | Command::HangUp { answer } => reply!(answer, ()),
            Command::Stop { answer } => {
                *stops.lock().unwrap() += 1;
                let _ = answer.send(());
            }
            other => devices::reply(other),
        }
    }
}

/// What happened to a record of theirs: one made it, and another counts for nothing.
fn past(document: DocumentId) -> Past {
    let mut first = AutoCommit::new();
    first.put(ROOT, "title", "Vigil").unwrap();
    let made = first.get_last_local_change().unwrap().raw_bytes().to_vec();
    let change =
        |hash, outcome| PastChange { change: ChangeHash([hash; 32]), device: DEVICE, group: Some(THEM), outcome };
    let outcomes = [(7, PastOutcome::Effective(made)), (6, PastOutcome::Without("no right".into()))];
    Past {
        kind: Registry::standard().kind("action").cloned(),
        opened: Some((THEM, WriteRule::Owner)),
        changes: outcomes.into_iter().map(|(hash, outcome)| change(hash, outcome)).collect(),
        ..Past::without_log(CoalitionId([4; 32]), document, US)
    }
}
