//! Ports that stay the same from one start to the next, where the operator left them open: peers and
//! invites know the old one.

use crate::network::NetworkEvent;
use std::collections::BTreeMap;

/// Whether anything was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    New,
    Same,
}

/// The addresses, with the last port in place of an open one.
pub(crate) fn with_last(ports: &BTreeMap<String, u16>, listen: &[String]) -> Vec<String> {
    listen
        .iter()
        .map(|address| match (ports.get(address), split(address)) {
            (Some(port), Some((before, "0", after))) => format!("{before}{port}{after}"),
            _ => address.clone(),
        })
        .collect()
}

/// Notes the ports that open addresses got.
pub(crate) fn note(ports: &mut BTreeMap<String, u16>, listen: &[String], events: &[NetworkEvent]) -> Noted {
    let mut noted = Noted::Same;
    for asked in listen {
        let Some((before, "0", _)) = split(asked) else { continue };
        let any_host = before.starts_with("/ip4/0.0.0.0/") || before.starts_with("/ip6/::/");
        let taken = events.iter().find_map(|event| {
            let NetworkEvent::Listening { address } = event else { return None };
            let (found, port, _) = split(address)?;
            let same = found == before || (any_host && transport(found) == transport(before));
            if same { port.parse::<u16>().ok() } else { None }
        });
        if let Some(port) = taken
            && ports.insert(asked.clone(), port) != Some(port)
        {
            noted = Noted::New;
        }
    }
    noted
}

/// An address around its port: `/ip4/0.0.0.0/tcp/`, `0`, the rest.
fn split(address: &str) -> Option<(&str, &str, &str)> {
    let start = ["/tcp/", "/udp/"].into_iter().find_map(|part| Some(address.find(part)? + part.len()))?;
    let (before, rest) = address.split_at_checked(start)?;
    let end = rest.find('/').unwrap_or(rest.len());
    let (port, after) = rest.split_at_checked(end)?;
    Some((before, port, after))
}

/// `ip4` or `ip6`, and `tcp` or `udp`.
fn transport(before: &str) -> Option<(&str, &str)> {
    let mut parts = before.split('/').filter(|part| !part.is_empty());
    Some((parts.next()?, parts.next_back()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_port_gets_the_port_of_the_last_time() {
        let listen = ["/ip4/127.0.0.1/tcp/0".to_owned(), "/ip4/0.0.0.0/udp/0/quic-v1".to_owned()];
        let mut ports = BTreeMap::new();
        let events = ["/ip4/127.0.0.1/tcp/4001/p2p/x", "/ip4/10.0.0.7/udp/4002/quic-v1/p2p/x"]
            .map(|address| NetworkEvent::Listening { address: address.to_owned() });
        assert_eq!(note(&mut ports, &listen, &events), Noted::New);
        assert_eq!(note(&mut ports, &listen, &events), Noted::Same);
        assert_eq!(with_last(&ports, &listen), ["/ip4/127.0.0.1/tcp/4001", "/ip4/0.0.0.0/udp/4002/quic-v1"]);
    }

    #[test]
    fn a_port_that_was_asked_for_stays() {
        let ports = BTreeMap::from([("/ip4/127.0.0.1/tcp/5".to_owned(), 7)]);
        let listen = ["/ip4/127.0.0.1/tcp/5".to_owned()];
        assert_eq!(with_last(&ports, &listen), listen);
    }
}
