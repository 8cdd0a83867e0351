//! The end of a node in the middle of its work.

use crate::running::Place;
use crate::support::code;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    time::Duration,
};

#[test]
fn a_node_ends_within_five_seconds_though_a_peer_is_connected_and_somebody_listens() {
    let place = Place::new();
    let (weir, mut node) = place.running_founder();
    let (_mill, _mill_node) = place.member("Mill", &weir);
    for signal in ["TERM", "INT", "HUP"] {
        weir.until(&["status"], |status| {
            status["members"] == 2 && status["peers"].as_array().unwrap().iter().any(|peer| peer["path"] == "tcp")
        });
        let mut stream = UnixStream::connect(weir.home.join("api.sock")).unwrap();
        stream.write_all(b"GET /api/events HTTP/1.1\r\nhost: grid\r\n\r\n").unwrap();
        let mut listening = BufReader::new(stream);
        let mut line = String::new();
        listening.read_line(&mut line).unwrap();
        assert!(line.contains("200"), "{line}");
        node.signal(signal);
        let (ended, took) = node.ended();
        assert_eq!(ended, Some(0), "{signal}");
        assert!(took < Duration::from_secs(5), "{signal}: {took:?}");
        listening.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(code(&weir.run(["status"])), 3, "{signal}");
        node = weir.start();
    }
}
