//! Writes the fixture of a home with a passphrase: `cargo run -p grid-tests --bin make-sealed-home`.
//!
//! Beside the home lie its passphrase and its recovery words, so that every later version can be tried with both.

use grid_node::handle::Target;
use grid_node::node::{Dialling, Node, NodeConfig};
use grid_node::passphrase::Passphrase;
use grid_node::setup::{self, Found};
use grid_protocol::record::{Patch, Registry};
use grid_tests::fixtures::{pack_home, sealed_directory};
use serde_json::json;
use std::error::Error;
use std::fs;
use std::sync::Arc;

const PASSPHRASE: &str = "herons nest behind the old mill";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = sealed_directory();
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let temporary = tempfile::tempdir()?;
    let home = temporary.path().join("home");
    let passphrase = Passphrase::new(PASSPHRASE)?;
    let found = Found {
        coalition_name: "Clear Water".to_owned(),
        group_name: "Weir".to_owned(),
        purpose: "To keep the river clear.".to_owned(),
        statement_title: "What unites us".to_owned(),
        statement_text: "The river belongs to everybody who lives by it.\n".to_owned(),
        rules: Default::default(),
    };
    let created = setup::found(&home, &found, Some(&passphrase))?;
    let registry = Arc::new(Registry::standard().clone());
    let config = NodeConfig { dialling: Dialling::OnRequest, ..NodeConfig::new(Vec::new(), registry.clone()) };
    let node = Node::start_with(&home, config, Some(&passphrase)).await?;
    let kind = registry.kind("action").ok_or("actions are there")?;
    let patch = Patch::from_json(kind, &json!({"title": "Walk to the spring", "place": "Old bridge"}))?;
    let id = node.handle().write(Target::New(kind.name.clone()), patch).await?.document;
    let status = node.handle().status().await?;
    node.stop().await;

    pack_home(&home, &directory.join("home"))?;
    let expected = json!({
        "passphrase": PASSPHRASE, "words": created.words.join(" "), "action": id.to_string(),
        "coalition": status.coalition.to_string(), "device": status.device.to_string(),
        "state_root": status.state_root.to_string(),
    });
    fs::write(directory.join("home.json"), serde_json::to_vec_pretty(&expected)?)?;
    println!("written to {}", directory.display());
    Ok(())
}
