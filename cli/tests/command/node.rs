//! `grid node`: how it starts, how it ends, and what keeps it from starting.

use crate::running::Place;
use crate::support::{code, error, stderr};
use std::{net::TcpListener, time::Duration};

#[test]
fn a_node_that_is_told_to_end_says_goodbye_within_five_seconds() {
    let place = Place::new();
    let weir = place.founder();
    for signal in ["TERM", "INT", "HUP"] {
        let node = weir.start();
        node.signal(signal);
        let (code_, took) = node.ended();
        assert_eq!(code_, Some(0), "{signal}");
        assert!(took < Duration::from_secs(5), "{signal}: {took:?}");
        assert_eq!(code(&weir.run(["status"])), 3, "{signal}");
    }
}

#[test]
fn what_was_acknowledged_survives_a_sudden_death() {
    let place = Place::new();
    let (weir, node) = place.running_founder();
    let id = weir.json(["action", "new", "--title", "Vigil"])["id"].as_str().unwrap().to_owned();
    node.signal("KILL");
    assert_eq!(node.ended().0, None);
    assert_eq!(code(&weir.run(["status"])), 3, "a socket that a dead node left is no node");
    let _node = weir.start();
    assert_eq!(weir.json(["action", "show", &id])["title"], "Vigil");
}

#[test]
fn a_second_node_on_one_home_is_refused_and_the_first_goes_on() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let second = weir.run(["node", "--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0", "--json"]);
    assert_eq!(code(&second), 1);
    assert_eq!(error(&second)["code"], "home_in_use");
    assert!(error(&second)["hint"].as_str().unwrap().contains("stop that node"));
    assert_eq!(code(&weir.run(["status"])), 0);
}

#[test]
fn a_port_that_is_taken_is_named_with_a_way_out() {
    let place = Place::new();
    let weir = place.founder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let multiaddr = format!("/ip4/127.0.0.1/tcp/{}", address.port());
    let http = address.to_string();
    for words in
        [["--listen", &multiaddr, "--http", "127.0.0.1:0"], ["--listen", "/ip4/127.0.0.1/tcp/0", "--http", &http]]
    {
        let output = weir.run(["node", "--json"].iter().chain(&words));
        assert_eq!(code(&output), 1, "{words:?}");
        let error = error(&output);
        assert_eq!(error["code"], "address_in_use", "{words:?}: {error}");
        assert!(error["message"].as_str().unwrap().contains(&address.port().to_string()), "{error}");
        assert!(error["hint"].is_string());
    }
}

#[test]
fn addresses_that_are_none_are_wrong_words() {
    let place = Place::new();
    let weir = place.founder();
    for words in [["--listen", "localhost"], ["--http", "localhost"], ["--http", "192.0.2.1:80"], ["--log", "loud=x=y"]]
    {
        let output = weir.run(["node", "--json", "--listen", "/ip4/127.0.0.1/tcp/0"].iter().chain(&words));
        assert_eq!(code(&output), 2, "{words:?}: {}", stderr(&output));
        assert!(error(&output)["hint"].is_string(), "{words:?}");
    }
}

#[test]
fn a_home_that_is_missing_or_of_a_newer_program_is_left_alone() {
    let place = Place::new();
    let weir = place.founder();
    let format = weir.home.join("format");
    std::fs::write(&format, "2\n").unwrap();
    let output = weir.run(["node", "--json"]);
    assert_eq!(code(&output), 1);
    assert_eq!(error(&output)["code"], "newer_format");
    assert_eq!(std::fs::read_to_string(format).unwrap(), "2\n");

    let nowhere = crate::running::Group { home: place.path("nowhere") };
    let output = nowhere.run(["node", "--json"]);
    assert_eq!(code(&output), 4);
    assert!(error(&output)["hint"].as_str().unwrap().contains("grid init"));
    assert!(!nowhere.home.exists());
}
