//! The client address of a request.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, X_FORWARDED_FOR};
use ipnet::{IpNet, Ipv6Net};

use super::RateLimitOptions;

/// The prefix length of IPv6 networks; the owner of a network can choose the other bits freely.
const NETWORK: u8 = 64;

/// The header with the client address. Proxies must append to it or replace it; they may forward the other header as
/// the client sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardingHeader {
    /// `X-Forwarded-For`, a list of addresses.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The address or network whose requests are counted; `None` for a request without an address.
pub(super) fn of(request: &HttpRequest, options: &RateLimitOptions) -> Option<IpNet> {
    Some(match client(request, options)? {
        address @ IpAddr::V4(_) => address.into(),
        IpAddr::V6(address) => Ipv6Net::new_assert(address, NETWORK).trunc().into(),
    })
}

/// The name in a store.
pub(super) fn name(network: &IpNet) -> String {
    match network {
        IpNet::V4(address) => address.addr().to_string(),
        IpNet::V6(network) => network.to_string(),
    }
}

/// The address of the connection, or if that is a trusted proxy, the address that the proxy reports, and so on. Entries
/// further left in the list may be forged.
pub(super) fn client(request: &HttpRequest, options: &RateLimitOptions) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| options.trusted_proxies.iter().any(|network| network.contains(address));
    let mut client = request.peer_addr()?.ip().to_canonical();
    if !is_trusted(&client) {
        return Some(client);
    }
    let hops = forwarded(request, options.forwarding_header);
    for hop in hops.iter().rev() {
        let Some(next) = hop.filter(|_| is_trusted(&client)) else { break };
        client = next;
    }
    Some(client)
}

/// The reported addresses of a request, the last one last; `None` for an invalid entry.
fn forwarded(request: &HttpRequest, header: ForwardingHeader) -> Vec<Option<IpAddr>> {
    let (name, read): (_, fn(&str) -> Option<IpAddr>) = match header {
        ForwardingHeader::XForwardedFor => (X_FORWARDED_FOR, read),
        ForwardingHeader::Forwarded => (FORWARDED, read_element),
    };
    // An invalid header line is an unreadable hop; entries to the left of it are ignored.
    let lines = request.headers().get_all(name).map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(read).collect()
}

/// The address in an element of `Forwarded`.
fn read_element(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for")).and_then(|(_, node)| read(node))
}

/// An address with or without a port, quotes and brackets.
fn read(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let plain = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = plain.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::super::RateLimitOptions;
    use super::{ForwardingHeader, name, of};

    fn address(peer: &str, headers: &[(&'static str, &str)], trusted: &[&str]) -> String {
        let request = TestRequest::default().peer_addr(format!("{peer}:1234").parse().unwrap());
        let request = headers.iter().fold(request, |request, header| request.append_header(*header));
        let trusted_proxies = trusted.iter().map(|network| network.parse().unwrap()).collect();
        // Checks the function on the headers of a request.
        let forwarding_header = match headers.first() {
            Some(("Forwarded", _)) => ForwardingHeader::Forwarded,
            _ => ForwardingHeader::XForwardedFor,
        };
        let options = RateLimitOptions { trusted_proxies, forwarding_header, ..RateLimitOptions::default() };
        name(&of(&request.to_http_request(), &options).unwrap())
    }

    #[test]
    fn nobody_is_believed_who_is_not_trusted() {
        for header in [("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=198.51.100.1")] {
            assert_eq!(address("203.0.113.9", &[header], &[]), "203.0.113.9");
            assert_eq!(address("203.0.113.9", &[header], &["10.0.0.0/8"]), "203.0.113.9");
            assert_eq!(address("10.0.0.1", &[header], &["10.0.0.0/8"]), "198.51.100.1");
        }
        assert_eq!(of(&TestRequest::default().to_http_request(), &RateLimitOptions::default()), None);
    }

    #[test]
    fn the_last_who_is_not_trusted_counts() {
        let of = |list: &str| address("10.0.0.1", &[("X-Forwarded-For", list)], &["10.0.0.0/8"]);
        assert_eq!(of("1.1.1.1, 198.51.100.1"), "198.51.100.1", "what a client writes is to the left");
        assert_eq!(of("1.1.1.1, 198.51.100.1, 10.0.0.7"), "198.51.100.1");
        assert_eq!(of("10.0.0.8, 10.0.0.7"), "10.0.0.8");
        assert_eq!(of("198.51.100.1, nonsense, 10.0.0.7"), "10.0.0.7", "nobody stands in for what cannot be read");
        assert_eq!(of(""), "10.0.0.1");
        assert_eq!(of("198.51.100.1:4711"), "198.51.100.1");
        let lines = [("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", "198.51.100.1")];
        assert_eq!(address("10.0.0.1", &lines, &["10.0.0.1/32"]), "198.51.100.1");
        let standard = [("Forwarded", "for=1.1.1.1, For=\"[2001:db8:1:2:3::4]:80\";proto=https;by=10.0.0.1")];
        assert_eq!(address("10.0.0.1", &standard, &["10.0.0.1/32"]), "2001:db8:1:2::/64");
        assert_eq!(address("10.0.0.1", &[("Forwarded", "for=_hidden")], &["10.0.0.1/32"]), "10.0.0.1");
    }

    #[test]
    fn the_header_that_proxies_do_not_write_is_ignored() {
        const TRUSTED: &[&str] = &["10.0.0.0/8"];
        let (simple, standard) = (("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=203.0.113.9"));
        assert_eq!(address("10.0.0.1", &[simple, standard], TRUSTED), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &[standard, simple], TRUSTED), "203.0.113.9");
        // The proxy has added nothing, so only the connection is used.
        let unset = RateLimitOptions {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            forwarding_header: ForwardingHeader::Forwarded,
            ..RateLimitOptions::default()
        };
        let request = TestRequest::default().peer_addr("10.0.0.1:1234".parse().unwrap()).append_header(simple);
        assert_eq!(name(&of(&request.to_http_request(), &unset).unwrap()), "10.0.0.1");
    }

    #[test]
    fn of_ipv6_the_network_counts() {
        assert_eq!(address("[2001:db8::1]", &[], &[]), address("[2001:db8::ffff:1]", &[], &[]));
        assert_ne!(address("[2001:db8::1]", &[], &[]), address("[2001:db8:0:1::1]", &[], &[]));
        assert_eq!(address("[::ffff:203.0.113.9]", &[], &[]), "203.0.113.9");
    }
}
