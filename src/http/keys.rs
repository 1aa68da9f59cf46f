//! Keys of the Binance-compatible API: `/admin/keys`.

use serde::Deserialize;

use super::fields::{Field, body, invalid, text};
use super::message::Response;
use super::problem::Problem;
use super::router::Call;
use crate::exchange::Exchange;
use crate::keys::{Described, KeyError, Keyring};
use crate::shapes::json::{Members, array, document, object};

#[derive(Deserialize)]
struct KeyBody<'a> {
    #[serde(borrow)]
    name: Field<'a>,
    read_only: Option<bool>,
}

/// `GET /admin/keys`: all but what keeps them secret.
pub(super) fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let keys = ring(call)?.list();
    let mut out = Vec::with_capacity(128 * keys.len() + 2);
    array(&mut out, |items| {
        for key in &keys {
            object(items.next(), |members| describe(members, key));
        }
    });
    Ok(Response::json(200, out))
}

/// `POST /admin/keys`: a new key with both its halves, which are told this once.
pub(super) async fn create(call: &Call<'_>) -> Result<Response, Problem> {
    let body: KeyBody<'_> = body(call.request)?;
    let name = text("name", body.name)?;
    let read_only = body.read_only.unwrap_or(false);
    let ring = ring(call)?;
    let now = call.context.mailbox.look(Exchange::moment).await?;
    let made = ring.create(name.as_deref(), read_only, now.now).await?;
    log::info!("key {} was made", made.described.id);
    let answer = document(|members| {
        describe(members, &made.described);
        members.put("api_key", &made.api_key);
        members.put("secret", &made.secret);
    });
    Ok(Response::json(200, answer).with_header("cache-control", "no-store"))
}

/// `DELETE /admin/keys/{id}`: from now on nobody is let in with this key.
pub(super) async fn revoke(call: &Call<'_>) -> Result<Response, Problem> {
    let id = &call.parameter;
    let Some(revoked) = ring(call)?.revoke(id).await? else {
        let detail = format!("No key has the id or name {id}");
        return Err(Problem::new(404, "unknown_key", detail));
    };
    log::info!("key {} was revoked", revoked.id);
    let answer = document(|members| describe(members, &revoked));
    Ok(Response::json(200, answer))
}

fn ring<'a>(call: &Call<'a>) -> Result<&'a Keyring, Problem> {
    let ring = call.context.keys.as_deref();
    ring.ok_or_else(|| Problem::new(503, "no_keys", "No keys are kept here"))
}

fn describe(members: &mut Members<'_>, key: &Described) {
    members.put("id", &key.id);
    members.put("name", key.name.as_ref());
    members.put("read_only", key.read_only);
    members.put("created", key.created);
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Problem {
        match error {
            KeyError::Name => invalid("name", error),
            KeyError::Taken => Problem::new(400, "name_taken", error.to_string()),
            KeyError::TooMany => Problem::new(400, "too_many_keys", error.to_string()),
            KeyError::Read { .. }
            | KeyError::Write { .. }
            | KeyError::Unsound { .. }
            | KeyError::NoChance(_) => {
                log::error!("{error}");
                Problem::new(503, "keys_unavailable", error.to_string())
            }
        }
    }
}
