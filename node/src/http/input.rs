//! What comes in and goes out, read and written the same way everywhere: path, query, JSON body, answer.
//!
//! Every refusal says what was expected and what was found, as the API's own error and never as plain text.

use super::error::ApiError;
use axum::Json;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The version that every answer names.
pub(crate) const SCHEMA: u8 = 1;
/// A JSON body in bytes: a record whose every text is as long as it may be, and room.
pub(crate) const MAX_JSON: usize = 4 * 1024 * 1024;
/// A file to import in bytes.
pub(crate) const MAX_FILE: usize = grid_protocol::limits::MAX_IMPORT;
/// Bytes of one body that are read at most, though nothing of what is too long is kept.
const THROWN_AWAY: usize = 2 * MAX_FILE;

/// An answer: the version and what there is to say.
pub(crate) struct Answer<T>(pub(crate) T);

#[derive(Serialize)]
struct Versioned<T> {
    schema: u8,
    #[serde(flatten)]
    body: T,
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        Json(Versioned { schema: SCHEMA, body: self.0 }).into_response()
    }
}

/// Nothing to say but that it is done.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Done {}

/// A list of things.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Items<T> {
    /// The things.
    pub(crate) items: Vec<T>,
}

/// A file to be saved under a name.
pub(crate) struct Download {
    pub(crate) content_type: &'static str,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        let headers =
            [(header::CONTENT_TYPE, self.content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
        (StatusCode::OK, headers, self.bytes).into_response()
    }
}

/// The variable segments of the path.
pub(crate) struct Segments<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text(), "See /openapi.json.")),
        }
    }
}

/// The words of the query, taken out one by one.
#[derive(Clone, Debug)]
pub(crate) struct Words(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Words {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        Self::of(&parts.uri)
    }
}

impl Words {
    fn of(uri: &Uri) -> Result<Self, ApiError> {
        match Query::<Vec<(String, String)>>::try_from_uri(uri) {
            Ok(Query(words)) => Ok(Self(words)),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text(), "Expected is ?name=value&name=value.")),
        }
    }

    /// The words of a query that somebody keeps.
    pub(crate) fn read(query: &str) -> Result<Self, ApiError> {
        let query = query.trim().trim_start_matches('?');
        let uri = Uri::try_from(format!("/?{query}")).map_err(|_| {
            let shown: String = query.chars().take(80).collect();
            let hint = "Escape other letters as in an address: a space is %20.";
            ApiError::invalid(format!("filter: expected name=value&name=value, found {shown:?}"), hint)
        })?;
        Self::of(&uri)
    }

    /// Takes a word out.
    pub(crate) fn take(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let (mut taken, rest): (Vec<_>, Vec<_>) = self.0.drain(..).partition(|(found, _)| found == name);
        self.0 = rest;
        match (taken.pop(), taken.is_empty()) {
            (Some(_), false) => Err(ApiError::invalid(format!("{name} is given twice"), "Give it once.")),
            (word, _) => Ok(word.map(|(_, value)| value)),
        }
    }

    /// Takes a word out that is one of a kind.
    pub(crate) fn parse<T: FromStr>(&mut self, name: &str, expected: &str) -> Result<Option<T>, ApiError> {
        let Some(text) = self.take(name)? else { return Ok(None) };
        let unfit = |_| {
            let shown: String = text.chars().take(80).collect();
            ApiError::invalid(format!("{name}: expected {expected}, found {shown:?}"), format!("Give {expected}."))
        };
        text.parse().map(Some).map_err(unfit)
    }

    /// Takes a word out that is answered by yes or no; programs may say true and false.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(text) = self.take(name)? else { return Ok(None) };
        match text.trim().to_ascii_lowercase().as_str() {
            "yes" | "true" => Ok(Some(true)),
            "no" | "false" => Ok(Some(false)),
            _ => {
                let shown: String = text.chars().take(80).collect();
                Err(ApiError::invalid(format!("{name}: expected yes or no, found {shown:?}"), "Say yes or no."))
            }
        }
    }

    /// The names of what has not been taken out.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// What has not been taken out.
    pub(crate) fn rest(self) -> Vec<(String, String)> {
        self.0
    }

    /// Refuses what has not been taken out.
    pub(crate) fn nothing_else(self, known: &[&str]) -> Result<(), ApiError> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let shown: String = name.chars().take(80).collect();
                let hint = format!("Known here: {}.", if known.is_empty() { "none".into() } else { known.join(", ") });
                Err(ApiError::invalid(format!("there is no query parameter {shown:?}"), hint))
            }
        }
    }
}

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        // A form of another site can't send this type without asking first, and nobody here answers such a question.
        let found = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let essence = found.split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::wrong_type(found));
        }
        let bytes = read(request.into_body(), MAX_JSON).await?;
        // Every body is an object; a list would be read as its fields in their order.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
            let message = "the body is not the expected JSON: expected an object, found a list";
            return Err(ApiError::invalid(message, "See /openapi.json for its shape."));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            ApiError::invalid(format!("the body is not the expected JSON: {error}"), "See /openapi.json for its shape.")
        })
    }
}

/// A JSON body that may be left out.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if request.body().size_hint().exact() == Some(0) {
            return Ok(Self(T::default()));
        }
        JsonBody::from_request(request, state).await.map(|JsonBody(body)| Self(body))
    }
}

/// A file, as bytes.
pub(crate) struct File(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for File {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        read(request.into_body(), MAX_FILE).await.map(Self)
    }
}

/// Reads a body that may be so long. What is longer is read on and thrown away, up to a bound: whoever still sends would
/// else hear of a broken connection instead of the reason.
async fn read(mut body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let mut kept = Vec::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let broken = |error| ApiError::invalid(format!("the body broke off: {error}"), "Send it again.");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length > THROWN_AWAY {
            break;
        }
        if length <= limit {
            kept.extend_from_slice(&data);
        }
    }
    if length > limit { Err(ApiError::too_large(limit)) } else { Ok(kept.into()) }
}
