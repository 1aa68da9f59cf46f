//! `GET /admin/backup`: everything that is stored, as `mockx backup` reads it.

use std::ops::ControlFlow;

use tokio::sync::mpsc;

use super::message::Response;
use super::router::Call;

/// Pieces that wait for a client that reads slowly.
const PIECES_WAITING: usize = 2;

/// The state of one moment. It takes one of the places of those who read the archive for as long as it lasts; a client that
/// does not read is parted with as always.
pub(super) fn backup(call: &Call<'_>) -> Response {
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    let archive = call.context.archive.clone();
    let sending = async move {
        let mut send = move |piece| match sender.blocking_send(piece) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let sent = archive.read(move |archive| archive.backup(&mut send));
        if sent.await.is_err() {
            // The client sees a stream without its end.
            log::warn!("a backup breaks off: the store cannot be read");
        }
    };
    tokio::task::spawn_local(sending);
    Response::stream("application/octet-stream", pieces)
}
