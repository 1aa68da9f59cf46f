//! Asks the venue for what clients want and the exchange has not seen; one wish after the other.

use std::rc::Rc;

use tokio::sync::Mutex;

use crate::oracle::{AskError, Asker};
use crate::venue_data::{self, VenueData, Wish};

/// Where wishes come from; who answers them holds it, and lets it go to the next one when the sources are changed.
pub(super) type Wishes = Rc<Mutex<venue_data::Wishes>>;

/// The clients' end, and the one that answers.
pub(super) fn open() -> (VenueData, Wishes) {
    let (venue_data, wishes) = VenueData::new();
    (venue_data, Rc::new(Mutex::new(wishes)))
}

/// Answers wishes for ever. Where there is nobody to ask, or no answer, what is to be told is dropped, which says so.
pub(super) async fn answer(mut asker: Option<Asker>, wishes: Wishes) {
    let mut wishes = wishes.lock().await;
    wishes.are_answered(asker.is_some());
    let mut failed = false;
    while let Some(wish) = wishes.next().await {
        let Some(asker) = &mut asker else { continue };
        let result = match wish {
            // Nobody may be waiting any more.
            Wish::Candles(wish, done) => {
                asker.candles(wish).await.map(|told| drop(done.send(told)))
            }
            Wish::Book(wish, done) => asker.book(wish).await.map(|told| drop(done.send(told))),
        };
        match result {
            Ok(()) => failed = false,
            Err(AskError::NotNow) => {}
            Err(why) => {
                if !std::mem::replace(&mut failed, true) {
                    log::warn!("{}: no candles or books for clients: {why}", asker.name());
                }
            }
        }
    }
}
