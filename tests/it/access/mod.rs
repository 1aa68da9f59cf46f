//! Who may do what, from where; and that no secret, and no file, is open to those whom it is not meant for.

mod files;
mod rebinding;
mod secrets;
mod table;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};

use crate::support::PATIENCE;

/// A request whose answer may have no end; the head alone is waited for.
fn status(address: SocketAddr, request: &str) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1);
    let status = status.unwrap_or_else(|| panic!("{line:?} to {request}"));
    status.parse().unwrap()
}

/// A request whose connection is closed afterwards, and all of its answer.
fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The text of a request that ends its connection.
fn request(method: &str, target: &str, lines: &[(&str, &str)], body: &str) -> String {
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"));
    let (lines, length) = (lines.collect::<String>(), body.len());
    format!(
        "{method} {target} HTTP/1.1\r\nconnection: close\r\n{lines}content-length: {length}\r\n\r\n{body}"
    )
}

/// An address of this machine that others reach it at. Nothing is sent: the system only picks the way.
fn other_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    let found = Some(address).filter(|address| !address.is_loopback());
    if found.is_none() {
        let missing = "this machine has no address but its loopback";
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
        eprintln!("skipped in part: {missing}");
    }
    found
}
