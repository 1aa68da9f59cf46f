//! The document that describes this API, and a page that shows it.

use super::message::Response;
use super::problem::Problem;
use super::router::Call;

/// The document, but for the version.
const DOCUMENT: &str = include_str!("openapi.json");
/// Stands where the version goes.
const VERSION: &str = "0.0.0";

/// `GET /openapi.json`.
pub(super) fn openapi(call: &Call<'_>) -> Response {
    let document = DOCUMENT.replacen(VERSION, call.context.version, 1);
    Response::json(200, document.into_bytes())
}

/// `GET /docs`.
pub(super) fn page(call: &Call<'_>) -> Result<Response, Problem> {
    Ok(openapi(call))
}
