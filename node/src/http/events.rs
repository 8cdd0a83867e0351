//! What happens, as a stream: Server-Sent Events.
//!
//! A client that reads too slowly loses events and is told how many, so that it can look at everything anew. The
//! stream ends when the node stops.

use super::Api;
use super::input::SCHEMA;
use crate::event::Event as Happening;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use serde_json::{Value as Json, json};
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

/// Proxies and sleeping laptops close what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Streams what happens from now on.
#[utoipa::path(
    get, path = "/api/events", operation_id = "events", tag = "node",
    responses(
        (
            status = 200,
            description = "Events, each named by the field `event` of its data; a client that falls behind gets `missed`.",
            content_type = "text/event-stream",
            body = String
        ),
    )
)]
pub(crate) async fn events(State(api): State<Api>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let happenings = BroadcastStream::new(api.handle.events()).map(|item| Ok(event(&data(item))));
    let stream = happenings.take_until(Box::pin(super::closed(api.closing.clone())));
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text("still here"))
}

fn data(item: Result<Happening, BroadcastStreamRecvError>) -> Json {
    let mut data = match item {
        Ok(happening) => serde_json::to_value(happening).unwrap_or_else(|_| json!({"event": "unknown"})),
        Err(BroadcastStreamRecvError::Lagged(count)) => json!({"event": "missed", "count": count}),
    };
    if let Some(object) = data.as_object_mut() {
        object.insert("schema".to_owned(), json!(SCHEMA));
    }
    data
}

fn event(data: &Json) -> Event {
    // JSON text has no line ends, so it is always one `data:` line.
    Event::default().event(data["event"].as_str().unwrap_or("unknown")).data(data.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_fell_behind_is_told_how_much_it_missed() {
        let data = data(Err(BroadcastStreamRecvError::Lagged(7)));
        assert_eq!(data, json!({"schema": 1, "event": "missed", "count": 7}));
    }

    #[test]
    fn the_data_of_an_event_names_it() {
        let data = data(Ok(Happening::PeerConnected { address: "a\nb".into() }));
        assert_eq!(data, json!({"schema": 1, "event": "peer_connected", "address": "a\nb"}));
        assert!(!data.to_string().contains('\n'));
    }
}
