//! Nodes that answer in parts, too late, or not at all.

use super::{AskError, Question, ask};
use crate::network::{self, NetworkConfig, NetworkEvent};
use grid_protocol::control::Record;
use grid_protocol::domain;
use grid_protocol::id::{CoalitionId, derive};
use grid_protocol::sync::message::Rest;
use grid_protocol::sync::{Recall, Refusal, Request, Response, pack, unpack};
use grid_protocol::words::RecoveryWords;
use std::time::Duration;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

const COALITION: CoalitionId = CoalitionId([5; 32]);
/// Far above what any step takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A node that gives these answers, one after the other, and what it was asked.
async fn answering(seed: u8, answers: Vec<Response>) -> (String, JoinHandle<Vec<Recall>>) {
    let topic = derive(domain::TOPIC, COALITION.as_bytes());
    let mut config = NetworkConfig::new(Zeroizing::new([seed; 32]), topic);
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".to_owned()];
    let (network, mut events) = network::start(config).await.unwrap();
    let Some(NetworkEvent::Listening { address }) = events.recv().await else { panic!("an address") };
    let asked = tokio::spawn(async move {
        let (mut asked, mut answers) = (Vec::new(), answers.into_iter());
        while let Some(event) = events.recv().await {
            let NetworkEvent::Request { peer, token, bytes } = event else { continue };
            let Ok(Request::Recall(recall)) = unpack(&bytes) else { panic!("another request") };
            assert!(recall.is_proven(&peer));
            asked.push(recall);
            network.respond(token, pack(&answers.next().unwrap())).await;
            if answers.len() == 0 {
                break;
            }
        }
        // The last answer travels before the goodbye.
        while let Some(event) = events.recv().await {
            if matches!(event, NetworkEvent::Disconnected { .. }) {
                break;
            }
        }
        network.close().await;
        asked
    });
    (address, asked)
}

fn inception(words: &RecoveryWords, name: &str) -> Record {
    Record::Inception(grid_protocol::control::Inception::new(name, words, Vec::new(), 0, [1; 16]))
}

fn told(records: Vec<Record>, rest: Rest) -> Response {
    Response::Recalled { records, heads: Vec::new(), rest }
}

#[tokio::test]
async fn an_answer_in_parts_is_put_together_and_a_node_that_has_no_time_is_asked_again() {
    let words = RecoveryWords::from_entropy([3; 32]);
    let (mine, other) = (inception(&words, "Weir"), inception(&RecoveryWords::from_entropy([4; 32]), "Other"));
    let first = mine.id();
    let answers =
        vec![Response::Refused(Refusal::TooSoon), told(vec![mine], Rest::More), told(vec![other], Rest::None)];
    let (address, asked) = answering(41, answers).await;
    let addresses = ["/ip4/127.0.0.1/tcp/1/p2p/nobody".to_owned(), address];
    let question = Question { coalition: COALITION, group: None, words: &words, addresses: &addresses, wait: PATIENCE };
    let (gathered, answered) = ask(Zeroizing::new([9; 32]), &question).await.unwrap();
    assert_eq!((answered, gathered.groups().into_values().collect::<Vec<_>>()), (1, vec!["Weir".to_owned()]));
    let asked = asked.await.unwrap();
    assert_eq!(asked.iter().map(|asked| asked.after).collect::<Vec<_>>(), [None, None, Some(first)]);
}

#[tokio::test]
async fn a_node_that_tells_nothing_says_why_and_one_that_is_not_there_is_given_up_in_time() {
    let words = RecoveryWords::from_entropy([3; 32]);
    let (address, _asked) = answering(42, vec![Response::Refused(Refusal::NoSuchGroup)]).await;
    let addresses = [address];
    let question = Question { coalition: COALITION, group: None, words: &words, addresses: &addresses, wait: PATIENCE };
    let refused = ask(Zeroizing::new([9; 32]), &question).await.unwrap_err();
    assert!(matches!(refused, AskError::Refused(Refusal::NoSuchGroup)), "{refused}");

    let nobody = ["/ip4/127.0.0.1/tcp/1/p2p/12D3KooWPBUTQUr4DjUnAax5r1FrNtxZWNi8MeougBX3b5j6wTc1".to_owned()];
    let wait = Duration::from_millis(200);
    let question = Question { addresses: &nobody, wait, ..question };
    let given_up = ask(Zeroizing::new([9; 32]), &question).await.unwrap_err();
    assert!(matches!(&given_up, AskError::NobodyAnswered { why: Some(_), .. }), "{given_up}");
    let question = Question { addresses: &[], ..question };
    assert!(matches!(ask(Zeroizing::new([9; 32]), &question).await, Err(AskError::NoAddress)));
}
