//! Two groups on two nodes, as the mission is tested: one writes through its API, the other looks through its own.

use crate::api::{self, percent};
use crate::grid::{Member, until_equal};
use crate::kept::Kept;
use grid_node::handle::{AddDevice, Governing, OwnStanding};
use grid_node::http::{HttpConfig, Server};
use grid_node::node::Dialling;
use grid_node::setup::Signing;
use serde_json::{Value, json};
use std::time::Duration;

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

    /// The same, and neither node dials by itself: where they are parted, they stay so until they meet.
    pub async fn by_hand() -> Self {
        let mut river = Member::found("Clean River", LISTEN).await;
        river.stop().await;
        river.dial_by(Dialling::OnRequest);
        river.start().await;
        let mut mill = Member::joined("Mill Street", &river.invite().await, Signing::Sign, LISTEN);
        mill.dial_by(Dialling::OnRequest);
        mill.start().await;
        dial(&mill, &river).await;
        river.until_members(2).await;
        mill.until_members(2).await;
        Self { river: Side::serve(river).await, mill: Side::serve(mill).await }
    }

    /// Two computers of one group, Clean River, which do not dial by themselves.
    pub async fn of_one_group() -> Self {
        let mut river = Member::found("Clean River", LISTEN).await;
        river.stop().await;
        river.dial_by(Dialling::OnRequest);
        river.start().await;
        let device = AddDevice { label: None, governing: Governing::No, expires: Duration::from_secs(3_600) };
        let pairing = river.handle().add_device(device).await.expect("a founder adds computers");
        let mut second = Member::paired(&pairing.code, LISTEN);
        second.dial_by(Dialling::OnRequest);
        second.start().await;
        dial(&second, &river).await;
        second
            .until("the computer is let in", async |me| {
                (me.status().await.standing == OwnStanding::Member).then_some(())
            })
            .await;
        Self { river: Side::serve(river).await, mill: Side::serve(second).await }
    }

    /// Ends every connection of two nodes that do not dial by themselves: nothing passes until they meet.
    pub async fn part(&self) {
        self.settle().await;
        self.river.member.handle().hang_up().await.expect("a running node hangs up");
        self.river.member.until_alone().await;
        self.mill.member.until_alone().await;
    }

    /// Lets two who were parted, and wrote meanwhile, meet again, and waits until both hold the same.
    pub async fn meet(&self) {
        let (river, mill) = (&self.river.member, &self.mill.member);
        assert!(river.is_alone().await && mill.is_alone().await, "they met too early");
        assert_ne!(river.status().await.state_root, mill.status().await.state_root, "something passed");
        dial(mill, river).await;
        self.settle().await;
    }

    /// Stops both nodes, and looks through their disks and logs: what `mill` wrote down for itself alone lies in
    /// its own home, beside the logs, and nowhere at `river`, which has what travelled with it.
    pub async fn keeps_at_mill(self, secrets: &[&str], told: &str) {
        let (river, mill) = (self.river.kept().await, self.mill.kept().await);
        for secret in secrets {
            assert!(!mill.in_files(secret).is_empty(), "{secret} is not kept at all");
            assert_eq!(mill.in_sent(secret), Vec::<String>::new(), "{secret} was written into a log");
            assert_eq!(river.in_files(secret), Vec::<String>::new(), "{secret} lies on the other's disk");
            assert_eq!(river.in_sent(secret), Vec::<String>::new(), "{secret} reached the other's store");
        }
        assert!(!river.in_files(told).is_empty() && !river.in_sent(told).is_empty(), "{told} did not travel");
    }

    /// Lets the founder propose a version of the statement and vote for it, so that it is adopted; both sign it.
    pub async fn adopt(&self, change: Value) -> String {
        let proposed = self.river.post("/api/statement/versions", change).await;
        let version = proposed["version"].as_str().expect("a version has an id").to_owned();
        let voted = self.river.post("/api/statement/votes", json!({"version": version})).await;
        assert_eq!(voted["state"], "adopted", "{voted}");
        self.settle().await;
        for side in [&self.river, &self.mill] {
            side.post("/api/statement/signature", json!({"version": version})).await;
        }
        self.settle().await;
        version
    }

    /// Waits until both hold the same.
    pub async fn settle(&self) {
        until_equal(&[&self.river.member, &self.mill.member]).await;
    }
}

impl Side {
    /// Serves the API of a running node.
    pub async fn serve(member: Member) -> Self {
        let config = HttpConfig { socket: member.path().join("api.sock"), tcp: None, token: "for nobody".to_owned() };
        let server = grid_node::http::serve(config, member.handle()).await.expect("the API can be served");
        Self { member, server }
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

    /// Stops the node, and reads all that it keeps.
    pub async fn kept(self) -> Kept {
        let Self { mut member, server } = self;
        let coalition = member.status().await.coalition;
        server.close().await;
        member.stop().await;
        Kept::read(&member.path(), coalition)
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

    /// Imports a table; returns what became of its rows.
    pub async fn import(&self, kind: &str, table: &str) -> Value {
        let path = format!("/api/records/{kind}/import");
        let answer = api::request(&self.member.path(), "POST", &path, "text/csv", table).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
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

async fn dial(from: &Member, to: &Member) {
    let address = to.status().await.listen.first().cloned().expect("the node listens");
    from.handle().dial(address).await.expect("a running node dials");
    let at = from.until("somebody is connected", async |me| (!me.is_alone().await).then_some(()));
    at.await;
}

/// What one key of some rows says.
pub fn each(rows: &[Value], key: &str) -> Vec<String> {
    rows.iter().map(|row| row[key].as_str().map_or_else(|| row[key].to_string(), str::to_owned)).collect()
}
