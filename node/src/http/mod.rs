//! The API of a node: JSON over a Unix socket and over loopback TCP, described by `/openapi.json`.
//!
//! ```text
//! grid, scripts ── api.sock (0600) ──┐
//!                                    ├── one router ── Handle ── the node
//! pages, tools ─── 127.0.0.1:port ───┘
//!                  host, token; or the secret of a link
//! ```
//!
//! Nothing here knows the store, the network or keys: reading looks at the views, everything else is a command. Record
//! kinds come from the registry; a new one is served and described without a line here. `GET` never changes anything.

mod auth;
mod bounded;
mod compare;
mod devices;
mod directory;
mod duplicates;
mod error;
mod events;
mod feeds;
mod filter;
mod find;
mod findings;
mod history;
mod import_export;
mod input;
mod invites;
mod items;
mod kinds;
mod links;
mod listen;
mod lost;
mod mandates;
mod needs;
mod news;
mod notes;
mod open;
mod openapi;
mod peers;
mod period;
mod pick;
mod questions;
mod records;
mod recovery;
mod resolve;
mod statement;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod totals;
mod undo;
mod versions;
mod vouches;

pub use error::HttpError;

use crate::handle::Handle;
use auth::{Door, Token};
use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware;
use axum::routing::{delete, get, post};
use bounded::Bounded;
use error::ApiError;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long open requests may take to end when the server closes.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// Where and how the API is served.
pub struct HttpConfig {
    /// The Unix socket, in a directory that only its owner enters.
    pub socket: PathBuf,
    /// The loopback address; port 0 takes a free one.
    pub tcp: Option<SocketAddr>,
    /// The secret that opens the API over TCP.
    pub token: String,
}

/// A running API.
pub struct Server {
    /// Where it listens on TCP.
    pub tcp_address: Option<SocketAddr>,
    socket: PathBuf,
    closing: watch::Sender<Closing>,
    doors: JoinSet<std::io::Result<()>>,
}

/// Whether the server closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// Not yet.
    No,
    /// Streams end, open requests are answered, no new ones are taken.
    Now,
}

/// What every request can use.
#[derive(Clone)]
pub(crate) struct Api {
    handle: Handle,
    door: Door,
    token: Token,
    tcp_address: Option<SocketAddr>,
    closing: watch::Receiver<Closing>,
}

/// Serves the API of a node.
///
/// # Errors
///
/// [`HttpError`] when it can't listen; then nothing is left behind.
pub async fn serve(config: HttpConfig, handle: Handle) -> Result<Server, HttpError> {
    let tcp = match config.tcp {
        Some(address) => Some(listen::tcp(address).await?),
        None => None,
    };
    let socket = listen::socket(&config.socket).await?;
    let tcp_address = tcp.as_ref().map(|(_, address)| *address);
    let (closing, watched) = watch::channel(Closing::No);
    let token = Token::new(&config.token);
    let api = |door| Api { handle: handle.clone(), door, token: token.clone(), tcp_address, closing: watched.clone() };
    let mut doors = JoinSet::new();
    let until_closed = || closed(watched.clone());
    doors.spawn({
        let router = router(api(Door::Socket));
        axum::serve(socket, router).with_graceful_shutdown(until_closed()).into_future()
    });
    if let Some((listener, address)) = tcp {
        let router = router(api(Door::Tcp { host: address.to_string() }));
        doors.spawn(axum::serve(Bounded::new(listener), router).with_graceful_shutdown(until_closed()).into_future());
    }
    Ok(Server { tcp_address, socket: config.socket, closing, doors })
}

impl Server {
    /// Ends event streams, lets open requests finish for up to 2.5 seconds, and takes the socket away.
    pub async fn close(mut self) {
        let _ = std::fs::remove_file(&self.socket);
        self.closing.send_replace(Closing::Now);
        let finished = async { while self.doors.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, finished).await.is_err() {
            tracing::warn!(patience_ms = PATIENCE.as_millis(), "requests were still open when the API closed");
            self.doors.abort_all();
        }
    }
}

/// Waits until the server closes, or is gone.
async fn closed(mut closing: watch::Receiver<Closing>) {
    let _ = closing.wait_for(|closing| *closing == Closing::Now).await;
}

fn router(api: Api) -> Router {
    Router::new()
        .route("/openapi.json", get(openapi::document))
        .route("/api/status", get(status::status))
        .route("/api/peers", get(peers::list))
        .route("/api/events", get(events::events))
        .route("/api/dial", post(status::dial))
        .route("/api/stop", post(status::stop))
        .route("/api/invites", get(invites::list).post(invites::create))
        .route("/api/invites/{slot}", delete(invites::revoke))
        .route("/api/vouches", get(vouches::list).post(vouches::give))
        .route("/api/devices", get(devices::list).post(devices::add))
        .route("/api/devices/moved", post(devices::moved))
        .route("/api/devices/lost", get(lost::list).post(lost::publish))
        .route("/api/devices/{device}/revocation", get(devices::revocation).post(devices::revoke))
        .route("/api/recovery", get(recovery::contacts))
        .route("/api/recovery/appeal", post(recovery::appeal))
        .route("/api/recovery/approval", post(recovery::approve))
        .route("/api/statement", get(statement::show))
        .route("/api/statement/signature", post(statement::sign).delete(statement::withdraw))
        .route("/api/statement/sheet", get(statement::sheet))
        .route("/api/statement/diff", get(compare::diff))
        .route("/api/statement/versions", get(versions::list).post(versions::propose))
        .route("/api/statement/versions/{version}", get(versions::show))
        .route("/api/statement/votes", post(versions::vote))
        .route("/api/mandates", get(mandates::list).post(mandates::claim))
        .route("/api/mandates/{id}", get(mandates::show).delete(mandates::give_back))
        .route("/api/mandates/{id}/endorsement", post(mandates::endorse).delete(mandates::take_back))
        .route("/api/kinds", get(kinds::list))
        .route("/api/schema/{kind}", get(kinds::schema))
        .route("/api/records/{kind}", get(records::list).post(records::create))
        .route("/api/records/{kind}/import", post(import_export::import))
        .route("/api/records/{kind}/export", get(import_export::export))
        .route("/api/records/{kind}/{id}", get(records::show).patch(records::edit).delete(records::remove))
        .route("/api/records/{kind}/{id}/history", get(history::history))
        .route("/api/records/{kind}/{id}/undo", post(undo::undo))
        .route("/api/records/{kind}/{id}/merge", post(duplicates::merge))
        .route("/api/records/{kind}/duplicates", get(duplicates::list))
        .route("/api/surveys/{id}/totals", get(totals::preview).post(totals::publish))
        .route("/api/news", get(news::since).post(news::unseen))
        .route("/api/resolve/{kind}/{field}", get(resolve::resolve))
        .route("/api/feeds/calendar.ics", get(feeds::calendar_feed))
        .route("/api/feeds/news.atom", get(feeds::news_feed))
        .route("/api/feeds/podcast.rss", get(feeds::podcast_feed))
        .route("/api/feeds/map.geojson", get(feeds::map_feed))
        .route("/api/feeds/links", get(links::list).post(links::make))
        .route("/api/feeds/links/{id}", delete(links::remove))
        .route("/feeds/{secret}/{file}", get(links::read))
        .route("/api/questions", get(questions::list))
        .route("/api/questions/{question}", get(questions::answer))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(middleware::from_fn_with_state(api.clone(), auth::admit))
        .with_state(api)
}

async fn no_route(uri: Uri) -> ApiError {
    let path: String = uri.path().chars().take(200).collect();
    ApiError::not_found(format!("there is nothing at {path}"), "All requests are described in /openapi.json.")
}

async fn no_method(method: Method, uri: Uri) -> ApiError {
    let path: String = uri.path().chars().take(200).collect();
    ApiError::wrong_method(method.as_str(), &path)
}
