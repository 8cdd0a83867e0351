//! Who may ask: the socket trusts whoever can open it, TCP trusts whoever knows the token, and whoever knows the secret of
//! a link with the one feed that it leads to.
//!
//! A web page that a browser has open can reach loopback addresses too. It does not know the token, and what could make
//! the browser help it is refused before anything else: a host name that was pointed here (421), a request that comes
//! from another site (403). The answers carry headers that keep them from being read, framed or run by pages.

use super::Api;
use super::error::ApiError;
use super::links;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// How a request came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Over the Unix socket, which only its owner opens.
    Socket,
    /// Over TCP, under this host and port.
    Tcp {
        /// What every request must name as its host.
        host: String,
    },
}

/// The secret that opens the API over TCP. Kept as its hash, so that it can't be printed.
#[derive(Clone)]
pub(crate) struct Token(blake3::Hash);

impl Token {
    pub(crate) fn new(token: &str) -> Self {
        Self(blake3::hash(token.trim().as_bytes()))
    }

    /// Compares in constant time, as `blake3::Hash` does.
    fn opens(&self, presented: &[u8]) -> bool {
        self.0 == blake3::hash(presented)
    }
}

/// What every answer says to browsers.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Lets a request in, or says why not.
pub(crate) async fn admit(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let mut response = match check(&api, &mut request) {
        Ok(()) => next.run(request).await,
        Err(error) => {
            let mut response = error.into_response();
            // Whoever is not let in keeps no connection, of which there are few.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn check(api: &Api, request: &mut Request) -> Result<(), ApiError> {
    if let Door::Tcp { host } = &api.door {
        check_tcp(api, host, request)?;
    }
    if links::is_one(request.uri().path()) {
        let opened = links::open(api, request.method(), request.uri().path())?;
        request.extensions_mut().insert(opened);
    }
    Ok(())
}

fn check_tcp(api: &Api, host: &str, request: &Request) -> Result<(), ApiError> {
    let elsewhere = request.uri().authority().is_some_and(|authority| authority.as_str() != host);
    if elsewhere || only(request.headers(), &header::HOST) != Some(host.as_bytes()) {
        return Err(ApiError::misdirected(host));
    }
    // The secret of a link stands in its path, and is looked at behind this.
    if !links::is_one(request.uri().path()) {
        check_token(api, request)?;
    }
    if is_cross_site(request.headers(), host) {
        return Err(ApiError::refused(
            "the request comes from a page of another site",
            "Requests come from programs on this machine or from the node's own pages.",
        ));
    }
    Ok(())
}

fn check_token(api: &Api, request: &Request) -> Result<(), ApiError> {
    let authorisation = only(request.headers(), &header::AUTHORIZATION).unwrap_or_default();
    let presented = match authorisation.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer ") => token.trim_ascii(),
        _ => return Err(ApiError::unauthorised()),
    };
    if api.token.opens(presented) { Ok(()) } else { Err(ApiError::unauthorised()) }
}

/// The value of a header that stands there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        _ => None,
    }
}

/// Whether a browser says that another site sends this. Programs say nothing.
fn is_cross_site(headers: &HeaderMap, host: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
        || origin.is_some_and(|origin| origin.strip_prefix(b"http://") != Some(host.as_bytes()))
}
