//! A cheap load generator: one thread, ready-made requests, answers looked at no more than needed.
//!
//! Each connection has one request on its way at a time, as a client that waits for its answer.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local};

/// Room for an answer.
const BUFFER_BYTES: usize = 64 * 1024;

/// How a load went.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Answers per second.
    pub(crate) rate: f64,
    /// Half of the answers took no longer.
    pub(crate) p50_ms: f64,
    /// All but a hundredth of the answers took no longer.
    pub(crate) p99_ms: f64,
}

impl Outcome {
    fn new(elapsed: Duration, mut latencies: Vec<Duration>) -> Outcome {
        latencies.sort();
        let percentile = |percent: usize| {
            let index = (latencies.len() * percent / 100).min(latencies.len() - 1);
            latencies[index].as_secs_f64() * 1000.0
        };
        #[allow(clippy::cast_precision_loss, reason = "a count of requests")]
        let count = latencies.len() as f64;
        Outcome {
            rate: count / elapsed.as_secs_f64(),
            p50_ms: percentile(50),
            p99_ms: percentile(99),
        }
    }
}

/// The bytes of a request.
pub(crate) fn request(method: &str, path: &str, key: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: mockx\r\nx-api-key: {key}\r\n");
    let entity =
        format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}");
    (head + &entity).into_bytes()
}

/// Sends `count` times `bytes` over so many connections; every answer must be a 200.
pub(crate) fn run(address: SocketAddr, connections: usize, count: usize, bytes: &[u8]) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let left = Rc::new(Cell::new(count));
        let bytes: Rc<[u8]> = bytes.into();
        let mut streams = Vec::new();
        for _ in 0..connections {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            streams.push(stream);
        }
        let begun = Instant::now();
        let tasks: Vec<_> = streams
            .into_iter()
            .map(|stream| spawn_local(client(stream, Rc::clone(&bytes), Rc::clone(&left))))
            .collect();
        let mut latencies = Vec::with_capacity(count);
        for task in tasks {
            latencies.extend(task.await.unwrap().unwrap());
        }
        Outcome::new(begun.elapsed(), latencies)
    })
}

async fn client(
    stream: TcpStream,
    bytes: Rc<[u8]>,
    left: Rc<Cell<usize>>,
) -> io::Result<Vec<Duration>> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut latencies = Vec::new();
    while let Some(fewer) = left.get().checked_sub(1) {
        left.set(fewer);
        let begun = Instant::now();
        send(&stream, &bytes).await?;
        receive(&stream, &mut buffer).await?;
        latencies.push(begun.elapsed());
    }
    Ok(latencies)
}

async fn send(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => stream.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn receive(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    loop {
        stream.readable().await?;
        match stream.try_read(&mut buffer[filled..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        if is_whole(&buffer[..filled]) {
            return Ok(());
        }
    }
}

/// Whether all of an answer is there; it must be a 200.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    assert!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(answer)
    );
    answer.len() >= head + 4 + content_length(&answer[..head])
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    let mut lines = head.split(|&byte| byte == b'\n');
    let line = lines.find(|line| {
        line.get(..NAME.len())
            .is_some_and(|name| name.eq_ignore_ascii_case(NAME))
    });
    let value = str::from_utf8(&line.unwrap()[NAME.len()..]).unwrap();
    value.trim().parse().unwrap()
}
