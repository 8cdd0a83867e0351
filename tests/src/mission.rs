//! Two groups on two nodes, as the mission is tested: one writes through its API, the other looks through its own.

use crate::api::{self, percent};
use crate::grid::{Member, until_equal};
use grid_node::http::{HttpConfig, Server};
use grid_node::setup::Signing;
use serde_json::{Value, json};
use std::net::SocketAddr;

const LISTEN: &[&str] = &["/ip4/127.0.0.1/tcp/0"];

/// A group with a node and its API.
pub struct Side {
    /// The node.
    pub member: Member,
    server: Server,
}

/// Two groups of one coalition: the founder, Clean River, and Mill Street, which joined.
pub struct Pair {
    /// The founder.
    pub river: Side,
    /// The group that joined.
    pub mill: Side,
}

impl Pair {
    /// Both nodes run, and each knows two members.
    pub async fn new() -> Self {
        let river = Member::found("Clean River", LISTEN).await;
        let mill = Member::join("Mill Street", &river.invite().await, Signing::Sign, LISTEN).await;
        river.until_members(2).await;
        mill.until_members(2).await;
        Self { river: Side::serve(river).await, mill: Side::serve(mill).await }
    }

    /// Waits until both hold the same.
    pub async fn settle(&self) {
        until_equal(&[&self.river.member, &self.mill.member]).await;
    }
}

impl Side {
    /// Serves the API of a running node, on its socket and on a free port.
    pub async fn serve(member: Member) -> Self {
        let tcp = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        let config = HttpConfig { socket: member.path().join("api.sock"), tcp, token: "for nobody".to_owned() };
        let server = grid_node::http::serve(config, member.handle()).await.expect("the API can be served");
        Self { member, server }
    }

    /// Where the API listens on TCP.
    pub fn tcp(&self) -> SocketAddr {
        self.server.tcp_address.expect("it listens on TCP")
    }

    /// Stops the API and the node.
    pub async fn stop(mut self) {
        self.server.close().await;
        self.member.stop().await;
    }

    /// The same node, stopped and started again.
    pub async fn restarted(mut self) -> Self {
        self.server.close().await;
        self.member.stop().await;
        self.member.start().await;
        Self::serve(self.member).await
    }

    /// Asks the API.
    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = api::request_json(&self.member.path(), "GET", path, json!(null)).await;
        assert_eq!(status, 200, "GET {path}: {answer}");
        answer
    }

    /// The body of what the API gives under a path, as it came.
    pub async fn text(&self, path: &str) -> String {
        let answer = api::request(&self.member.path(), "GET", path, "text/plain", "").await;
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        answer.body
    }

    /// Sends the API something that it takes.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = api::request_json(&self.member.path(), "POST", path, body).await;
        assert!(matches!(status, 200 | 201), "POST {path}: {status} {answer}");
        answer
    }

    /// Makes a record; returns its id.
    pub async fn make(&self, kind: &str, fields: Value) -> String {
        let made = self.post(&format!("/api/records/{kind}"), json!({"fields": fields})).await;
        made["id"].as_str().expect("a record has an id").to_owned()
    }

    /// Tries to make a record that is refused; returns the error.
    pub async fn refused(&self, kind: &str, fields: Value) -> Value {
        let path = format!("/api/records/{kind}");
        let (status, answer) = api::request_json(&self.member.path(), "POST", &path, json!({"fields": fields})).await;
        assert!((400..500).contains(&status), "{status}: {answer}");
        answer["error"].clone()
    }

    /// Sends the API something that it refuses; returns the error.
    pub async fn post_refused(&self, path: &str, body: Value) -> Value {
        let (status, answer) = api::request_json(&self.member.path(), "POST", path, body).await;
        assert!((400..500).contains(&status), "{status}: {answer}");
        answer["error"].clone()
    }

    /// Changes a record.
    pub async fn edit(&self, kind: &str, id: &str, fields: Value) {
        let path = format!("/api/records/{kind}/{id}");
        let (status, answer) = api::request_json(&self.member.path(), "PATCH", &path, json!({"fields": fields})).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Tries a change that is refused; returns the error.
    pub async fn edit_refused(&self, kind: &str, id: &str, fields: Value) -> Value {
        let path = format!("/api/records/{kind}/{id}");
        let (status, answer) = api::request_json(&self.member.path(), "PATCH", &path, json!({"fields": fields})).await;
        assert!((400..500).contains(&status), "{status}: {answer}");
        answer["error"].clone()
    }

    /// Shows a record.
    pub async fn show(&self, kind: &str, id: &str) -> Value {
        self.get(&format!("/api/records/{kind}/{id}")).await
    }

    /// The records of a kind that a filter lets through: `text=vigil&place=Hollin`.
    pub async fn list(&self, kind: &str, filter: &str) -> Vec<Value> {
        let list = self.get(&format!("/api/records/{kind}?{filter}")).await;
        list["items"].as_array().expect("a list has items").clone()
    }

    /// Asks a question; the rows of one section of the answer.
    pub async fn ask(&self, question: &str, section: &str, words: &[(&str, &str)]) -> Vec<Value> {
        let words: Vec<String> = words.iter().map(|(word, said)| format!("{word}={}", percent(said))).collect();
        let answer = self.get(&format!("/api/questions/{question}?{}", words.join("&"))).await;
        let sections = answer["sections"].as_array().expect("an answer has sections");
        let found = sections.iter().find(|it| it["name"] == section);
        let found = found.unwrap_or_else(|| panic!("there is no section {section}: {answer}"));
        found["rows"].as_array().expect("a section has rows").clone()
    }

    /// The id of this group.
    pub async fn group(&self) -> String {
        self.member.status().await.group.to_string()
    }
}

/// What one key of some rows says.
pub fn each(rows: &[Value], key: &str) -> Vec<String> {
    rows.iter().map(|row| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned)).collect()
}
