//! Who gets in, and how the server opens and closes.

use super::*;
use crate::clock::WallClock;
use crate::http::HttpError;
use std::os::unix::fs::PermissionsExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn config(home: &std::path::Path, tcp: Option<&str>) -> HttpConfig {
    HttpConfig { socket: home.join("api.sock"), tcp: tcp.map(|it| it.parse().unwrap()), token: TOKEN.into() }
}

fn handle() -> Handle {
    let (commands, _) = mpsc::channel(1);
    Handle::new(commands, Arc::new(RwLock::new(views(Vec::new()))), broadcast::channel(1).0, WallClock::default())
}

async fn refused(config: HttpConfig) -> HttpError {
    match serve(config, handle()).await {
        Err(error) => error,
        Ok(_) => panic!("expected a refusal"),
    }
}

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_asks_for_no_token() {
    let grid = Grid::start().await;
    let mode = std::fs::metadata(&grid.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(grid.get("/api/status").await.0, StatusCode::OK);
}

#[tokio::test]
async fn tcp_answers_to_its_exact_host_and_port_alone() {
    let grid = Grid::start().await;
    let good = grid.tcp.to_string();
    let wrong_port = format!("127.0.0.1:{}", grid.tcp.port() ^ 1);
    let localhost = format!("localhost:{}", grid.tcp.port());
    for (host, status) in
        [(&*good, 200), (&*wrong_port, 421), (&*localhost, 421), ("127.0.0.1", 421), ("evil.example", 421)]
    {
        let request = Request::builder().uri("/api/status").header(header::HOST, host);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {TOKEN}"));
        let answer = read(grid.send_tcp(request.body(nothing()).unwrap()).await).await;
        assert_eq!(answer.0.as_u16(), status, "{host}: {}", answer.1);
    }
    let absolute = Request::builder().uri("http://evil.example/api/status").header(header::HOST, &good);
    let absolute = absolute.header(header::AUTHORIZATION, format!("Bearer {TOKEN}")).body(nothing()).unwrap();
    assert_eq!(code(&read(grid.send_tcp(absolute).await).await), (421, "misdirected"));
}

#[tokio::test]
async fn a_request_without_host_or_with_two_is_misdirected() {
    let grid = Grid::start().await;
    for hosts in [String::new(), format!("Host: {0}\r\nHost: {0}\r\n", grid.tcp)] {
        let mut stream = tokio::net::TcpStream::connect(grid.tcp).await.unwrap();
        let request = format!("GET /api/status HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 421 ") || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
}

#[tokio::test]
async fn tcp_wants_the_token_for_everything() {
    let grid = Grid::start().await;
    for path in ["/api/status", "/openapi.json", "/nothing"] {
        for token in [None, Some("Bearer wrong"), Some("Bearer "), Some(TOKEN), Some("Basic eA==")] {
            let mut request = Request::builder().uri(path).header(header::HOST, grid.tcp.to_string());
            if let Some(token) = token {
                request = request.header(header::AUTHORIZATION, token);
            }
            let answer = read(grid.send_tcp(request.body(nothing()).unwrap()).await).await;
            assert_eq!(code(&answer), (401, "unauthorised"), "{path} with {token:?}");
        }
    }
    let request = grid.over_tcp(Method::GET, "/api/status").body(nothing()).unwrap();
    assert_eq!(grid.send_tcp(request).await.status(), 200);
}

#[tokio::test]
async fn every_answer_keeps_pages_of_other_sites_out() {
    let grid = Grid::start().await;
    let good = grid.over_tcp(Method::GET, "/api/status").body(nothing()).unwrap();
    let bad = Request::builder().uri("/api/status").body(nothing()).unwrap();
    for request in [good, bad] {
        let answer = grid.send_tcp(request).await;
        let headers = answer.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        assert!(!headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn a_page_of_another_site_reads_and_changes_nothing_even_with_the_token() {
    let grid = Grid::start().await;
    for (name, value) in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("origin", "null")] {
        let request = grid.over_tcp(Method::POST, "/api/dial").header(name, value);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Full::from(r#"{"address":"/ip4/1.2.3.4/tcp/1"}"#)).unwrap();
        assert_eq!(code(&read(grid.send_tcp(request).await).await), (403, "refused"), "{name}: {value}");
        let request = grid.over_tcp(Method::GET, "/api/status").header(name, value).body(nothing()).unwrap();
        assert_eq!(code(&read(grid.send_tcp(request).await).await), (403, "refused"), "{name}: {value}");
    }
    let preflight = grid.over_tcp(Method::OPTIONS, "/api/dial").body(nothing()).unwrap();
    assert_eq!(grid.send_tcp(preflight).await.status(), 405);
}

#[tokio::test]
async fn a_form_is_no_json_body() {
    let grid = Grid::start().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let request = grid.over_tcp(Method::POST, "/api/dial").header(header::CONTENT_TYPE, kind);
        let request = request.body(Full::from(r#"{"address":"x"}"#)).unwrap();
        assert_eq!(code(&read(grid.send_tcp(request).await).await), (415, "invalid"));
    }
}

#[tokio::test]
async fn the_node_is_stopped_over_the_socket_alone() {
    let grid = Grid::start().await;
    let over_tcp = grid.over_tcp(Method::POST, "/api/stop").body(nothing()).unwrap();
    assert_eq!(code(&read(grid.send_tcp(over_tcp).await).await), (403, "refused"));
    assert_eq!(*grid.stops.lock().unwrap(), 0);
    assert_eq!(grid.ask(Method::POST, "/api/stop", None).await.0, StatusCode::OK);
    assert_eq!(*grid.stops.lock().unwrap(), 1);
}

#[tokio::test]
async fn an_address_that_others_reach_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let error = refused(config(home.path(), Some("0.0.0.0:0"))).await;
    assert!(matches!(error, HttpError::NotLoopback { .. }), "{error}");
    assert!(error.hint().contains("127.0.0.1"));
    assert!(!home.path().join("api.sock").exists());
}

#[tokio::test]
async fn a_socket_that_a_killed_node_left_behind_is_taken_over() {
    let home = tempfile::tempdir().unwrap();
    drop(std::os::unix::net::UnixListener::bind(home.path().join("api.sock")).unwrap());
    assert!(serve(config(home.path(), None), handle()).await.is_ok());
}

#[tokio::test]
async fn the_socket_of_a_running_node_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let _running = serve(config(home.path(), None), handle()).await.unwrap();
    let error = refused(config(home.path(), None)).await;
    assert!(matches!(error, HttpError::SocketTaken { .. }), "{error}");
    assert!(home.path().join("api.sock").exists());
}

#[tokio::test]
async fn a_file_in_the_place_of_the_socket_is_not_deleted() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("api.sock"), "precious").unwrap();
    let error = refused(config(home.path(), None)).await;
    assert!(matches!(error, HttpError::NotASocket { .. }), "{error}");
    assert_eq!(std::fs::read(home.path().join("api.sock")).unwrap(), b"precious");
}

#[tokio::test]
async fn closing_ends_streams_and_idle_connections_and_takes_the_socket_away() {
    let grid = Grid::start().await;
    let stream = grid.send(Request::builder().uri("/api/events").body(nothing()).unwrap()).await;
    let silent = tokio::net::UnixStream::connect(&grid.socket).await.unwrap();
    let begun = std::time::Instant::now();
    let socket = grid.socket.clone();
    grid.server.close().await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(3));
    assert!(!socket.exists());
    drop(bytes(stream).await);
    drop(silent);
}
