//! Strangers: nodes of another coalition, and programs that talk nonsense.

use crate::api::{ask, ids};
use crate::running::Place;
use crate::support::code;
use serde_json::json;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

#[test]
fn nodes_of_two_coalitions_that_meet_say_so_and_exchange_nothing() {
    let (here, there) = (Place::new(), Place::new());
    let (weir, other) = (here.founder(), there.founder());
    let (_weir_node, _other_node) = (weir.start(), other.start());
    weir.json(["action", "new", "--title", "Ours"]);
    other.json(["action", "new", "--title", "Theirs"]);
    let address = other.json(["status"])["listen"][0].clone();
    let (status, answer) = ask(&weir, "POST", "/api/dial", &json!({ "address": address })).unwrap();
    assert_eq!(status, 200, "{answer}");
    let met = weir.until(&["status"], |status| status["peers"][0]["fault"].is_string());
    let fault = met["peers"][0]["fault"].as_str().unwrap();
    assert!(fault.contains("another coalition"), "{fault}");
    assert!(met["peers"][0]["group"].is_null(), "{met}");
    assert_eq!(met["peers"][0]["sync"], "fault", "{met}");
    assert!(met["peers"][0]["hint"].as_str().unwrap().contains("invite"), "{met}");
    for group in [&weir, &other] {
        group.json(["action", "new", "--title", "Still at work"]);
        assert_eq!(ids(group, "action").len(), 2);
        assert_eq!(ids(group, "group").len(), 1);
        assert_eq!(group.json(["status"])["members"], 1);
    }
}

#[test]
fn garbage_on_its_port_disturbs_no_node() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let listen = weir.json(["status"])["listen"][0].as_str().unwrap().to_owned();
    let port: u16 = listen.split('/').nth(4).unwrap().parse().unwrap();
    let multistream = b"\x13/multistream/1.0.0\n".to_vec();
    let noise = [multistream.clone(), b"\x07/noise\n".to_vec(), vec![0xff; 70_000]].concat();
    for garbage in [vec![0; 1_900_000], b"GET / HTTP/1.1\r\n\r\n".to_vec(), multistream, noise, vec![0xff; 9]] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        // The node may hang up before it has read all of it.
        let _ = stream.write_all(&garbage);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert_eq!(code(&weir.run(["status"])), 0);
    let (_mill, _mill_node) = place.member("Mill", &weir);
}
