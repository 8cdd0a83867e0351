//! Errors of the API: one shape for all of them, with what happened and what to do next.
//!
//! ```json
//! {"schema": 1, "error": {"code": "not_found", "message": "there is no action abcdef here", "hint": "..."}}
//! ```
//!
//! Programs decide by the code, people read the rest. The status says the same as the code, for whoever knows no more
//! than HTTP.

use super::input::SCHEMA;
use crate::handle::CommandError;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use grid_protocol::record::{ImportError, PatchError};
use grid_protocol::storage::StorageError;
use serde::Serialize;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use utoipa::ToSchema;

/// Why the API can't be served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address can be reached from other machines.
    #[error("the API listens on this machine only, and {address} is not a loopback address")]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// Something else listens there.
    #[error("port {} of {} is taken by another program", address.port(), address.ip())]
    PortTaken {
        /// The address.
        address: SocketAddr,
    },
    /// The system refuses the address.
    #[error("can't listen on {address}")]
    Tcp {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A running node answers on the socket.
    #[error("a running node answers on {}", path.display())]
    SocketTaken {
        /// The socket.
        path: PathBuf,
    },
    /// There is something else where the socket should be.
    #[error("expected a socket or nothing at {}, found something else", path.display())]
    NotASocket {
        /// The place.
        path: PathBuf,
    },
    /// The system refuses the socket.
    #[error("can't open the socket {}", path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl HttpError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotLoopback { .. } => "Use --http 127.0.0.1:0; from elsewhere, come through an SSH tunnel.",
            Self::PortTaken { .. } => "Use --http 127.0.0.1:0 for a free port, or stop the other program.",
            Self::Tcp { .. } => "Use --http 127.0.0.1:0.",
            Self::SocketTaken { .. } => "One node per home: use the one that runs, or stop it first.",
            Self::NotASocket { .. } => "Move the file away and start the node again.",
            Self::Socket { .. } => {
                "Check that the home can be written to and that its path is short enough for a socket."
            }
        }
    }
}

/// Why a request is not answered as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// An error, as the API sends it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorAnswer {
    /// The version of all answers.
    schema: u8,
    error: ErrorBody,
}

/// What happened and what to do.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// For programs.
    code: String,
    /// What happened, and why.
    message: String,
    /// What to do next; may be empty.
    hint: String,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: hint.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message, hint)
    }

    /// What came in is wrong, for these reasons.
    pub(crate) fn caused(error: &dyn Error, hint: impl Into<String>) -> Self {
        Self::invalid(with_causes(error), hint)
    }

    pub(crate) fn not_found(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message, hint)
    }

    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "refused", message, hint)
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("expected a body of at most {} MiB, found a larger one", limit / 1024 / 1024);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message, "Send it in parts.")
    }

    pub(crate) fn wrong_type(found: &str) -> Self {
        let message = format!("expected the content type application/json, found {found:?}");
        let hint = "Send the header Content-Type: application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid", message, hint)
    }

    pub(crate) fn unauthorised() -> Self {
        let hint = "Send Authorization: Bearer TOKEN, with the token from the file api.token in the node's home.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised", "this needs the node's token", hint)
    }

    pub(crate) fn misdirected(expected: &str) -> Self {
        let message = format!("expected the host {expected}, found another one");
        let hint = format!("Use http://{expected} exactly.");
        Self::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", message, hint)
    }

    pub(crate) fn wrong_method(method: &str, path: &str) -> Self {
        let message = format!("{path} does not answer to {method}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "invalid", message, "All requests are described in /openapi.json.")
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        let hint = "Please report this with the node's log.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message, hint)
    }
}

/// An error with the errors behind it, in one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        let message = with_causes(&error);
        match error {
            CommandError::NotFound { what, .. } => {
                Self::not_found(message, format!("Look in the list: it shows each {what} that is here, with its id."))
            }
            CommandError::NotYours { .. } => {
                let hint = "Ask that group to change it, or write a record of your own.";
                Self::new(StatusCode::FORBIDDEN, "not_yours", message, hint)
            }
            CommandError::Refused { hint, .. } => Self::refused(message, hint),
            CommandError::Copied { hint, .. } => Self::new(StatusCode::FORBIDDEN, "home_copied", message, hint),
            CommandError::Invalid { hint, .. } => Self::invalid(message, hint),
            CommandError::Storage(StorageError::Full) => {
                let hint = "Free some space on the disk of the node's home, then start the node again; reading works meanwhile.";
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", message, hint)
            }
            CommandError::Storage(StorageError::Io { .. }) => {
                let hint = "Check the disk of the node's home, then start the node again.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "storage", message, hint)
            }
            CommandError::Storage(StorageError::Damaged { .. }) => {
                let hint = "Start the node again: it rebuilds its store from the journal and from other groups.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "storage", message, hint)
            }
            CommandError::Quarantined { .. } => {
                let hint = "It is kept as it came, and opens once a version of the node can read it.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "quarantined", message, hint)
            }
            CommandError::Stopping => {
                let hint = "Start it again, and repeat the request.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message, hint)
            }
        }
    }
}

impl From<PatchError> for ApiError {
    fn from(error: PatchError) -> Self {
        let hint = error.hint().map_or_else(|| described(&error), str::to_owned);
        Self::invalid(with_causes(&error), hint)
    }
}

/// What would have been taken, where the error itself does not say what to do.
fn described(error: &PatchError) -> String {
    match error {
        PatchError::Missing { field, .. } | PatchError::Repeated { field } => format!("Give {field} once."),
        PatchError::Unfit { field, unfit } => format!("Give {field} as {}; null empties a field.", unfit.expected),
        _ => "What each field takes is described in /openapi.json.".to_owned(),
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        let message = with_causes(&error);
        match error {
            ImportError::TooLarge { .. } => Self { message, ..Self::too_large(grid_protocol::limits::MAX_IMPORT) },
            error => {
                let expected = || "Expected is CSV with a line of headings, or a JSON array of objects.".to_owned();
                Self::invalid(message, error.hint().unwrap_or_else(expected))
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody { code: self.code.to_owned(), message: self.message, hint: self.hint };
        (self.status, Json(ErrorAnswer { schema: SCHEMA, error: body })).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failed_command_has_its_status_and_code() {
        let hint = || "Do this.".to_owned();
        let cases = [
            (CommandError::NotFound { what: "action".into(), id: "x".into() }, 404, "not_found"),
            (CommandError::NotYours { owner: "Clean River".into() }, 403, "not_yours"),
            (CommandError::Refused { why: "no".into(), hint: hint() }, 403, "refused"),
            (CommandError::Copied { why: "no", hint: "Do this." }, 403, "home_copied"),
            (CommandError::Invalid { why: "no".into(), hint: hint() }, 400, "invalid"),
            (CommandError::Storage(StorageError::Full), 507, "disk_full"),
            (CommandError::Storage(StorageError::Damaged { what: "x".into() }), 500, "storage"),
            (CommandError::Quarantined { why: "no".into() }, 500, "quarantined"),
            (CommandError::Stopping, 503, "stopping"),
        ];
        for (error, status, code) in cases {
            let error = ApiError::from(error);
            assert_eq!((error.status.as_u16(), error.code), (status, code), "{}", error.message);
            assert!(!error.hint.is_empty(), "{code} has a hint");
        }
    }

    #[test]
    fn what_the_database_says_is_not_for_whoever_asks() {
        let what = "Corruption { at: DiskPtr(77), bt: () } in tree entries".to_owned();
        let error = ApiError::from(CommandError::Storage(StorageError::Damaged { what }));
        assert_eq!(error.message, "nothing was saved: the store is damaged");
        assert!(error.hint.contains("rebuilds its store"));
    }

    #[test]
    fn the_cause_of_a_failed_write_is_in_the_message() {
        let source = Box::new(std::io::Error::other("the cable is loose"));
        let error = ApiError::from(CommandError::Storage(StorageError::Io { doing: "write", source }));
        assert_eq!((error.status.as_u16(), error.code), (500, "storage"));
        assert!(error.message.contains("the cable is loose"), "{}", error.message);
    }
}
