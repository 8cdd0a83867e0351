//! A node under the line protocol of a driver that measures several systems the same way.
//!
//! `peer FOLDER MODE WHO` prints `{"ready":true}` and then answers every line `{"id":..,"cmd":..}` on
//! standard input with one line of the same id. Records come from [`grid_tests::workload`]; the list of
//! words is the file that `GRID_BENCH_WORDS` names. `GRID_BENCH_LISTEN` is the address to listen on.

mod node;
mod watch;

use node::{Peer, Trouble};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<(), Trouble> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("usage: peer FOLDER MODE WHO")?.into();
    let peer = Arc::new(Peer::new(folder)?);
    let (lines, mut input) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                break;
            }
        }
    });
    say(&json!({"ready": true}));
    let (quit, mut done) = mpsc::channel::<()>(1);
    loop {
        tokio::select! {
            _ = done.recv() => break,
            line = input.recv() => {
                let Some(line) = line else { break };
                let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
                let (peer, quit) = (peer.clone(), quit.clone());
                tokio::spawn(async move { answer(&peer, &message, &quit).await });
            }
        }
    }
    Ok(())
}

async fn answer(peer: &Peer, message: &Value, quit: &mpsc::Sender<()>) {
    let mut reply = peer.carry_out(message).await.unwrap_or_else(|trouble| json!({"error": trouble.to_string()}));
    if let (Some(reply), Some(id)) = (reply.as_object_mut(), message.get("id")) {
        reply.insert("id".to_owned(), id.clone());
    }
    say(&reply);
    if message.get("cmd").is_some_and(|command| command == "quit") {
        let _ = quit.send(()).await;
    }
}

fn say(value: &Value) {
    let mut output = std::io::stdout().lock();
    // A driver that has gone reads nothing, and its end of the input closes too.
    let _ = writeln!(output, "{value}").and_then(|()| output.flush());
}
