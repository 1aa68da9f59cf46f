//! Paths, methods and keys.

use mockx::http::{Guard, Method, ROUTES, Request};

use super::stage::Stage;

/// A path that fits a template.
pub(super) fn filled(template: &str) -> String {
    template
        .replace("{symbols}", "BTC/USDT")
        .replace("{symbol}", "BTC%2FUSDT")
        .replace("{asset}", "USDT")
        .replace("{id}", "000000000042")
}

fn request(method: &str, path: &str) -> Request {
    Request::new(Method::from(method), path)
}

#[test]
fn every_route_is_reached() {
    let stage = Stage::new();
    for route in ROUTES {
        for end in ["", "/"] {
            let path = filled(route.path);
            let path = if path == "/" { path } else { path + end };
            let answer = stage.send(request(route.method, &path));
            let missing = answer.status == 404 && answer.json()["code"] == "not_found";
            assert!(
                !missing && answer.status != 405,
                "{} {path}: {}",
                route.method,
                answer.text
            );
        }
    }
}

#[test]
fn every_other_method_is_refused_with_those_that_work() {
    let stage = Stage::new();
    for route in ROUTES {
        let path = filled(route.path);
        let mut allow = Vec::new();
        for method in ["GET", "HEAD", "POST", "PATCH", "DELETE"] {
            let served = |verb| {
                ROUTES
                    .iter()
                    .any(|r| r.path == route.path && r.method == verb)
            };
            if served(method) || (method == "HEAD" && served("GET")) {
                allow.push(method);
            }
        }
        allow.push("OPTIONS");
        let allow = allow.join(", ");
        for method in [
            "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "TRACE", "get",
        ] {
            let answer = stage.send(request(method, &path));
            if allow.split(", ").any(|verb| verb == method) {
                assert_ne!(answer.status, 405, "{method} {path}");
                continue;
            }
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
            assert_eq!(
                answer.header("allow"),
                Some(allow.as_str()),
                "{method} {path}"
            );
            assert_eq!(
                answer.header("content-type"),
                Some("application/problem+json")
            );
        }
        let options = stage.send(request("OPTIONS", &path));
        assert_eq!(
            (options.status, options.header("allow")),
            (204, Some(allow.as_str()))
        );
        assert_eq!(options.text, "");
    }
    assert_eq!(stage.send(request("OPTIONS", "*")).status, 204);
}

#[test]
fn head_is_get() {
    let stage = Stage::new();
    for path in [
        "/",
        "/tickers",
        "/orders",
        "/balance",
        "/docs",
        "/openapi.json",
        "/nothing",
    ] {
        let (get, head) = (stage.get(path), stage.send(request("HEAD", path)));
        // The server leaves the body out, and sends its length.
        assert_eq!(
            (head.status, head.text.len()),
            (get.status, get.text.len()),
            "{path}"
        );
    }
}

#[test]
fn other_paths_lead_nowhere() {
    let stage = Stage::new();
    for path in [
        "/nothing",
        "//",
        "/tickers//",
        "/Tickers",
        "/orders/1/2",
        "/orders/1/cancel/2",
        "/orders//cancel",
        "/balance//deposit",
        "/balance/a/b",
        "/admin",
        "/admin/tickers/BTC/USDT",
        "/admin/tickers/price",
        "/tickers/%ff",
        "/balance/%zz",
        "*",
        "",
    ] {
        let answer = stage.get(path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        let problem = answer.json();
        for name in ["type", "title", "code", "detail"] {
            assert!(problem[name].is_string(), "{path}: {name}");
        }
        assert_eq!(problem["status"], 404);
        assert_eq!(problem["error"], problem["detail"]);
        assert_eq!(problem["message"], problem["detail"]);
    }
}

#[test]
fn the_key_opens_what_it_should() {
    for reads_need_key in [false, true] {
        let stage = Stage::locked(reads_need_key);
        for route in ROUTES {
            let path = filled(route.path);
            let locked = match route.guard {
                Guard::Open => false,
                Guard::Read => reads_need_key,
                Guard::Write => true,
            };
            let digest = stage.digest();
            for key in [
                None,
                Some(""),
                Some("secre"),
                Some("secrets"),
                Some("SECRET"),
            ] {
                let mut call = request(route.method, &path);
                if let Some(key) = key {
                    call = call.with_header("X-API-Key", key);
                }
                let answer = stage.send(call);
                assert_eq!(
                    answer.status == 403,
                    locked,
                    "{} {path} {key:?}",
                    route.method
                );
                if locked {
                    assert_eq!(answer.detail(), "Invalid API Key");
                }
            }
            assert_eq!(stage.digest(), digest);
            let call = request(route.method, &path).with_header("x-api-key", "secret");
            assert_ne!(stage.send(call).status, 403, "{} {path}", route.method);
        }
    }
    assert_eq!(
        ROUTES
            .iter()
            .filter(|route| route.guard == Guard::Write)
            .count(),
        18
    );
}
