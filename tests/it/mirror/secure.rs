//! `rediss://`: a server that speaks TLS, whose certificate is trusted or not.

use std::net::TcpListener;

use super::equal::assert_equal;
use super::stage::{Stage, fund, place, run, wait_in_step};
use super::trouble::{RESTING, wait_error};
use super::verify::assert_verified;
use crate::support::Launch;

/// A certificate for 127.0.0.1, and that of the authority that it is from.
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");

/// User, password, database and prefix as well, all at once.
#[test]
fn a_server_is_reached_over_tls_by_who_trusts_it() {
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port().to_string()
    };
    let file = |name: &str| format!("{FIXTURES}/{name}");
    let stage = Stage::new(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &file("server.pem"),
        "--tls-key-file",
        &file("server.key"),
        "--tls-ca-cert-file",
        &file("ca.pem"),
        "--tls-auth-clients",
        "no",
    ]);
    let Some(stage) = stage else { return };
    let user = [
        "ACL",
        "SETUSER",
        "mirror",
        "on",
        ">a secret",
        "~x:*",
        "+@all",
    ];
    stage.tell(&user);
    let launch = |password: &str| {
        let config = format!(
            "[oracle]\nsymbols = [\"BTC/USDT\", \"ETH/USDT\", \"ETH/BTC\"]\n[mirror]\nkey_prefix = \"x:\"\n\
             url = \"rediss://mirror:{password}@127.0.0.1:{port}/3\"\n"
        );
        Launch::new(&stage.home.path().join("data"), "push").config(&config)
    };
    // Nobody but the tests knows the authority.
    let daemon = launch("a%20secret").start();
    let mut client = daemon.client();
    fund(&mut client);
    place(&mut client, RESTING);
    wait_error(&daemon, "invalid peer certificate: UnknownIssuer");
    place(&mut client, RESTING);
    daemon.stop();
    let mut reader = stage.reader();
    run::<()>(&mut reader, &["SELECT", "3"]);
    assert_eq!(run::<i64>(&mut reader, &["DBSIZE"]), 0);

    let trusting = |password| launch(password).env("SSL_CERT_FILE", &file("ca.pem"));
    let daemon = trusting("wrong").start();
    wait_error(&daemon, "WRONGPASS");
    daemon.stop();
    let daemon = trusting("a%20secret").start();
    let mut client = daemon.client();
    place(&mut client, RESTING);
    wait_in_step(&daemon);
    assert_equal(&mut client, &mut reader, "x:");
    assert_verified(&daemon);
    assert_eq!(stage.run::<i64>(&["DBSIZE"]), 0);
    daemon.stop();
}
