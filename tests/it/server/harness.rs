//! A server on a free port with a handler that knows a few tricks, and a client that speaks bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc as std_mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use mockx::http::{Limits, Request, Response, serve};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;

/// Bytes of the answer at `/big`: more than any socket buffers.
pub(super) const BIG_BYTES: usize = 20_000_000;

/// A client never waits longer than this; reaching it fails the test.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a test holds of a request that is inside its handler.
pub(super) struct Guest {
    /// Sending lets the request at `/gate` finish.
    pub(super) release: oneshot::Sender<()>,
    /// The pieces of the answer at `/stream`.
    pub(super) pieces: mpsc::Sender<Vec<u8>>,
}

/// A running server. Dropped, it stops without grace for what still runs.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    guests: std_mpsc::Receiver<Guest>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(limits: Limits) -> Self {
        let (announce, announced) = std_mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let (guest, guests) = std_mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            LocalSet::new().block_on(&runtime.unwrap(), async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                announce.send(listener.local_addr().unwrap()).unwrap();
                let handle = move |request| handle(request, guest.clone());
                serve(listener, limits, handle, async { drop(stopped.await) }).await;
            });
        });
        let address = announced.recv().unwrap();
        Self {
            address,
            guests,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(super) fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).unwrap())
    }

    /// A fresh connection is served.
    pub(super) fn assert_serves(&self) {
        let mut client = self.connect();
        client.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(client.answer().status, 200);
    }

    /// Waits until a request has reached `/gate` or `/stream`.
    pub(super) fn guest(&self) -> Guest {
        self.guests.recv_timeout(PATIENCE).unwrap()
    }

    /// Tells the server to stop; [`Server::join`] waits for it.
    pub(super) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(super) fn join(&mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn handle(request: Request, guests: std_mpsc::Sender<Guest>) -> Response {
    let (release, released) = oneshot::channel();
    let (pieces, stream) = mpsc::channel(4);
    match request.path.as_str() {
        "/echo" => Response::text(200, echo(&request)),
        "/big" => Response::bytes(200, "application/octet-stream", vec![b'x'; BIG_BYTES]),
        "/split" => Response::text(200, "").with_header("x-split", "a\r\nb: c"),
        "/canned" => Response::bytes(
            400,
            "text/plain",
            b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec(),
        ),
        "/gate" => {
            guests.send(Guest { release, pieces }).unwrap();
            drop(released.await);
            Response::text(200, "released")
        }
        "/stream" => {
            guests.send(Guest { release, pieces }).unwrap();
            Response::stream("text/event-stream", stream)
        }
        other => Response::text(404, other),
    }
}

/// The request in one line.
fn echo(request: &Request) -> String {
    format!(
        "{} {} {:?} {} x={:?}",
        request.method.as_str(),
        request.path,
        request.query,
        String::from_utf8_lossy(&request.body),
        request.headers.get("x"),
    )
}

/// One connection, byte by byte.
pub(super) struct Client {
    stream: BufReader<TcpStream>,
}

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// The answer is a complete problem document with that status and code.
    pub(super) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let document: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(document["status"], status, "{self:?}");
        assert_eq!(document["code"], code, "{self:?}");
        assert_eq!(document["detail"], document["error"], "{self:?}");
    }
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(super) fn socket(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket().write_all(bytes.as_ref()).unwrap();
    }

    /// Sends again and again until the server has had enough. Gives the number of bytes that left.
    pub(super) fn send_until_refused(&mut self, piece: &[u8], bytes_max: usize) -> usize {
        let mut sent = 0;
        while sent < bytes_max {
            match self.socket().write(piece) {
                Ok(written) => sent += written,
                Err(_) => break,
            }
        }
        sent
    }

    pub(super) fn finish_sending(&mut self) {
        self.socket().shutdown(Shutdown::Write).unwrap();
    }

    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line
    }

    /// The next head, up to and with its empty line.
    pub(super) fn head(&mut self) -> Answer {
        let mut head = self.line();
        let status = head.get(9..12).and_then(|digits| digits.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer but {head:?}"));
        while !head.ends_with("\r\n\r\n") {
            let line = self.line();
            assert!(
                !line.is_empty(),
                "the connection ended inside a head: {head:?}"
            );
            head += &line;
        }
        Answer {
            status,
            head,
            body: String::new(),
        }
    }

    /// The next answer; it must have a length.
    pub(super) fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let length: usize = answer.header("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap();
        answer
    }

    /// Everything up to the end of the connection, however it ends.
    pub(super) fn rest(&mut self) -> usize {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the connection did not end: {error}"),
        }
        rest.len()
    }

    /// The server has closed the connection, and nothing was left to read.
    pub(super) fn assert_closed(&mut self) {
        assert_eq!(self.rest(), 0);
    }
}
