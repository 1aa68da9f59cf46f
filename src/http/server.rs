//! Serves HTTP/1.1 with hyper, on the runtime of the thread that calls it.
//!
//! Contract:
//! - A client can neither stop the server nor make it grow beyond the bounds of [`super::limits`],
//!   and no client waits for another: each connection is a task of its own, bounded in its head, its
//!   body and every wait for its client.
//! - Whatever cannot be served is answered with a problem document and never with silence. Only a
//!   connection that asks nothing, that does not read, that has gone, or that keeps us waiting while others have no
//!   room, is closed without one.
//! - A request that has reached its handler is finished, even if its client has closed its sending
//!   half since.
//!
//! This is the only module that names hyper.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body as HyperBody, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, sleep_until};

use super::crowd::Crowd;
use super::limits::{ACCEPT_PAUSE, HEAD_BYTES_MAX, HEADERS_MAX, Limits};
use super::message::{Body, Headers, Method, Request, Response};
use super::problem::{PROBLEM_CONTENT_TYPE, Problem};
use super::wire::{Overdue, Progress, Wire, part, within};

/// What every connection shares.
struct Shared<F> {
    limits: Limits,
    handle: F,
}

/// Serves every connection that `listener` accepts until `shutdown` is ready; then finishes the
/// requests in flight, within [`Limits::shutdown_grace`], and returns. No connection outlives it.
///
/// Must be called inside a [`tokio::task::LocalSet`]: handlers stay on the calling thread.
pub async fn serve<F, Fut>(
    listener: TcpListener,
    limits: Limits,
    handle: F,
    shutdown: impl Future<Output = ()>,
) where
    F: Fn(Request) -> Fut + 'static,
    Fut: Future<Output = Response> + 'static,
{
    let shared = Rc::new(Shared { limits, handle });
    let (stop, stopped) = watch::channel(false);
    let mut serving = JoinSet::new();
    let mut refusing = JoinSet::new();
    let mut crowd = Crowd::default();
    let mut deaf = false;
    let mut shutdown = pin!(shutdown);
    loop {
        let connections = shared.limits.connections;
        let too_many = serving.len() >= connections + shared.limits.spare();
        tokio::select! {
            // What has ended is counted out before a new connection is counted in.
            biased;
            () = &mut shutdown => break,
            Some(_) = serving.join_next() => {}
            Some(_) = refusing.join_next() => {}
            // Those that were told to make room have to do so before more come.
            accepted = listener.accept(), if !(too_many && crowd.is_leaving()) => match accepted {
                Ok((stream, peer)) => {
                    if std::mem::take(&mut deaf) {
                        log::info!("connections are accepted again");
                    }
                    let has_room = serving.len() < connections;
                    if has_room || (!too_many && crowd.make_room()) {
                        let progress = Rc::new(Progress::new());
                        crowd.join(&progress);
                        let shared = Rc::clone(&shared);
                        serving.spawn_local(converse(stream, peer, progress, shared, stopped.clone()));
                    } else if refusing.len() < shared.limits.spare() {
                        refusing.spawn_local(refuse(stream));
                    }
                }
                // The client went away between its handshake and our accept.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    if !std::mem::replace(&mut deaf, true) {
                        log::warn!("no connection can be accepted for the moment: {error}");
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    stop.send_replace(true);
    let finished = async { while serving.join_next().await.is_some() {} };
    if within(shared.limits.shutdown_grace, finished)
        .await
        .is_none()
    {
        log::warn!(
            "{} connections were still busy and are cut off",
            serving.len()
        );
    }
}

/// Tells one client too many to come back later.
async fn refuse(stream: TcpStream) {
    let problem = Problem::new(503, "too_many_connections", "All connections are in use.")
        .with_header("retry-after", "1");
    part(stream, &render_alone(&problem)).await;
}

/// How the library's part of a connection ends.
enum End {
    Done(hyper::Result<()>),
    Overdue(Overdue),
}

/// Serves one connection from its first byte to its last.
async fn converse<F, Fut>(
    stream: TcpStream,
    peer: SocketAddr,
    progress: Rc<Progress>,
    shared: Rc<Shared<F>>,
    mut stopped: watch::Receiver<bool>,
) where
    F: Fn(Request) -> Fut + 'static,
    Fut: Future<Output = Response> + 'static,
{
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("answers to {peer} may be delayed: {error}");
    }
    let told = Rc::new(stopped.clone());
    let service = service_fn(|request| {
        let waits = progress.begin();
        let (shared, progress) = (Rc::clone(&shared), Rc::clone(&progress));
        let told = Rc::clone(&told);
        Box::pin(async move {
            if waits {
                yield_now().await;
            }
            let response = answer(request, peer, &shared, &progress).await;
            let mut response = render(response, progress);
            if *told.borrow() {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(response)
        })
    });
    let mut connection = http1::Builder::new()
        .half_close(true)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(
            TokioIo::new(Wire::new(stream, Rc::clone(&progress))),
            service,
        );
    let end = {
        let first_deadline = tokio::time::Instant::now() + shared.limits.idle_timeout;
        let mut alarm = pin!(sleep_until(first_deadline));
        let mut patience = pin!(async {
            // The sender is there for as long as the server.
            if stopped.wait_for(|stopped| *stopped).await.is_ok() && progress.is_newcomer() {
                sleep(shared.limits.newcomer_grace).await;
            }
        });
        let mut stopping = false;
        poll_fn(|cx| {
            loop {
                // What has arrived is read before the library is told to stop, which closes what looks idle to it.
                if let Poll::Ready(result) = connection.poll_without_shutdown(cx) {
                    return Poll::Ready(End::Done(result));
                }
                let stops = !stopping
                    && (patience.as_mut().poll(cx).is_ready()
                        || *told.borrow() && !progress.is_newcomer());
                if !stops {
                    return progress
                        .poll_overdue(cx, alarm.as_mut(), &shared.limits)
                        .map(End::Overdue);
                }
                stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        })
        .await
    };
    let remains = connection.into_parts();
    let stream = remains.io.into_inner().into_stream();
    match verdict(end, &progress, &remains.read_buf) {
        Verdict::Part(last) => part(stream, &last).await,
        Verdict::Drop => {}
        Verdict::Reset => {
            // Without this the kernel would hold the unread answer for minutes.
            if let Err(error) = stream.set_zero_linger() {
                log::debug!("{peer} does not read and cannot be reset: {error}");
            }
        }
    }
}

/// What is to be done with a socket that the library has let go of.
enum Verdict {
    /// Send these last bytes, if any, and close.
    Part(Vec<u8>),
    /// Just close: the client has gone, or owes nothing and is owed nothing.
    Drop,
    /// Close and forget what the client has not read.
    Reset,
}

fn verdict(end: End, progress: &Progress, unread: &[u8]) -> Verdict {
    let problem = match end {
        End::Overdue(Overdue::Request) => return Verdict::Drop,
        End::Overdue(Overdue::Reading) => return Verdict::Reset,
        End::Overdue(Overdue::Head) => Problem::new(
            408,
            "request_timeout",
            "The headers of the request took too long.",
        ),
        End::Done(Ok(())) => return Verdict::Part(Vec::new()),
        End::Done(Err(error)) if progress.is_busy() => {
            log::debug!("a connection broke during a request: {error}");
            return Verdict::Drop;
        }
        End::Done(Err(error)) => match progress.refused() {
            Some(status) => unreadable(status, unread),
            None if error.is_parse() || error.is_incomplete_message() => unreadable(400, unread),
            None => return Verdict::Drop,
        },
    };
    Verdict::Part(render_alone(&problem))
}

/// The problem with a head that hyper refused with that status.
///
/// Its 431 has four causes, told apart by what it left unread: nothing of the head if a
/// `Content-Length` is above all numbers it knows, else all of it.
fn unreadable(status: u16, unread: &[u8]) -> Problem {
    let is_head = unread.len() >= HEAD_BYTES_MAX
        || unread
            .split(|byte| *byte == b'\n')
            .next()
            .is_some_and(|line| line.windows(7).any(|bytes| bytes == b"HTTP/1."));
    match status {
        431 if !is_head => too_large(),
        431 if !unread.contains(&b'\n') => {
            Problem::new(414, "uri_too_long", "The request line is too long.")
        }
        431 => Problem::new(
            431,
            "headers_too_large",
            format!(
                "More than {HEADERS_MAX} headers, or more than {HEAD_BYTES_MAX} bytes of them."
            ),
        ),
        414 => Problem::new(414, "uri_too_long", "The request line is too long."),
        _ => Problem::new(400, "bad_request", "This is not a valid HTTP/1.1 request."),
    }
}

fn too_large() -> Problem {
    Problem::new(
        413,
        "body_too_large",
        "The body of the request is too large.",
    )
}

/// Reads the body and calls the handler.
async fn answer<F, Fut>(
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
    shared: &Shared<F>,
    progress: &Progress,
) -> Response
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Response>,
{
    let (head, body) = request.into_parts();
    if head.method == hyper::Method::CONNECT {
        // A 2xx from a handler that matches any verb would open a tunnel to nowhere.
        return Problem::new(400, "bad_request", "This server is not a proxy.").into();
    }
    let reading = read_body(body, shared.limits.body_bytes);
    let body = within(shared.limits.body_timeout, reading)
        .await
        .unwrap_or_else(|| {
            Err(Problem::new(
                408,
                "request_timeout",
                "The body of the request took too long.",
            ))
        });
    progress.received();
    match body {
        Ok(body) => (shared.handle)(plain_request(&head, body, peer)).await,
        // What is left of the body would be taken for the next request.
        Err(problem) => Response::from(problem.with_header("connection", "close")),
    }
}

async fn read_body(mut body: Incoming, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    // Refused before a byte of it is asked for, which is what `Expect: 100-continue` is for.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(
                400,
                "bad_request",
                "The body of the request is cut short or garbled.",
            )
        })?;
        if let Ok(data) = frame.into_data() {
            if data.len() > bytes_max - bytes.len() {
                return Err(too_large());
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// The request without hyper's types. A header value need not be UTF-8, and no header that matters
/// here may be anything but ASCII, so what is not UTF-8 becomes replacement characters.
fn plain_request(head: &hyper::http::request::Parts, body: Vec<u8>, peer: SocketAddr) -> Request {
    let mut headers = Headers::default();
    for (name, value) in &head.headers {
        headers.push(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    Request {
        method: Method::from(head.method.as_str()),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers,
        body,
        peer,
    }
}

/// The answer in hyper's types.
fn render(response: Response, progress: Rc<Progress>) -> hyper::Response<Outgoing> {
    let Response {
        status,
        headers,
        body,
    } = response;
    match render_head(status, &headers) {
        Ok(head) => head.map(|()| Outgoing { body, progress }),
        Err(error) => {
            log::error!("an answer with status {status} cannot be sent: {error}");
            let problem = Problem::new(500, "internal", "The answer cannot be expressed in HTTP.");
            let body = Body::Bytes(problem.to_json());
            let mut response = hyper::Response::new(Outgoing { body, progress });
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            let content_type = HeaderValue::from_static(PROBLEM_CONTENT_TYPE);
            response.headers_mut().insert(CONTENT_TYPE, content_type);
            response
        }
    }
}

fn render_head(
    status: u16,
    headers: &[(&'static str, String)],
) -> Result<hyper::Response<()>, hyper::http::Error> {
    let mut head = hyper::Response::new(());
    *head.status_mut() = StatusCode::from_u16(status)?;
    for (name, value) in headers {
        head.headers_mut().append(
            HeaderName::from_bytes(name.as_bytes())?,
            HeaderValue::from_str(value)?,
        );
    }
    Ok(head)
}

/// A whole answer as bytes, for a connection that hyper has no part in.
fn render_alone(problem: &Problem) -> Vec<u8> {
    let reason = StatusCode::from_u16(problem.status)
        .ok()
        .and_then(|code| code.canonical_reason());
    let body = problem.to_json();
    let mut bytes = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: {PROBLEM_CONTENT_TYPE}\r\ncontent-length: {}\r\n\
         connection: close\r\n",
        problem.status,
        reason.unwrap_or_default(),
        body.len(),
    );
    for (name, value) in &problem.headers {
        bytes.extend([name, ": ", value, "\r\n"]);
    }
    bytes.push_str("\r\n");
    [bytes.into_bytes(), body].concat()
}

/// A body as hyper takes it. It reports when it has been taken to its end.
struct Outgoing {
    body: Body,
    progress: Rc<Progress>,
}

impl HyperBody for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut self.body {
            Body::Bytes(bytes) if bytes.is_empty() => None,
            Body::Bytes(bytes) => Some(std::mem::take(bytes)),
            Body::Stream(pieces) => ready!(pieces.poll_recv(context)),
        };
        Poll::Ready(piece.map(|bytes| Ok(Frame::data(Bytes::from(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.body, Body::Bytes(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Body::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Body::Stream(_) => SizeHint::default(),
        }
    }
}

impl Drop for Outgoing {
    /// Hyper drops a body as soon as it has taken its last piece, or has no use for it.
    fn drop(&mut self) {
        self.progress.hand_over();
    }
}
