//! Servers on loopback that play a venue, well or badly.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong should stop")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mockx::oracle::{FetchSettings, Roots};
use tiny_http::{Header, Response, ResponseBox, Server};

/// A server that answers each request by a function of its number and path.
pub(crate) struct Answers {
    server: Arc<Server>,
    asked: Arc<AtomicUsize>,
    pub(crate) url: String,
}

impl Answers {
    pub(crate) fn by(
        mut answer: impl FnMut(usize, &str) -> ResponseBox + Send + 'static,
    ) -> Answers {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let url = format!("http://{}", server.server_addr());
        let asked = Arc::new(AtomicUsize::new(0));
        let (requests, count) = (Arc::clone(&server), Arc::clone(&asked));
        std::thread::spawn(move || {
            for request in requests.incoming_requests() {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let response = answer(number, request.url());
                // A client that went away is part of some tests.
                request.respond(response).ok();
            }
        });
        Answers { server, asked, url }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

pub(crate) fn answer(status: u16, headers: &[&str], body: impl Into<Vec<u8>>) -> ResponseBox {
    let mut response = Response::from_data(body).with_status_code(status);
    for header in headers {
        response.add_header(header.parse::<Header>().unwrap());
    }
    response.boxed()
}

/// A server that sends the same bytes to everybody, and then closes or waits.
pub(crate) fn raw(bytes: Vec<u8>, close: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open: Vec<TcpStream> = Vec::new();
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 1024];
            // The request is of no interest, but closing before it is read would reset the connection.
            if connection.read(&mut request).is_err() {
                continue;
            }
            connection.write_all(&bytes).ok();
            if !close {
                open.push(connection);
            }
        }
    });
    url
}
/// Bounds that a loaded machine keeps.
pub(crate) fn settings() -> FetchSettings {
    FetchSettings {
        timeout: Duration::from_secs(10),
        connect_timeout: Duration::from_secs(5),
        body_max: 100_000,
        proxy_from_environment: false,
        roots: Roots::default(),
    }
}
