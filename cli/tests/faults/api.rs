//! The API of a node over its socket, for what commands are too slow for or do not offer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use crate::running::Group;
use serde_json::Value;
use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
};

/// Sends a request, and gives status and answer; an error when the node is gone before it has answered.
pub(crate) fn ask(group: &Group, method: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
    let mut stream = UnixStream::connect(group.home.join("api.sock"))?;
    let body = body.to_string();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: grid\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let cut_short = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut_short)?;
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(cut_short)?;
    Ok((status, serde_json::from_str(body).map_err(|_| cut_short())?))
}

/// Writes a record; its id, or the status and the error that kept it from being saved.
pub(crate) fn write(group: &Group, kind: &str, fields: Value) -> io::Result<Result<String, (u16, Value)>> {
    let body = serde_json::json!({ "fields": fields });
    let (status, answer) = ask(group, "POST", &format!("/api/records/{kind}"), &body)?;
    Ok(match status {
        201 => Ok(answer["id"].as_str().unwrap().to_owned()),
        status => Err((status, answer["error"].clone())),
    })
}

/// The ids of all records of a kind.
pub(crate) fn ids(group: &Group, kind: &str) -> std::collections::BTreeSet<String> {
    let list = group.json([kind, "list", "--limit", "100000"]);
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// Waits until all groups have the same root.
pub(crate) fn until_equal(groups: &[&Group]) {
    let Some((first, rest)) = groups.split_first() else { return };
    for other in rest {
        first.until(&["status"], |status| status["state_root"] == other.json(["status"])["state_root"]);
    }
}
