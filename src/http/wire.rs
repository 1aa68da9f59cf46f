//! A socket that knows what it is waiting for, and since when.
//!
//! The HTTP library is told nothing of time-outs. Instead the socket under it and the service above
//! it report to one [`Progress`] per connection, and that says when the client is overdue: silent
//! between requests, slow with a head, or not reading its answer. (The time for a body is kept where
//! the body is read.)
//!
//! The same knowledge gives a sound answer to "whose bytes are these?". The library answers a head it
//! cannot read by itself, with a status and no body. No request has reached the service then, so
//! whatever is written in that state is such a head: it is kept off the wire, its status is
//! remembered, and a full answer goes out once the library has let go of the socket.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, timeout};

use super::limits::{Limits, PARTING_BYTES_MAX, PARTING_TIMEOUT, STALL_GRACE};

/// Bytes thrown away at a time at parting.
const SCRAP_BYTES: usize = 8 * 1024;

/// What a connection is waiting for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// The first byte of a request.
    Idle,
    /// The rest of a head.
    Head,
    /// The rest of a body.
    Body,
    /// The handler of a request, or the end of its answer.
    Busy,
}

/// What the client is late with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Overdue {
    /// A next request. Nothing is wrong with that. Or it was told to make room for others.
    Request,
    /// The rest of a head it has begun to send.
    Head,
    /// Reading its answer.
    Reading,
}

/// Where a connection stands: shared by its socket, its service and its driver.
#[derive(Debug)]
pub(super) struct Progress {
    phase: Cell<Phase>,
    /// Not a byte has come from the client.
    newcomer: Cell<bool>,
    /// When the phase began.
    since: Cell<Instant>,
    /// The whole answer of the request in progress is in the library's hands.
    handed: Cell<bool>,
    /// Since when the socket has taken nothing.
    stalled: Cell<Option<Instant>>,
    /// The status of the head that was kept off the wire.
    refused: Cell<Option<u16>>,
    /// A request has been answered.
    served: Cell<bool>,
    /// It is to make room, unless a request of it comes first.
    leaving: Cell<bool>,
    /// Requests that have reached the service since the connection last waited for anything.
    run: Cell<u32>,
    /// Wakes up the driver.
    waker: RefCell<Option<Waker>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            phase: Cell::new(Phase::Idle),
            newcomer: Cell::new(true),
            since: Cell::new(Instant::now()),
            handed: Cell::new(false),
            stalled: Cell::new(None),
            refused: Cell::new(None),
            served: Cell::new(false),
            leaving: Cell::new(false),
            run: Cell::new(0),
            waker: RefCell::new(None),
        }
    }

    /// A head has been read and its request reaches the service; tells whether it did so right behind another, so that
    /// others should have their turn first.
    pub(super) fn begin(&self) -> bool {
        self.phase.set(Phase::Body);
        // It was about to leave while this was on its way.
        self.leaving.set(false);
        self.handed.set(false);
        self.run.replace(self.run.get().saturating_add(1)) > 0
    }

    /// The body has been read, or refused.
    pub(super) fn received(&self) {
        self.phase.set(Phase::Busy);
    }

    /// Who makes room first, when somebody must: the least of them. None while we are at work for it.
    pub(super) fn standing(&self, now: Instant) -> Option<(bool, Instant)> {
        if self.leaving.get() {
            return None;
        }
        match (self.stalled.get(), self.phase.get()) {
            (Some(since), _) => (now - since >= STALL_GRACE).then_some((false, since)),
            (None, Phase::Busy) => None,
            (None, Phase::Idle | Phase::Head | Phase::Body) => {
                Some((self.served.get(), self.since.get()))
            }
        }
    }

    /// Whether it is to make room.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.get()
    }

    /// Has it make room.
    pub(super) fn leave(&self) {
        self.leaving.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// The library has taken the last byte of the answer (and writes it before it calls flush).
    pub(super) fn hand_over(&self) {
        self.handed.set(true);
    }

    /// Whether a request is in progress.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.phase.get(), Phase::Body | Phase::Busy)
    }

    /// Whether the client has sent nothing yet.
    pub(super) fn is_newcomer(&self) -> bool {
        self.newcomer.get()
    }

    /// The status with which the library wanted to refuse a head.
    pub(super) fn refused(&self) -> Option<u16> {
        self.refused.get()
    }

    /// Ready once the client is overdue. Call it after every poll of the connection.
    pub(super) fn poll_overdue(
        &self,
        context: &mut Context<'_>,
        mut alarm: Pin<&mut Sleep>,
        limits: &Limits,
    ) -> Poll<Overdue> {
        self.run.set(0);
        if self.leaving.get() {
            match (self.stalled.get(), self.phase.get()) {
                (Some(_), _) => return Poll::Ready(Overdue::Reading),
                (None, Phase::Busy) => {}
                (None, Phase::Idle | Phase::Head | Phase::Body) => {
                    return Poll::Ready(Overdue::Request);
                }
            }
        }
        let mut waker = self.waker.borrow_mut();
        if !waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()))
        {
            *waker = Some(context.waker().clone());
        }
        drop(waker);
        let (deadline, overdue) = match (self.stalled.get(), self.phase.get()) {
            (Some(since), _) => (since + limits.write_timeout, Overdue::Reading),
            (None, Phase::Idle) => (self.since.get() + limits.idle_timeout, Overdue::Request),
            (None, Phase::Head) => (self.since.get() + limits.head_timeout, Overdue::Head),
            (None, Phase::Body | Phase::Busy) => return Poll::Pending,
        };
        // An alarm that goes off early is set again then: most deadlines move on with the next
        // request, and setting the timer each time would cost more than the rare false alarm.
        if alarm.deadline() > deadline {
            alarm.as_mut().reset(deadline);
        }
        loop {
            ready!(alarm.as_mut().poll(context));
            if alarm.deadline() >= deadline {
                return Poll::Ready(overdue);
            }
            alarm.as_mut().reset(deadline);
        }
    }

    fn turn(&self, phase: Phase) {
        self.phase.set(phase);
        self.since.set(Instant::now());
    }

    fn note_read(&self) {
        self.newcomer.set(false);
        if self.phase.get() == Phase::Idle {
            self.turn(Phase::Head);
        }
    }

    fn note_write(&self, blocked: bool) {
        if !blocked {
            self.stalled.set(None);
        } else if self.stalled.get().is_none() {
            self.stalled.set(Some(Instant::now()));
        }
    }

    /// Everything written so far has left for the socket.
    fn note_flush(&self) {
        if self.is_busy() && self.handed.get() {
            self.served.set(true);
            self.turn(Phase::Idle);
        }
    }

    /// Whether bytes about to be written are the library's own; if so, remembers what they say.
    fn intercept(&self, bytes: &[u8]) -> bool {
        if self.is_busy() || bytes.is_empty() {
            return false;
        }
        if self.refused.get().is_none() {
            self.refused.set(status_of(bytes));
        }
        true
    }
}

/// The status in `HTTP/1.1 431 …`.
fn status_of(head: &[u8]) -> Option<u16> {
    str::from_utf8(head.get(9..12)?).ok()?.parse().ok()
}

/// The socket as the library sees it.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    progress: Rc<Progress>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, progress: Rc<Progress>) -> Self {
        Self { stream, progress }
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if buffer.filled().len() > before {
            self.progress.note_read();
        }
        Poll::Ready(result)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.progress.intercept(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.progress.note_write(result.is_pending());
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if slices
            .first()
            .is_some_and(|first| self.progress.intercept(first))
        {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.progress.note_write(result.is_pending());
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = ready!(Pin::new(&mut self.stream).poll_flush(context));
        self.progress.note_flush();
        Poll::Ready(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Sends the last bytes of a connection and closes it so that the client can read them: what it is
/// still sending is thrown away for a while, for a socket closed with unread bytes is reset.
pub(super) async fn part(mut stream: TcpStream, last: &[u8]) {
    let farewell = async {
        let mut unsent = last;
        while !unsent.is_empty() {
            let sent = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, unsent)).await?;
            unsent = unsent.get(sent..).unwrap_or_default();
        }
        poll_fn(|cx| Pin::new(&mut stream).poll_shutdown(cx)).await?;
        throw_away(&mut stream).await
    };
    match within(PARTING_TIMEOUT, farewell).await {
        Some(Ok(())) | None => {}
        Some(Err(error)) => log::debug!("a client left before the connection was closed: {error}"),
    }
}

async fn throw_away(stream: &mut TcpStream) -> io::Result<()> {
    let mut scrap = vec![0; SCRAP_BYTES];
    let mut total = 0;
    while total < PARTING_BYTES_MAX {
        let mut buffer = ReadBuf::new(&mut scrap);
        poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, &mut buffer)).await?;
        match buffer.filled().len() {
            0 => break,
            read => total += read,
        }
    }
    Ok(())
}

/// The outcome, or `None` if the time is over first.
pub(super) async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    timeout(time, future).await.ok()
}
