//! Ways to a venue through other people's networks: a proxy that the environment names, an authority of its own.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong should stop")]

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mockx::oracle::{FetchError, FetchSettings, Fetcher, Roots};

use crate::feed_stage::has;
use crate::support::{Launch, wait_for};
use crate::venue_server::{Answers, answer, settings};
use crate::venues::fixture;

/// A proxy that opens tunnels, all of them to one address whatever is asked for.
struct Proxy {
    url: String,
    tunnels: Arc<AtomicUsize>,
}

impl Proxy {
    fn to(target: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let tunnels = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&tunnels);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client that goes away is none of ours.
                if tunnel(client, target).is_ok() {
                    count.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Proxy { url, tunnels }
    }
}

fn tunnel(client: TcpStream, target: SocketAddr) -> io::Result<()> {
    let mut head = BufReader::new(client.try_clone()?);
    let mut line = String::new();
    head.read_line(&mut line)?;
    if !line.starts_with("CONNECT venue.invalid:") {
        return Err(io::Error::other(line));
    }
    while !line.trim().is_empty() {
        line.clear();
        head.read_line(&mut line)?;
    }
    let server = TcpStream::connect(target)?;
    let (mut up, mut down) = (server.try_clone()?, client.try_clone()?);
    let (mut from_client, mut from_server) = (client, server);
    down.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    thread::spawn(move || io::copy(&mut from_client, &mut up));
    thread::spawn(move || io::copy(&mut from_server, &mut down));
    Ok(())
}

#[test]
fn the_environment_names_a_proxy() {
    let server = Answers::by(|_, path| {
        let kind = if path.contains("instruments") {
            "list"
        } else {
            "tickers"
        };
        answer(200, &[], fixture("okx", kind))
    });
    let proxy = Proxy::to(server.url.strip_prefix("http://").unwrap().parse().unwrap());
    for name in ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"] {
        let home = tempfile::tempdir().unwrap();
        // That name is nowhere but behind the proxy.
        let daemon = Launch::new(&home.path().join("data"), "okx")
            .config("[oracle]\nbase_urls = { okx = \"http://venue.invalid\" }\n")
            .env("SYMBOLS", "BTC/USDT")
            .env(name, &proxy.url)
            .start();
        let mut client = daemon.client();
        wait_for("a price", || {
            let answer = client.request("GET", "/tickers/BTC/USDT", "").unwrap();
            (answer.status == 200 && answer.body.contains("90100.1")).then_some(())
        });
        daemon.stop();
    }
    assert!(proxy.tunnels.load(Ordering::SeqCst) >= 3);
    let home = tempfile::tempdir().unwrap();
    let daemon = Launch::new(&home.path().join("data"), "okx")
        .config("[oracle]\nbase_urls = { okx = \"http://venue.invalid\" }\n")
        .env("SYMBOLS", "BTC/USDT")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("NO_PROXY", "other.example,venue.invalid")
        .start();
    // Without the proxy there is no such name; with it the connection would be refused.
    let said = wait_for("the error", || {
        let said = daemon.log();
        said.contains("no prices").then_some(said)
    });
    assert!(!said.contains("refused"), "{said}");
    daemon.stop();
}

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");

/// Answers `[1]` over TLS, with a certificate of an authority that nobody knows.
const SERVER: &str = "
import http.server, ssl, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', '3')
        self.end_headers()
        self.wfile.write(b'[1]')
server = http.server.HTTPServer(('127.0.0.1', 0), Answer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + '/server.pem', sys.argv[1] + '/server.key')
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";

/// A child that is killed when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn an_authority_of_ones_own_can_be_trusted() {
    if !has("python3", "python3") {
        return;
    }
    let child = Command::new("python3")
        .args(["-c", SERVER, FIXTURES])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut server = Server(child.unwrap());
    let mut port = String::new();
    let stdout = server.0.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut port).unwrap();
    let url = format!("https://localhost:{}/", port.trim());
    let get = |roots: Roots| {
        let fetcher = Fetcher::new(FetchSettings {
            roots,
            ..settings()
        });
        fetcher.get(&url).map(|fetched| fetched.body)
    };
    let authority: PathBuf = Path::new(FIXTURES).join("ca.pem");
    assert_eq!(get(Roots::file(&authority).unwrap()), Ok(b"[1]".to_vec()));
    assert_eq!(
        get(Roots::system(Some(&authority)).unwrap()),
        Ok(b"[1]".to_vec())
    );
    let error = get(Roots::default()).unwrap_err();
    assert!(matches!(error, FetchError::Tls(_)), "{error}");
}

#[test]
fn a_file_of_authorities_that_is_none_is_named_at_the_start() {
    let home = tempfile::tempdir().unwrap();
    let output = Launch::new(&home.path().join("data"), "okx")
        .config("[oracle]\ntls_roots = \"./nothing.pem\"\n")
        .output();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("nothing.pem cannot be read"), "{said}");
}
