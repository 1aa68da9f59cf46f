//! The front door: `/`.

use super::message::Response;
use super::router::Call;
use crate::shapes::json::document;

/// What a browser gets where there are no status pages.
const PAGE: &str = include_str!("root.html");

/// `GET /`: the service and its version; browsers are led to the status pages.
pub(super) fn service(call: &Call<'_>) -> Response {
    let accept = call.request.headers.get("accept").unwrap_or("");
    let version = call.context.version;
    if accept.contains("text/html") {
        if let Some(front) = call.context.front {
            return Response::text(303, format!("See {front}"))
                .with_header("location", front)
                .with_header("vary", "accept");
        }
        let page = PAGE.replace("{version}", version);
        return Response::bytes(200, "text/html; charset=utf-8", page.into_bytes())
            .with_header("content-security-policy", "default-src 'none'")
            .with_header("vary", "accept");
    }
    let body = document(|members| {
        members.put("service", "mockexchange-api");
        members.put("version", version);
    });
    Response::json(200, body).with_header("vary", "accept")
}
